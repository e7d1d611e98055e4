"""More measures of balance, against verl's own test values, scipy, and hand-made loads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from app.metrics import balance
from app.metrics.coverage import coverage
from app.metrics.registry import METRICS

LOADS = arrays(np.int64, (3, 8), elements=st.integers(0, 40))


def test_violations_have_the_values_that_verl_tests_its_own_with():
    """verl, tests of compute_rollout_moe_load_balance_metrics: an even layer, and a collapsed one."""
    loads = np.array([[2, 2, 2, 2], [0, 0, 8, 0]])
    assert balance.max_violation(loads).tolist() == [0, 3]
    assert balance.min_violation(loads).tolist() == [0, -1]
    assert balance.avg_violation(loads).tolist() == [0, 1.5]


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.balanced is not None])
def test_metric_has_its_stated_value_at_an_even_load(name):
    measures = {**vars(balance)}
    if name in ("mass_gap", "dropped_share", "switch_loss", "device_load"):
        return  # these need more than loads; each has a test of its own
    value = measures[name](np.full((1, 8), 5))
    np.testing.assert_allclose(value, METRICS[name].balanced, atol=1e-12)


@given(LOADS)
def test_variation_and_divergence_agree_with_scipy(loads):
    used = loads.sum(axis=1) > 0
    np.testing.assert_allclose(balance.variation(loads)[used], stats.variation(loads[used], axis=1))
    even = np.full(8, 1 / 8)
    kl = [stats.entropy(row / row.sum(), even) for row in loads[used]]
    np.testing.assert_allclose(balance.kl_to_uniform(loads)[used], kl, atol=1e-12)


@given(LOADS)
def test_jain_index_is_one_over_one_plus_the_squared_variation(loads):
    """Jain, Chiu and Hawe 1984, section 3: f = 1 / (1 + COV^2)."""
    used = loads.sum(axis=1) > 0
    np.testing.assert_allclose(balance.jain(loads)[used], 1 / (1 + balance.variation(loads)[used] ** 2))


def test_dead_experts_and_the_gap_of_mass_are_counted_by_hand():
    loads = np.array([[3, 1, 0, 0]])
    assert balance.dead_experts(loads).tolist() == [2]
    assert balance.mass_gap(loads, np.array([[1.0, 1.0, 0, 0]])).tolist() == [0.25]
    assert balance.mass_gap(loads, loads.astype(float)).tolist() == [0]


def test_percentiles_over_layers_are_those_of_numpy():
    found = balance.over_layers(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found == {"least": 1, "p10": 1.3, "median": 2.5, "p90": pytest.approx(3.7), "most": 4, "mean": 2.5}


def megatron_coverage(freqs, n):
    """Returns the definition of Megatron-LM's `topk_coverage`: over experts that were seen, n at most all
    of them."""
    seen = sorted((count for count in freqs if count), reverse=True)
    return sum(seen[: min(n, len(seen))]) / sum(seen)


@given(LOADS)
def test_coverage_is_that_of_megatrons_script(loads):
    curves = coverage(loads)
    for row, curve in zip(loads.tolist(), curves, strict=True):
        if sum(row):
            np.testing.assert_allclose(curve, [megatron_coverage(row, n) for n in range(1, 9)])
        else:
            assert not curve.any()


def test_every_metric_says_what_it_is_where_from_and_what_it_needs():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.definition and metric.source
        assert metric.to_json()["ids_suffice"] == (metric.needs == "ids")
