"""Numbers about routing traces."""
