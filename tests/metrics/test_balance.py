"""Load measures against hand-made loads whose values the literature states, and a slow loop."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app.metrics.balance import MEASURES, dropped_share, entropy, max_over_mean, max_violation, shares
from app.metrics.counts import counts, pairs_hit, z_sums
from app.metrics.load import Load
from tests.trace_factory import trace_of

EVEN = trace_of([[[0, 1]], [[2, 3]], [[1, 0]], [[3, 2]]], 4)  # four tokens, one layer, k = 2
COLLAPSED = trace_of([[[0]]] * 4, 4, scores=[[[1, 0, 0, 0]]] * 4)

TRACES = st.integers(1, 3).flatmap(
    lambda layers: arrays(np.int32, (7, layers, 2), elements=st.integers(-1, 5)).map(lambda e: trace_of(e, 6))
)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_measure_has_its_stated_value_when_the_load_is_even(measure):
    value = {
        "max_over_mean": max_over_mean(counts(EVEN)),
        "max_violation": max_violation(counts(EVEN)),
        "entropy": entropy(counts(EVEN)),
        "dropped_share": dropped_share(EVEN),
        "switch_loss": Load.of(EVEN).measures["switch_loss"],
    }[measure.name]
    np.testing.assert_allclose(value, [measure.balanced], atol=1e-7)


def test_measures_of_a_collapsed_layer_take_their_extremes():
    load = counts(COLLAPSED)
    assert load.tolist() == [[4, 0, 0, 0]]
    assert max_over_mean(load).tolist() == [4]
    assert max_violation(load).tolist() == [3]
    assert entropy(load).tolist() == [0]
    assert Load.of(COLLAPSED).measures["switch_loss"].tolist() == [4]


def test_measures_of_a_skewed_load_match_values_worked_out_by_hand():
    load = np.array([[3, 1, 0, 0]])
    assert shares(load).tolist() == [[0.75, 0.25, 0, 0]]
    assert max_violation(load).tolist() == [2]
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(4)
    np.testing.assert_allclose(entropy(load), [expected])


def test_switch_loss_keeps_layers_apart_where_each_collapses_onto_another_expert():
    experts = [[[layer] for layer in range(4)]] * 3
    scores = [np.eye(4)] * 3
    assert Load.of(trace_of(experts, 4, scores=scores)).measures["switch_loss"].tolist() == [4, 4, 4, 4]


def test_dropped_assignments_count_as_assigned_and_not_as_kept():
    trace = trace_of([[[0, 1]], [[0, 2]]], 4, dropped=[[[False, False]], [[True, False]]])
    assert counts(trace).tolist() == [[2, 1, 1, 0]]
    assert counts(trace, kept=True).tolist() == [[1, 1, 1, 0]]
    assert dropped_share(trace).tolist() == [0.25]


def test_layer_without_assignments_is_balanced_and_drops_nothing():
    empty = trace_of([[[-1, -1]]], 4)
    assert counts(empty).tolist() == [[0, 0, 0, 0]]
    assert max_violation(counts(empty)).tolist() == [0]
    assert dropped_share(empty).tolist() == [0]


def test_z_loss_of_zero_logits_is_the_squared_logarithm_of_n():
    np.testing.assert_allclose(z_sums(np.zeros((5, 2, 4), np.float32)) / 5, [1.9218, 1.9218], atol=1e-4)


def test_z_loss_is_the_mean_over_tokens_of_the_squared_logsumexp_worked_out_by_hand():
    """ln(1 + 3) = 1.3863 and ln(4 + 4) = 2.0794: (1.9218 + 4.3241) / 2; the other layer, ln 2 both times."""
    log = math.log
    logits = np.array([[[0, log(3)], [0, 0]], [[log(4), log(4)], [0, 0]]], np.float32)
    np.testing.assert_allclose(z_sums(logits) / 2, [3.12294, 0.48045], atol=1e-5)


def test_z_loss_of_large_logits_does_not_overflow():
    np.testing.assert_allclose(z_sums(np.full((3, 1, 2), 1000, np.float32)) / 3, [(1000 + math.log(2)) ** 2])


@given(TRACES)
def test_counts_agree_with_a_loop_for_any_trace(trace):
    slow = np.zeros((trace.header.shape.layers, 6), int)
    for token in trace.experts:
        for layer, row in enumerate(token):
            for expert in row:
                if expert >= 0:
                    slow[layer, expert] += 1
    assert counts(trace).tolist() == slow.tolist()


@given(TRACES)
def test_pairs_hit_agree_with_a_set_that_grows_event_by_event(trace):
    seen: set[tuple[int, int]] = set()
    for token, layers in enumerate(pairs_hit(trace)):
        for layer, hit in enumerate(layers):
            seen |= {(layer, int(e)) for e in trace.experts[token, layer] if e >= 0}
            assert hit == len(seen)


@given(TRACES)
def test_measures_stay_in_their_ranges_for_any_trace(trace):
    load = counts(trace)
    assert np.all((entropy(load) >= -1e-12) & (entropy(load) <= 1 + 1e-12))
    assert np.all((max_over_mean(load) >= 1) & (max_over_mean(load) <= 6))
