"""Every further format with other routings and faults: sound ones raise nothing, faults are told in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.formats.read import read_bytes
from tests.formats.made_routings import MODELS, Made, make, mixtral
from tests.formats.written_formats import COUNTS, SAMPLED, WHOLE, passes
from tests.formats.written_tensors import pt

WRITERS = {**SAMPLED, **WHOLE}
IDS = [name for name in WRITERS if "logits" not in name and name != "llamacpp-npy-folder"]
SHAPES: dict[str, Any] = {
    "512 experts, k 8": lambda: make(mixtral(3, 512, 8), 24, 16, seed=2),
    "1 expert a token": lambda: make(mixtral(4, 8, 1), 40, 24, seed=3),
    "2 tokens": lambda: make(mixtral(2, 32, 4), 2, 1, seed=4),
    "1 layer": lambda: make(mixtral(1, 64, 6), 60, 40, seed=5),
    "dense layers first": lambda: make(MODELS["deepseek"](7, 3, 64, 4), 30, 20, seed=6),
    "a dense layer between": lambda: make(MODELS["qwen"](), 30, 20, seed=7),
    "every second layer, k 1": lambda: make(MODELS["llama4"](), 30, 20, seed=8),
}


def says_last(shape: str, writer: str) -> bool:
    """Whether a file tells that its last token was sampled: layers and ids tell it by their passes alone."""
    return writer != "layer-ids-csv" or shape not in ("2 tokens", "1 layer")


def read(made: Made, writer: str) -> Any:
    return read_bytes({**WRITERS, **COUNTS}[writer](made), config=made.config)[0]


def told(capture: Any) -> list[str]:
    return sorted({one.code for one in capture.findings if one.level != "info"})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", WRITERS)
def test_sound_routing_is_read_exactly_and_raises_nothing(shape, writer):
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


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("writer", COUNTS)
def test_sound_counts_are_read_exactly_and_raise_nothing(shape, writer):
    made = SHAPES[shape]()
    capture = read(made, writer)
    assert (capture.format, capture.kind, told(capture)) == (writer, "counts", [])
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


@pytest.mark.parametrize("model", ["mixtral", "kimi"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("writer", IDS)
def test_fault_is_told_with_its_place(model, fault, writer):
    made = make(MODELS[model](), 40, 30, seed=3)
    token, layer = FAULTS[fault](made)
    capture = read(made, writer)
    assert told(capture) == [fault.split(",")[0]], capture.findings
    (found,) = [one for one in capture.findings if one.level != "info"]
    assert layer is None or found.layer == layer
    assert token is None or found.token == token
    assert len(found.message) > 40, "what was found, why it matters, what to do"


@pytest.mark.parametrize(
    "writer", ["pt-hook", "moe-routes-jsonl", "token-layer-json", "parquet-rows", "row-table"]
)
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
