"""What crosses the WebSocket, and the rules of a connection."""
