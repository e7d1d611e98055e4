"""Routing that was recorded while a model was trained."""
