"""Writes an atlas, from a model and texts or from trace files."""
