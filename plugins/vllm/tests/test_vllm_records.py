"""Records on a worker: fetched once, bounded in bytes and in time."""

import numpy as np
import pytest
from moescope_vllm.records import Records


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def columns(*positions):
    count = len(positions)
    return {
        "positions": np.array(positions, np.int32),
        "tokens": np.array(positions, np.int32) + 100,
        "logits": np.zeros((count, 2, 4), np.float32),
        "ids": np.zeros((count, 2, 1), np.int32),
        "weights": np.ones((count, 2, 1), np.float32),
    }


def test_rows_of_several_passes_are_taken_together_and_once():
    records = Records()
    records.open("key")
    records.add("key", "request", columns(0, 1, 2))
    records.add("key", "request", columns(3))
    taken, dropped = records.take("key", close=False)
    assert taken["request"]["positions"].tolist() == [0, 1, 2, 3]
    assert taken["request"]["logits"].shape == (4, 2, 4)
    assert dropped == 0
    assert records.take("key", close=True) == ({}, 0)
    assert records.take("key", close=True) is None


def test_rows_behind_a_closed_key_are_ignored():
    records = Records()
    records.open("key")
    records.take("key", close=True)
    records.add("key", "request", columns(0))
    assert records.facts() == {"open": 0, "bytes": 0, "expired": 0}


def test_record_that_nobody_fetches_expires():
    clock = Clock()
    records = Records(keep_secs=10, clock=clock)
    records.open("old")
    records.add("old", "request", columns(0))
    clock.now = 6
    records.open("young")
    clock.now = 10
    assert records.sweep() is True
    assert records.take("old", close=True) is None
    assert records.facts() == {"open": 1, "bytes": 0, "expired": 1}
    clock.now = 20
    assert records.sweep() is False


def test_record_that_still_grows_does_not_expire():
    clock = Clock()
    records = Records(keep_secs=10, clock=clock)
    records.open("key")
    for second in range(0, 60, 6):
        clock.now = second
        records.add("key", "request", columns(second))
        records.sweep()
    taken, _ = records.take("key", close=True)
    assert len(taken["request"]["positions"]) == 10


def test_rows_over_the_limit_are_dropped_and_counted():
    one = sum(column.nbytes for column in columns(0).values())
    records = Records(limit_bytes=2 * one)
    for key in ("a", "b"):
        records.open(key)
        records.add(key, "request", columns(0))
    records.add("a", "request", columns(1))
    assert records.take("a", close=False)[1] == 1
    records.add("b", "request", columns(1))  # what "a" held is free again
    assert records.take("b", close=False)[1] == 0


@pytest.mark.parametrize("key", ["never", "dropped"])
def test_unknown_key_has_nothing(key):
    records = Records()
    records.open("dropped")
    records.drop("dropped")
    assert records.take(key, close=False) is None
