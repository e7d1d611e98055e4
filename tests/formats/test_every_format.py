"""The other formats with further routings: sound ones have no findings, faults name their place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.formats.read import read_bytes
from tests.formats import written_formats, written_variants
from tests.formats.made_routings import MODELS, Made, make, mixtral
from tests.formats.written_captures import npy
from tests.formats.written_formats import passes
from tests.formats.written_tensors import pt

SAMPLED = {**written_formats.SAMPLED, **written_variants.SAMPLED}
WHOLE = {**written_formats.WHOLE, **written_variants.WHOLE}
COUNTS = {**written_formats.COUNTS, **written_variants.COUNTS}
DECODING = written_variants.DECODING
WRITERS = {**SAMPLED, **WHOLE}
IDS = [name for name in WRITERS if "logits" not in name and name != "llamacpp-npy-folder"]
WEIGHTS = [
    *("pt-hook", "moe-routes-jsonl", "token-layer-json", "parquet-rows", "row-table", "moescope-trace"),
    *("moescope-table-csv", "moescope-table-json", "long-table, shuffled", "long-table, from 1"),
]
SHAPES: dict[str, Any] = {
    "512 experts, k 8": lambda: make(mixtral(3, 512, 8), 24, 16, seed=2),
    "1 expert a token": lambda: make(mixtral(4, 8, 1), 40, 24, seed=3),
    "1 of 2 experts": lambda: make(mixtral(6, 2, 1), 60, 40, seed=5),
    "2 tokens": lambda: make(mixtral(2, 32, 4), 2, 1, seed=4),
    "1 layer": lambda: make(mixtral(1, 64, 6), 60, 40, seed=5),
    "dense layers first": lambda: make(MODELS["deepseek"](7, 3, 64, 4), 30, 20, seed=6),
    "a dense layer between": lambda: make(MODELS["qwen"](), 30, 20, seed=7),
    "every second layer, k 1": lambda: make(MODELS["llama4"](), 30, 20, seed=8),
}


BY_PASSES = ("layer-ids-csv", "megatron-router-trace", "llamacpp-moe-trace-csv", "llamacpp-moe-trace-bin")


def says_last(shape: str, writer: str) -> bool:
    """Whether a file tells that its last token was sampled: some tell it by their passes alone."""
    if shape == "2 tokens":  # one pass
        return not writer.startswith(BY_PASSES)
    if shape == "1 layer":  # where the layer number falls, a pass begins
        return writer not in ("layer-ids-csv", "llamacpp-moe-trace-csv, headless")
    return True


def read(made: Made, writer: str) -> Any:
    contents = {**WRITERS, **DECODING, **COUNTS}[writer](made)
    return read_bytes(contents, config=made.config)[0]


def told(capture: Any) -> list[str]:
    return sorted({one.code for one in capture.findings if one.level != "info"})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", WRITERS)
def test_sound_routing_is_read_exactly_and_raises_nothing(shape, writer):
    if (shape, writer) == ("2 tokens", "npy-ids, layers first"):
        return  # below
    made = SHAPES[shape]()
    capture = read(made, writer)
    assert capture.format == writer.split(",")[0]
    assert told(capture) == [], capture.findings
    assert capture.rows == made.tokens - (writer in SAMPLED)
    assert len(capture.tokens) == (made.tokens if says_last(shape, writer) else capture.rows)
    assert capture.layers == made.moe
    if capture.ids is not None:
        found, expected = capture.ids[capture.routed], made.ids[: capture.rows]
        if writer == "routing-text-v1":
            found, expected = np.sort(found), np.sort(expected)
        assert np.array_equal(found, expected)


def test_layers_first_is_a_guess_where_both_sizes_fit():
    """[2, 2, K] of a model of two layers can be read in two ways; both are sound."""
    made = SHAPES["2 tokens"]()
    assert told(read(made, "npy-ids, layers first")) == []


@pytest.mark.parametrize("shape", [one for one in SHAPES if one != "2 tokens"])
@pytest.mark.parametrize("writer", DECODING)
def test_trace_of_decoding_alone_tells_that_the_prompt_is_not_there(shape, writer):
    made = SHAPES[shape]()
    capture = read(made, writer)
    assert (capture.format, told(capture)) == (writer, ["missing-rows"])
    assert capture.layers == made.moe
    assert np.array_equal(capture.ids[capture.routed], made.ids[made.prompt : -1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", COUNTS)
def test_sound_counts_are_read_exactly_and_raise_nothing(shape, writer):
    made = SHAPES[shape]()
    capture = read(made, writer)
    assert (capture.format, capture.kind, told(capture)) == (writer.split(",")[0], "counts", [])
    assert capture.layers == made.moe
    assert capture.counts.sum() == made.ids[:-1].size


def twice(made: Made) -> tuple[int, int]:
    made.ids[5, -1, 1] = made.ids[5, -1, 0]
    return 5, made.moe[-1]


def beyond(made: Made) -> tuple[int, int]:
    made.ids[7, 1, 0] = made.experts + 3
    return 7, made.moe[1]


def layer_of_zeros(made: Made) -> tuple[None, int]:
    made.ids[:, 2] = 0
    return None, made.moe[2]


def tokens_of_zeros(made: Made) -> tuple[int, None]:
    made.ids[3:6] = 0
    return 3, None


def stale_buffer(made: Made) -> tuple[int, None]:
    made.ids[4:20] = made.ids[4]
    return 4, None


FAULTS = {
    "duplicate-ids": twice,
    "id-range": beyond,
    "zeros, a layer": layer_of_zeros,
    "zeros, tokens": tokens_of_zeros,
    "repeated-rows": stale_buffer,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "writer, model", [(one, "mixtral") for one in IDS] + [(one, "kimi") for one in IDS if "," not in one]
)
def test_fault_is_told_with_its_place(writer, model, fault):
    made = make(MODELS[model](), 40, 30, seed=3)
    token, layer = FAULTS[fault](made)
    capture = read(made, writer)
    assert told(capture) == [fault.split(",")[0]], capture.findings
    (found,) = [one for one in capture.findings if one.level != "info"]
    assert layer is None or found.layer == layer
    assert token is None or found.token == token
    assert len(found.message) > 40, "what was found, why it matters, what to do"


@pytest.mark.parametrize("writer", WEIGHTS)
@pytest.mark.parametrize(
    "wrong, code", [(np.nan, "bad-weights"), (-0.2, "bad-weights"), (2.0, "weights-off")]
)
def test_wrong_weight_is_told(writer, wrong, code):
    made = make(mixtral(), 40, 30)
    if code == "weights-off":
        made.weights *= wrong
    else:
        made.weights[3, 1, 0] = wrong
    assert told(read(made, writer)) == [code]


@pytest.mark.parametrize("writer", ["transformers-router-logits", "llamacpp-npy-folder", *COUNTS])
def test_capture_whose_last_layers_are_cut_off_is_told(writer):
    made = make(mixtral(), 40, 30)
    made.layers, made.moe = made.layers - 2, made.moe[:-2]
    made.ids, made.logits = made.ids[:, :-2], made.logits[:, :-2]
    assert told(read(made, writer)) == ["missing-layers"]


def test_rows_that_were_not_kept_are_told_where_the_type_has_no_sign():
    """-1 in 16 bits without a sign is 65,535."""
    made = make(MODELS["kimi"](), 40, 30)
    rows = made.all_layers().astype(np.int16)
    rows[8:11] = -1
    contents = {"a.npy": npy(rows.astype(np.uint16))}
    capture = read_bytes(contents, config=made.config)[0]
    assert told(capture) == ["missing-rows"]
    assert np.flatnonzero(~capture.routed).tolist() == [8, 9, 10, 39]


@pytest.mark.parametrize("writer", ["sglang-generate", "sglang-openai, choice"])
@pytest.mark.parametrize("k", [1, 2])
def test_bytes_without_a_shape_whose_last_layers_are_cut_off_are_told(writer, k):
    made = make(mixtral(k=k), 41, 30)  # else as many bytes as fewer whole rows
    made.layers, made.moe, made.ids = made.layers - 2, made.moe[:-2], made.ids[:, :-2]
    assert told(read(made, writer)) == ["missing-layers"]


@pytest.mark.parametrize("writer", ["npy-ids, vLLM 0.18", "long-table, ids", "vllm-http, tokens"])
def test_strided_prompt_is_told_where_nobody_says_how_long_it_is(writer):
    """16 rows of 8 are a fourth of 512 experts, and other rows follow."""
    made = make(mixtral(3, 512, 8), 24, 16, seed=2)
    order = np.argsort(-made.logits, axis=-1)
    for layer in range(3):
        made.ids[:16, layer] = order[:16, layer].ravel()[: 16 * 8].reshape(16, 8)
    assert told(read(made, writer)) == ["strided-ids"]


def test_place_that_repeats_the_choice_of_a_router_is_a_filler_in_one_layer_too():
    made = make(mixtral(1, 64, 6), 60, 40, seed=5)
    made.ids[..., -1] = 63
    (found,) = [one for one in read(made, "npy-ids, vLLM 0.18").findings if one.level != "info"]
    assert (found.code, found.level) == ("repeated-rows", "warning")


@pytest.mark.parametrize("writer", ["moescope-trace", "moescope-table-csv", "moescope-table-json"])
def test_sums_of_our_own_files_are_those_of_the_config_where_there_is_one(writer):
    made = make(mixtral(), 40, 30)
    made.weights *= np.float32(0.5)
    assert told(read(made, writer)) == ["weights-off"]
    assert told(read_bytes(WRITERS[writer](made))[0]) == []


@pytest.mark.parametrize("config", [True, False])
def test_places_that_the_recorder_never_wrote_are_empty_in_its_first_pass_too(config):
    """Its buffer begins with zeros, and has -1 from the second pass on."""
    made = make(mixtral(), 40, 30)
    records = []
    for number, (begin, end) in enumerate(passes(made, 7), 1):
        ids = np.full((made.layers, end - begin, 8), -1 if number > 1 else 0, np.int32)
        ids[..., : made.k] = made.ids[begin:end].swapaxes(0, 1)
        of_pass = {"forward_pass_id": number, "rank": 0, "input_ids": made.token_ids[begin:end]}
        places = {"positions": list(range(begin, end)), "forward_mode": 1 if end <= made.prompt else 2}
        records.append({**of_pass, **places, "topk_ids_of_layer": ids})
    contents = {"a.pt": pt({"records": records})}
    capture = read_bytes(contents, config=made.config if config else None)[0]
    assert (capture.k, told(capture)) == (2, [])
    assert np.array_equal(capture.ids[:-1], made.ids[:-1])
