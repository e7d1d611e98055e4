"""Tests that need the extras: `make engines` runs them (pytest -m engines). Others do not import them."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """PyTorch takes seconds to import: only who asks for the marker waits for it."""
    asked = "engines" in (config.option.markexpr or "")
    return None if asked or not collection_path.name.startswith("test_") else True
