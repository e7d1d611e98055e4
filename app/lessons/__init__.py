"""Tours and questions as data."""
