"""Metrics of routing traces."""
