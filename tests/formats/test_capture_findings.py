"""Faulty captures of several models and formats: the one fault is reported, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.formats.findings import CaptureError
from app.formats.read import read_bytes
from tests.formats.made_routings import MODELS, Made, make, mixtral, softmax
from tests.formats.written_captures import (
    ENGINES,
    OTHERS,
    as_json,
    as_lines,
    hook,
    npy,
    sglang,
    vllm,
    vllm_answer,
)

WRITERS: dict[str, Any] = {**ENGINES, **OTHERS}
IDS = ("vllm", "vllm_python", "sglang", "megatron_server", "verl", "moe_trace_csv")


def faults(made: Made, writer: str, data: Any = None) -> list[str]:
    """Returns the codes of warnings and errors, sorted."""
    contents = data if data is not None else WRITERS[writer](made)
    findings = read_bytes(contents, config=made.config)[0].findings
    return sorted(one.code for one in findings if one.level != "info")


def twice(made: Made) -> None:
    made.ids[5, -1, 1] = made.ids[5, -1, 0]


def beyond(made: Made) -> None:
    made.ids[7, 1, 0] = made.experts + 3


def layer_of_zeros(made: Made) -> None:
    made.ids[:, 2] = 0


def last_layer_of_zeros(made: Made) -> None:
    made.ids[:, -1] = 0


def tokens_of_zeros(made: Made) -> None:
    made.ids[3:6] = 0


def prompt_of_zeros(made: Made) -> None:
    made.ids[: made.prompt] = 0


def nothing_but_zeros(made: Made) -> None:
    made.ids[:] = 0


def stale_buffer(made: Made) -> None:
    made.ids[4:20] = made.ids[4]


def one_row_for_all(made: Made) -> None:
    made.ids[:] = made.ids[:1]


def strided(made: Made) -> None:
    order = np.argsort(-made.logits, axis=-1)
    for layer in range(made.ids.shape[1]):
        made.ids[:, layer] = order[:, layer].ravel()[: made.tokens * made.k].reshape(-1, made.k)


@pytest.mark.parametrize("writer", IDS)
@pytest.mark.parametrize("model", ["mixtral", "kimi"])
@pytest.mark.parametrize(
    "spoil, code",
    [
        (twice, "duplicate-ids"),
        (beyond, "id-range"),
        (layer_of_zeros, "zeros"),
        (last_layer_of_zeros, "zeros"),
        (tokens_of_zeros, "zeros"),
        (prompt_of_zeros, "zeros"),
        (nothing_but_zeros, "zeros"),
        (stale_buffer, "repeated-rows"),
        (one_row_for_all, "repeated-rows"),
        (strided, "strided-ids"),
    ],
)
def test_fault_of_ids_is_told(model, spoil, code, writer):
    made = make(MODELS[model](), 48, 30, seed=3)
    spoil(made)
    assert faults(made, writer) == [code]


@pytest.mark.parametrize("writer", ["long_csv", "atlas", "bare_npy", "hook", "rows_jsonl"])
@pytest.mark.parametrize(
    "spoil, code", [(twice, "duplicate-ids"), (tokens_of_zeros, "zeros"), (strided, "strided-ids")]
)
def test_fault_of_ids_is_told_in_tables_and_arrays(spoil, code, writer):
    made = make(MODELS["qwen"](), 48, 30, seed=3)
    spoil(made)
    assert faults(made, writer) == [code]


@pytest.mark.parametrize("writer", IDS)
@pytest.mark.parametrize("model", ["kimi", "longcat"])
def test_ids_that_wrapped_at_256_are_told(model, writer):
    made = make(MODELS[model](), 48, 30)
    made.ids %= 256
    assert faults(made, writer) == ["id-range"]


def test_eight_bits_for_more_than_256_experts_are_told_however_short_the_capture():
    made = make(MODELS["kimi"](), 3, 2)
    rows = {"a.npy": npy(made.all_layers().astype(np.uint8))}
    assert faults(made, "", rows) == ["id-range"]


@pytest.mark.parametrize("writer", IDS)
@pytest.mark.parametrize("model", ["mixtral", "deepseek"])
def test_shared_expert_in_a_place_of_its_own_is_a_warning(model, writer):
    made = make(MODELS[model](), 48, 30)
    made.ids[..., -1] = made.experts - 1
    findings = read_bytes(WRITERS[writer](made), config=made.config)[0].findings
    repeated = [one for one in findings if one.code == "repeated-rows"]
    assert [one.level for one in repeated] == ["warning"]


def shifted(made: Made) -> None:
    made.ids[:] = np.roll(made.ids, -1, axis=0)


def of_another_request(made: Made) -> None:
    made.ids[:] = make(made.config, made.tokens, made.prompt, seed=99).ids


def one_wrong_choice(made: Made) -> None:
    made.ids[6, 1, -1] = np.argmin(made.logits[6, 1])


@pytest.mark.parametrize("writer", ["hook", "megatron"])
@pytest.mark.parametrize("model", ["mixtral", "olmoe", "qwen", "llama4"])
@pytest.mark.parametrize("spoil", [shifted, of_another_request, one_wrong_choice])
def test_ids_that_are_not_the_best_logits_are_told(model, writer, spoil):
    made = make(MODELS[model](), 48, 30)
    spoil(made)
    assert faults(made, writer) == ["ids-not-topk"]


def test_shift_by_one_row_is_said():
    made = make(mixtral(), 48, 30)
    shifted(made)
    findings = read_bytes(hook(made), config=made.config)[0].findings
    assert "1 row later" in findings[0].message


def not_a_number(made: Made) -> None:
    made.weights[3, 1, 0] = np.nan


def infinite(made: Made) -> None:
    made.weights[3, 1, 0] = np.inf


def negative(made: Made) -> None:
    made.weights[3, 1, 0] = -0.2


@pytest.mark.parametrize("writer", ["hook", "long_csv", "rows_jsonl", "atlas"])
@pytest.mark.parametrize("model", ["mixtral", "olmoe"])
@pytest.mark.parametrize("spoil", [not_a_number, infinite, negative])
def test_weight_that_is_none_is_told(model, writer, spoil):
    made = make(MODELS[model](), 40, 30)
    spoil(made)
    assert faults(made, writer) == ["bad-weights"]


@pytest.mark.parametrize("writer", ["hook", "long_csv", "rows_jsonl", "atlas"])
@pytest.mark.parametrize("model, spoil", [("mixtral", 0.5), ("mixtral", 1.4), ("qwen", 0.9)])
def test_weights_with_another_sum_are_told(model, writer, spoil):
    made = make(MODELS[model](), 40, 30)
    made.weights[3:6] *= np.float32(spoil)
    assert faults(made, writer) == ["weights-off"]
    made = make(MODELS[model](), 40, 30)
    made.weights *= np.float32(spoil)
    assert faults(made, writer) == ["weights-off"]


def test_weights_of_a_scaled_router_with_another_sum_are_told():
    made = make(MODELS["deepseek"](), 30, 20)
    made.weights[3:6] *= np.float32(0.5)
    assert faults(made, "hook") == ["weights-off"]


def test_weights_that_a_hook_renormalised_are_told():
    made = make(MODELS["olmoe"](), 40, 30)
    made.weights /= made.weights.sum(-1, keepdims=True)
    assert faults(made, "hook") == ["weights-off"]


def test_weights_in_another_order_than_the_logits_are_told():
    made = make(MODELS["qwen"](), 40, 30)
    made.weights = made.weights[..., ::-1].copy()
    assert faults(made, "hook") == ["weights-off"]


@pytest.mark.parametrize("writer", ["hook", "logits_alone", "megatron"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("model", ["mixtral", "qwen", "olmoe"])
def test_softmaxed_logits_are_told(model, times, writer):
    made = make(MODELS[model](), 40, 30)
    for _ in range(times):
        made.logits = softmax(made.logits)
    capture = read_bytes(WRITERS[writer](made), config=made.config)[0]
    told = [one for one in capture.findings if one.level != "info"]
    assert [one.code for one in told] == ["not-logits"]
    assert ("twice" in told[0].message) == (times == 2)


def test_probabilities_of_gemma_are_no_fault():
    made = make({**mixtral(), "model_type": "gemma4"}, 40, 30)
    made.logits = softmax(made.logits)
    assert faults(made, "logits_alone") == []


@pytest.mark.parametrize("model", ["mixtral", "deepseek", "qwen"])
@pytest.mark.parametrize("writer", ["vllm", "vllm_python", "megatron_server", "megatron", "long_csv", "hook"])
def test_capture_whose_last_layers_are_cut_off_is_told(model, writer):
    made = make(MODELS[model](), 40, 30)
    made.layers, made.moe = made.layers - 2, made.moe[:-2]
    made.ids, made.weights, made.logits = made.ids[:, :-2], made.weights[:, :-2], made.logits[:, :-2]
    assert faults(made, writer) == ["missing-layers"]


@pytest.mark.parametrize(
    "change",
    [
        {"num_local_experts": 32},
        {"num_experts_per_tok": 4},
        {"num_hidden_layers": 4},
        {"num_hidden_layers": 24, "num_local_experts": 64, "num_experts_per_tok": 8},
    ],
)
@pytest.mark.parametrize("writer", ["hook", "megatron", "atlas"])
def test_config_of_another_model_is_told_and_nothing_follows_from_it(change, writer):
    made = make(mixtral(), 40, 30)
    contents = WRITERS[writer](made)
    made.config = {**made.config, **change}
    assert faults(made, "", contents) == ["config-mismatch"]


def test_bytes_that_are_no_whole_rows_of_the_config_are_told():
    made = make(mixtral(), 40, 30)
    with pytest.raises(CaptureError) as refused:
        read_bytes(sglang(made), config=mixtral(layers=7, k=3))
    assert refused.value.code == "config-mismatch"


def test_rows_that_the_tokens_do_not_account_for_are_told():
    made = make(mixtral(), 40, 30)
    longer = np.concatenate([made.all_layers(), make(mixtral(), 40, 30, seed=5).all_layers()[:3]])
    assert faults(made, "", {"a.json": as_json(vllm_answer(made, longer))}) == ["token-count"]
    shorter = made.all_layers()[35:]
    assert faults(made, "", {"a.json": as_json(vllm_answer(made, shorter))}) == ["token-count"]


def test_two_answers_that_disagree_on_one_prompt_are_told():
    made = make(mixtral(), 40, 30)
    other = make(mixtral(), 40, 30, seed=8)
    wrong = vllm_answer(made, other.all_layers())
    captures = read_bytes({"a.jsonl": as_lines([vllm_answer(made), wrong])}, config=made.config)
    assert ["prompts-differ" in [one.code for one in capture.findings] for capture in captures] == [
        True,
        True,
    ]


def test_two_answers_that_disagree_by_rounding_raise_nothing():
    made = make(mixtral(), 40, 30)
    near = make(mixtral(), 40, 30)
    near.ids[::9, 1] = near.ids[::9, 1][:, ::-1]
    near.ids[3, 2, 1] = next(one for one in range(16) if one not in near.ids[3, 2])
    captures = read_bytes({"a.jsonl": as_lines([vllm_answer(made), vllm_answer(near)])}, config=made.config)
    assert all([one.code for one in capture.findings] == ["last-token"] for capture in captures)


def test_prefix_that_was_cached_is_told():
    made = make(mixtral(), 40, 30)
    rows = made.all_layers().tolist()
    rows[:16] = [[[-1, -1]] * 6] * 16
    choice = {"index": 0, "token_ids": made.token_ids[30:], "routed_experts": rows[30:]}
    record = {
        "choices": [choice],
        "prompt_token_ids": made.token_ids[:30],
        "prompt_routed_experts": rows[:30],
    }
    assert faults(made, "", {"a.json": as_json(record)}) == ["missing-rows"]


@pytest.mark.parametrize("model", MODELS)
def test_silence_where_nothing_can_be_known(model):
    """Rows of another request, or shifted by one, without logits: nobody can tell."""
    made = make(MODELS[model](), 40, 30)
    shifted(made)
    assert faults(made, "vllm", vllm(made)) == []
    of_another_request(made)
    assert faults(made, "vllm", vllm(made)) == []


def test_biased_router_whose_ids_are_not_the_best_logits_raises_nothing():
    made = make(MODELS["deepseek"](), 40, 30)
    best = np.argsort(-made.logits, axis=-1)[..., : made.k]
    assert (np.sort(best) != np.sort(made.ids)).any()
    assert faults(made, "hook") == []
