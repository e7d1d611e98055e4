"""The keys of a request: their declaration, their reading, and the cost of a request."""
