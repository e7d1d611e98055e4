"""Measures the shipped models on held-out text: `python -m app measure`."""
