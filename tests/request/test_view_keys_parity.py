"""Page and server read every view key of an address equally: the same value, or none."""

from __future__ import annotations

import json
import random
import subprocess
from urllib.parse import parse_qsl, urlencode

import pytest

from app.request.view_keys import VIEW_KEYS, ViewKey, read_view_key
from app.settings import ROOT

SCRIPT = ROOT / "tests" / "js" / "read_view_keys.js"
COUNT = 3000
ABSURD = [
    *["", " ", "0", "-1", "1", "1.0", "01", "1e3", "+3", " 8", "8 ", "NaN", "Infinity", "999999", "1000000"],
    *["2.5", "0.0", "00.0", "1.12345", "10-20", "20-10", "5-", "-5", "0-3", "true", "TRUE", "null", "none"],
    *[
        "٨",
        "８",
        "1\n",
        "\n1",
        "é",
        "a b",
        "a.b",
        "x" * 60,
        "x" * 61,
        "__proto__",
        "constructor",
        "\ud83d",
        "%",
    ],
    *["1001.1", "0.1", "10", "10.0000001", "10.01", "10000.1", "9999.9999", "1.10000"],
]


def texts_of(key: ViewKey) -> list[str]:
    """Returns texts around what a key takes, beside absurd ones."""
    edges = [str(int(end) + step) for end in key.limits or () for step in (-1, 0, 1)]
    return [*key.values, *(value.upper() for value in key.values), *edges, *ABSURD]


def queries(seed: int) -> list[str]:
    """Returns query strings with a random choice of view keys, some of them twice, and keys that nobody
    knows."""
    chance = random.Random(seed)
    found = []
    for _ in range(COUNT):
        keys = chance.choices(VIEW_KEYS, k=chance.randint(0, 8))
        pairs = [(key.name, chance.choice(texts_of(key)).encode("utf-8", "replace")) for key in keys]
        found.append(urlencode([*pairs, ("utm_source", "x")]))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_page_reads_every_view_key_as_the_server_does(seed: int) -> None:
    asked = queries(seed)
    told = json.dumps({"keys": [key.to_json() for key in VIEW_KEYS], "queries": asked})
    answer = subprocess.run(
        ["node", str(SCRIPT)], input=told, capture_output=True, text=True, encoding="utf-8", check=True
    )
    for query, values in zip(asked, json.loads(answer.stdout), strict=True):
        read = dict(parse_qsl(query, keep_blank_values=True))
        expected = [read_view_key(key.name, read) for key in VIEW_KEYS]
        assert values == expected, query
