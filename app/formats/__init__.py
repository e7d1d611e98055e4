"""Readers of captures: files that hold the routing of a model, written by engines, hooks or people."""
