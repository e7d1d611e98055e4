"""Where Chromium is, for tests, benches and pictures."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / ".ci" / "chromium"


@cache
def chromium_path() -> str:
    """Returns the path of Chromium; the variable CHROMIUM names another. Raises CalledProcessError."""
    return subprocess.run(["sh", str(SCRIPT)], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
