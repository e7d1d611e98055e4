"""Readers of captures: files in which engines, hooks and people keep the routing of a model."""
