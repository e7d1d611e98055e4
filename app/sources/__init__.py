"""The sources of routing traces."""
