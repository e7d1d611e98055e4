"""The table of what a page costs its reader, against the last release."""

import json

from tests.bench.page_weight import FIGURES, RELEASED, table


def test_releaser_finds_figures_of_all_three_in_what_is_kept():
    kept = json.loads(RELEASED.read_text())
    assert set(kept["figures"]) == {"page", "embed", "export"}
    assert all(set(each) == set(FIGURES) for each in kept["figures"].values())


def test_reader_of_the_bench_sees_figures_with_their_ratios():
    released = {
        "version": "1.2",
        "date": "2026-01-02",
        "figures": {"page": {"bytes": 200_000, "requests": 10, "ms": None}},
    }
    found = {
        "page": {"bytes": 300_000, "requests": 5, "ms": 800},
        "new": {"bytes": 1000, "requests": 1, "ms": 7},
    }
    head, page, new = table(found, released)
    assert "against 1.2 of 2026-01-02" in head
    assert page.split() == ["page", "300.0", "(1.50)", "5", "(0.50)", "800"]
    assert new.split() == ["new", "1.0", "1", "7"]
