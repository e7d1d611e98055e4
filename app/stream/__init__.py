"""The messages of the WebSocket, and the rules of a connection."""
