"""The one counting function against loops."""

import numpy as np
from hypothesis import given

from app.metrics.counts import expert_counts, mass_counts
from tests.metrics.routings import routings


@given(routings())
def test_counts_of_experts_are_those_of_a_loop_with_and_without_a_mask(routing):
    experts, n, random = routing
    mask = random.random(experts.shape) < 0.7
    for chosen in (None, mask):
        slow = np.zeros((experts.shape[1], n), int)
        for at in np.ndindex(experts.shape):
            if experts[at] >= 0 and (chosen is None or chosen[at]):
                slow[at[1], experts[at]] += 1
        np.testing.assert_array_equal(expert_counts(experts, n, chosen), slow)
    np.testing.assert_array_equal(expert_counts(experts[:, 0], n), expert_counts(experts, n)[0])


@given(routings())
def test_gate_mass_is_the_sum_of_weights_of_a_loop(routing):
    experts, n, random = routing
    weights = random.random(experts.shape).astype(np.float32)
    slow = np.zeros((experts.shape[1], n))
    for at in np.ndindex(experts.shape):
        if experts[at] >= 0:
            slow[at[1], experts[at]] += weights[at]
    np.testing.assert_allclose(mass_counts(experts, weights, n), slow, atol=1e-6)
