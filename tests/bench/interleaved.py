"""Rivals timed in turn, so that what the machine does besides meets them alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

try:
    import torch
except ImportError:  # without the extra `train`
    torch = None

ABSENT = "transformers is not installed, so nothing is compared with it: pip install -e '.[transformers]'"

Clock = Callable[[], float]
Rivals = dict[str, Callable[[], float]]  # name -> what it runs, and the seconds that took


def race(rivals: Rivals, repetitions: int) -> dict[str, float]:
    """Median seconds of each rival, all of them in turn in each repetition, after one that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for rival in rivals.values():
        rival()
    gc.disable()
    for _ in range(repetitions):
        for name, rival in rivals.items():
            times[name].append(rival())
    gc.enable()
    return {name: statistics.median(values) for name, values in times.items()}


def timed(clock: Clock, action: Callable[[], object], count: int = 1) -> Callable[[], float]:
    """Returns the action as something that returns the seconds that each of the `count` things it does
    took."""

    def run() -> float:
        start = clock()
        action()
        return (clock() - start) / count

    return run


@contextmanager
def limited(threads: int) -> Iterator[None]:
    """So many threads for numpy and for torch."""
    if torch:
        torch.set_num_threads(threads)
    with threadpool_limits(threads):
        yield
