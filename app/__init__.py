"""Moescope: watch tokens route through a mixture-of-experts model."""

__version__ = "0.2.0"
