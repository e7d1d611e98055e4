"""What is said of requests that cannot be used, kept for the page, which tells it in other languages too.

tests/js/french.test.js reads the file. `python -m tests.test_refusals` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.live.models import Models
from app.prompted import tokenize
from app.request import BadRequest, Known, parse
from app.settings import Settings

FILE = Path(__file__).parent / "golden" / "refusals.json"
KNOWN = Known(
    ("english", "code"),
    {"trio-8": 8, "trio-64": 64},
    routers={"trio-8": "topk_norm"},
    steps={"trio-8": (1, 70, 3600)},
)
BARE = Known(("english",), {})
REFUSED: tuple[tuple[dict[str, Any], Known], ...] = (
    ({"k": 9}, KNOWN),
    ({"k": 0}, KNOWN),
    ({"experts": 1}, KNOWN),
    ({"experts": "9" * 90}, KNOWN),
    ({"source": "LIVE"}, KNOWN),
    ({"scenario": "nope"}, KNOWN),
    ({"scenario": ["code"]}, KNOWN),
    ({"prompt": "hello"}, KNOWN),
    ({"source": "live", "prompt": "x" * 2001}, KNOWN),
    ({"source": "live", "model": "gpt"}, KNOWN),
    ({"source": "live", "model": 7}, KNOWN),
    ({"source": "live", "experts": 24}, KNOWN),
    ({"source": "live"}, BARE),
    ({"source": "recorded"}, BARE),
    ({"source": "recorded", "model": "trio-64"}, KNOWN),
    ({"source": "recorded", "experts": 64}, KNOWN),
    ({"source": "recorded", "step": 71}, KNOWN),
    ({"source": "live", "skew": 2}, KNOWN),
    ({"continue": 3}, KNOWN),
    ({"source": "live", "continue": 3, "router": "base"}, KNOWN),
    ({"router": "best"}, KNOWN),
    ({"router": "switch", "k": 2}, KNOWN),
    ({"router": "base", "experts": 64, "k": 17}, KNOWN),
    ({"router": "switch", "capacity": "0"}, KNOWN),
    ({"router": "group_limited", "groups": 3}, KNOWN),
    ({"router": "sigmoid_bias", "groups": 4, "topk_groups": 5}, KNOWN),
    ({"updates": 1.5}, KNOWN),
    ({"nonsense": 1}, KNOWN),
)


def refusals() -> list[str]:
    """Every sentence, once."""
    said = [problem.message for values, known in REFUSED for problem in refused(values, known)]
    return list(dict.fromkeys([*said, *(problem.message for problem in too_long())]))


def refused(values: dict[str, Any], known: Known) -> tuple[Any, ...]:
    try:
        parse(values, known)
    except BadRequest as error:
        return error.problems
    raise AssertionError(f"{values}: expected a refusal, got a request")


def too_long() -> list[Any]:
    """What a model says of a prompt beyond what it takes, and of one with nothing in it."""
    model, problems = Models(Settings().models).open("trio-8"), []
    for text, more in (("a b " * 400, 0), ("", 0), ("a", 5000)):
        try:
            tokenize(text, model, more)
        except BadRequest as error:
            problems += error.problems
    return problems


def test_the_kept_refusals_are_those_that_the_server_makes() -> None:
    assert refusals() == json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    FILE.write_text(json.dumps(refusals(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
