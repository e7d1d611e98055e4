"""Placements in the formats of SGLang and TensorRT-LLM, and refusals of wrong files."""

import json

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.atlas.what_if.plans import from_sglang, from_trtllm, read_plan, to_sglang, to_trtllm, write_plan
from app.metrics.plan import eplb_plan, linear_plan

PLAN = eplb_plan(np.array([[9, 1, 1, 1], [1, 1, 1, 9]]), 6, 2)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(), (0,), (0, 2)]))
def test_plan_comes_back_from_both_formats(seed, dense):
    loads = np.random.default_rng(seed).integers(0, 99, (3, 4))
    plan = eplb_plan(loads, 6, 2)
    for back in (from_sglang(to_sglang(plan, dense), 4, 2, dense), from_trtllm(to_trtllm(plan, dense), 4, 2)):
        np.testing.assert_array_equal(back.slots, plan.slots)
        assert back.devices == 2


def test_sglang_file_has_the_one_key_that_becomes_an_argument_and_a_row_for_every_layer():
    """SGLang calls init_by_mapping(server_args, model_config, **data): another key is an error there."""
    found = json.loads(to_sglang(PLAN, dense=(0,)))
    assert list(found) == ["physical_to_logical_map"]
    rows = np.array(found["physical_to_logical_map"])
    assert rows.shape == (3, 6)
    assert rows[0].tolist() == [0, 1, 2, 3, 0, 1]  # a dense layer, as init_trivial fills it
    np.testing.assert_array_equal(rows[1:], PLAN.slots)


def test_tensorrt_llm_file_meets_the_checks_of_its_own_config():
    """MoeLoadBalancerConfig has these three fields, the second a dict[int, list[int]]. Its set-up asserts
    num_slots >= experts and slots that divide by ranks; every list is as long as num_slots."""
    found = yaml.safe_load(to_trtllm(PLAN, dense=(0,)))
    assert set(found) == {"num_slots", "initial_global_assignments", "layer_updates_per_iter"}
    assert found["layer_updates_per_iter"] == 0
    assert list(found["initial_global_assignments"]) == [1, 2]
    assert found["num_slots"] >= 4 and found["num_slots"] % 2 == 0
    for row in found["initial_global_assignments"].values():
        assert len(row) == found["num_slots"] and set(row) == {0, 1, 2, 3}


@given(st.integers(0, 2**32 - 1), st.sampled_from([6, 8, 12]), st.sampled_from([2, 3]))
def test_sglang_finds_each_expert_where_the_plan_puts_it(seed, slots, devices):
    """As its expert_location.py reads a row: physical expert p holds the logical expert of column p, on GPU
    p // (physical experts / ep_size); an expert without a physical one leaves its rank dispatch at -1."""
    slots *= devices
    plan = eplb_plan(np.random.default_rng(seed).integers(0, 99, (2, 6)), slots, devices)
    for layer, row in enumerate(json.loads(to_sglang(plan))["physical_to_logical_map"]):
        physical_of: dict[int, list[int]] = {expert: [] for expert in range(6)}
        for physical, logical in enumerate(row):
            physical_of[logical].append(physical)
        assert all(physical_of.values())
        gpu = [physical // (slots // devices) for physical in range(slots)]
        assert gpu == plan.device_of_slot.tolist()
        assert [row[p] for p in range(slots)] == plan.slots[layer].tolist()


def test_placement_of_tensorrt_llms_own_test_is_read():
    """DeepSeek-V3-Lite in its test of a static EPLB: 72 experts in 80 slots on 4 ranks, layers 1 to 29."""
    lists = {layer: [(layer + slot) % 72 for slot in range(80)] for layer in range(1, 30)}
    config = {"num_slots": 80, "initial_global_assignments": lists, "layer_updates_per_iter": 0}
    plan = from_trtllm(yaml.safe_dump(config), 72, 4)
    assert plan.slots.shape == (29, 80)
    assert plan.slots[0, :3].tolist() == [1, 2, 3]
    assert yaml.safe_load(to_trtllm(plan, dense=(0,))) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected JSON"),
        ("[]", "expected an object, got list"),
        ('{"logical_count": [[1]]}', "expected the key physical_to_logical_map"),
        ('{"physical_to_logical_map": 5}', "expected lists of expert ids"),
        ('{"physical_to_logical_map": [[0, 1], [0]]}', "expected rows of one length"),
        ('{"physical_to_logical_map": [[0, "1"]]}', "expected whole numbers"),
        ('{"physical_to_logical_map": [[0, 1, 2, 4]]}', "expected experts from 0 to 3"),
        ('{"physical_to_logical_map": [[0, 1, 2, 2]]}', r"got none of \[3\]"),
        ('{"physical_to_logical_map": [[0, 1, 2, 3, 0]]}', "expected a divisor of 5 slots"),
        ("[" * 5000, "expected JSON"),
    ],
)
def test_sglang_file_that_is_wrong_is_refused_by_field(text, message):
    with pytest.raises(ValueError, match=message):
        read_plan(text, "sglang", 4, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("num_slots: 4", "initial_global_assignments: expected lists"),
        ("initial_global_assignments: {a: [0, 1]}", "by the number of the layer"),
        ("num_slots: 5\ninitial_global_assignments: {0: [0, 1, 2, 3]}", "num_slots: expected 4"),
        ("a: [", "expected YAML"),
        ("a: &a [0]\nb: *a", "expected YAML without anchors"),
        ("initial_global_assignments: {0: [0], 1: 5}", "expected lists of expert ids"),
        (
            "num_slots: [[[[[[[[[1]]]]]]]]]\ninitial_global_assignments: {0: [0, 1, 2, 3]}",
            r"got \[\[.*\.\.\.",
        ),
        (f"initial_global_assignments: {{0: {[0] * 4097}}}", "at most 1024 layers of 4096 slots"),
        ("!!python/object/apply:os.system ['true']", "expected YAML"),
    ],
)
def test_tensorrt_llm_file_that_is_wrong_is_refused_by_field(text, message):
    with pytest.raises(ValueError, match=message):
        read_plan(text, "trtllm", 4, 2)


def test_unknown_format_is_refused():
    for use in (lambda: write_plan(PLAN, "vllm"), lambda: read_plan("{}", "vllm", 4, 2)):
        with pytest.raises(ValueError, match="format: expected one of sglang, trtllm"):
            use()


def test_dense_layer_beyond_the_rows_is_refused():
    with pytest.raises(ValueError, match="expected a row for layer 9"):
        from_sglang(to_sglang(linear_plan(2, 4, 2)), 4, 2, dense=(9,))
