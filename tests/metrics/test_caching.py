"""Caches against slow simulations, and Belady's bound against every possible cache."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.caching import (
    POLICIES,
    belady,
    guesses_ahead,
    lru,
    next_requests,
    pinned,
    prefetch,
    requests_of,
    simulate,
)
from tests.metrics.routings import choices

SMALL = st.tuples(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 3))


def best_possible(asked, places):
    """Returns the most hits of any cache that starts empty: every choice after each request is tried."""

    @cache
    def most(time, held):
        if time == len(asked):
            return 0
        expert = asked[time]
        there = held | {expert}
        kept = {frozenset(there - {out}) for out in there} | {frozenset(there)}
        return (expert in held) + max(most(time + 1, each) for each in kept if len(each) <= places)

    return most(0, frozenset())


@given(SMALL)
def test_belady_hits_as_often_as_the_best_of_all_caches(case):
    asked, places = case
    rows = np.array(asked, np.int32)[:, None]
    assert belady(rows, 5, places).hits == best_possible(tuple(asked), places)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 12))
def test_no_policy_without_prefetch_hits_more_often_than_belady(seed, n, places):
    random = np.random.default_rng(seed)
    rows = choices(random, 60, 1, n, min(3, n))[:, 0]
    bound = belady(rows, n, places)
    for name, policy in POLICIES.items():
        run = policy(rows, n, places)
        assert run.hits <= bound.hits, name
        assert run.hits + run.loads == run.requests == (rows >= 0).sum()


@given(SMALL)
def test_lru_is_that_of_a_list_ordered_by_last_use(case):
    asked, places = case
    held: list[int] = []
    hits = 0
    for expert in asked:
        hits += expert in held
        held = [each for each in held if each != expert][-(places - 1) :] if places > 1 else []
        held.append(expert)
    assert lru(np.array(asked, np.int32)[:, None], 5, places).hits == hits


def test_a_cache_of_every_expert_misses_each_expert_once():
    rows = choices(np.random.default_rng(0), 200, 1, 8, 2, 0)[:, 0]
    for name, policy in POLICIES.items():
        run = policy(rows, 8, 8)
        assert run.loads == 8, name
        assert run.hit_rate == pytest.approx(1 - 8 / 400)


def test_pinned_cache_keeps_the_busiest_and_lets_others_pass():
    run = pinned(np.array([[0], [1], [0], [2], [0], [1]], np.int32), 3, 1)
    assert (run.hits, run.loads) == (2, 4)


def test_prefetch_with_perfect_guesses_hits_always_and_moves_what_it_guessed():
    rows = choices(np.random.default_rng(1), 50, 1, 8, 2, 0)[:, 0]
    run = prefetch(rows, 8, 2, rows)
    assert run.hit_rate == 1
    assert 0 < run.loads <= 100
    wrong = prefetch(rows, 8, 2, (rows + 4) % 8)
    assert wrong.loads > lru(rows, 8, 2).loads


def test_guesses_come_from_the_layer_below():
    here = choices(np.random.default_rng(2), 100, 1, 8, 2, 0)[:, 0]
    guesses = guesses_ahead(here, (here + 1) % 8, 8, 2)
    assert all(
        set(g) == {(a + 1) % 8 for a in row} for g, row in zip(guesses.tolist(), here.tolist(), strict=True)
    )


def test_simulation_has_a_run_of_each_policy_and_prefetch_from_the_second_layer_on():
    first, second = simulate(choices(np.random.default_rng(3), 30, 2, 6, 2), 6, 3)
    assert set(first) == set(POLICIES)
    assert set(second) == {*POLICIES, "prefetch"}


def test_next_requests_lie_beyond_the_end_if_there_is_none():
    assert next_requests([0, 1, 0], 2) == [2, 4, 3]
    assert requests_of(np.array([[1, -1], [0, 2]])) == [1, 0, 2]
