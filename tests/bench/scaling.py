"""What a trace costs as tokens, layers and experts double, from routing to the bytes on the wire.

Authored routing is timed from the scenario on: make logits, route every layer, cut into steps, pack. Beside
each size stands how many times the size before it takes: 2 is as fast as the trace itself grows. One thread,
the processor's time, medians of interleaved repetitions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from app.routing import find_router
from app.shape import ModelShape
from app.sources.authored.authored_trace import AuthoredTrace
from app.sources.authored.scenario import Scenario, parse_scenario
from app.stream.wire import pack_step
from tests.bench.interleaved import limited, race, timed

ROUTERS = {"topk_norm": 4, "expert_choice": 4}  # and k
START = {"T": 32, "L": 8, "N": 32}
DOUBLINGS = 3
REPETITIONS = 7


def main() -> None:
    """Prints the table."""
    print(f"\nscaling, one thread, processor time in ms (times the size before), medians of {REPETITIONS}")
    with limited(1):
        for name in ROUTERS:
            for grown in START:
                print(row(name, grown), flush=True)


def row(name: str, grown: str) -> str:
    """Returns one router, one size doubled again and again."""
    sizes = [START | {grown: START[grown] << times} for times in range(DOUBLINGS + 1)]
    rivals: dict[str, Callable[[], float]] = {}
    for size in sizes:
        scenario, shape = made(size["T"]), ModelShape(size["L"], size["N"], ROUTERS[name], 128, 64)
        rivals[str(size[grown])] = timed(time.thread_time, partial(whole, scenario, shape, name))
    medians = race(rivals, REPETITIONS)
    cells, before = [], None
    for doubled, secs in medians.items():
        factor = f" ({secs / before:.2f})" if before else ""
        cells.append(f"{doubled}: {secs * 1e3:.2f}{factor}")
        before = secs
    rest = ", ".join(f"{letter} = {START[letter]}" for letter in START if letter != grown)
    return f"  {name:14} {grown} of {rest}:  " + "  ".join(cells)


def made(tokens: int) -> Scenario:
    """Returns a scenario of so many tokens."""
    texts = [{"text": f" t{i}", "group": "word"} for i in range(tokens)]
    groups = {"word": {"places": [0.1, 0.6], "noise": 1.0}}
    return parse_scenario("made", {"title": "t", "teaches": "t", "tokens": texts, "groups": groups})


def whole(scenario: Scenario, shape: ModelShape, name: str) -> int:
    """Returns the bytes of a trace, from the scenario on."""
    authored = AuthoredTrace(scenario, shape, find_router(name))
    return sum(len(pack_step(step, 1, token, shape.experts)) for token, step in enumerate(authored.steps()))
