"""Checks whether a model fits into memory before it is loaded."""

from __future__ import annotations

import os
from pathlib import Path

from .engine_error import EngineRefusal

GIB = 1 << 30
SLACK = 1.1  # factor for activations, cache and buffers
LIMITS = (  # (limit, usage) of a container: control groups 2 and 1
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def available_bytes() -> int:
    """Returns the memory that this process may still use, of the machine or its container."""
    free = [machine_bytes()]
    for limit, used in LIMITS:
        try:
            free.append(int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):  # no such control group, or no limit ("max")
            continue
    return max(0, min(free))


def machine_bytes() -> int:
    """Returns the free memory of the machine, file caches included."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        known = dict(line.split(":") for line in lines)
        return int(known["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(name: str, needed: int, free: int | None = None) -> None:
    """Raises EngineRefusal with the figures if `needed` bytes of weights do not fit."""
    free = available_bytes() if free is None else free
    if needed * SLACK > free:
        raise EngineRefusal(
            f"{name}: expected {needed * SLACK / GIB:.1f} GiB of free memory (weights: {needed / GIB:.1f}), "
            f"got {free / GIB:.1f} GiB; use a larger machine, a GGUF with fewer bits, or a server (ENGINES)"
        )
