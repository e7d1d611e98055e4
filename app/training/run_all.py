"""Runs all five trainings, a few at a time, each in its own process. A killed run resumes."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES = 20
_LOOK_EVERY_SECS = 2.0
# glibc gives large blocks back to the system after each use; taking them again page by page costs more than
# the arithmetic done in them.
CALM_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    "MALLOC_TRIM_THRESHOLD_": str(2**34),
    "MALLOC_TOP_PAD_": str(2**28),
}


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process. Raises BlockingIOError if another one holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _start(name: str, options: list[str], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-u", "-m", "app.training", "train", name, *options]
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **CALM_MALLOC})


def run_all(names: list[str], lanes: int, options: list[str], logs: Path) -> None:
    """Trains `names` in order, `lanes` at a time. Raises RuntimeError if a run keeps failing.

    Two runs with a thread each get a third more done than one run with two.
    """
    waiting, running = list(names), dict[str, subprocess.Popen[bytes]]()
    tries = dict.fromkeys(names, 0)
    while waiting or running:
        while waiting and len(running) < lanes:
            name = waiting.pop(0)
            tries[name] += 1
            running[name] = _start(name, options, logs / f"{name}.log")
        time.sleep(_LOOK_EVERY_SECS)
        for name, process in list(running.items()):
            if process.poll() is None:
                continue
            del running[name]
            if process.returncode == 0:
                print(f"{name}: done", flush=True)
            elif tries[name] >= _TRIES:
                raise RuntimeError(f"{name}: failed {tries[name]} times, see {logs / f'{name}.log'}")
            else:
                print(f"{name}: ended with {process.returncode}, goes on", flush=True)
                waiting.insert(0, name)
