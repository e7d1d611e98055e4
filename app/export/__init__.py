"""Exports a view as one HTML file."""
