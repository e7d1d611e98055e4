"""The error of an engine that runs on this machine: what it refuses, and the remedy."""

from __future__ import annotations


class EngineRefusal(ValueError):
    """A model or a request that an engine cannot run: `field: expected X, got Y; do Z`."""
