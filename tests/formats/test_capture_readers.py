"""Sound captures of synthetic routings in many formats: read exactly, without findings."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.formats.findings import CaptureError
from app.formats.hints import Hints
from app.formats.read import read, read_bytes
from tests.formats.made_routings import MODELS, kimi, make, mixtral
from tests.formats.written_captures import (
    ENGINES,
    OTHERS,
    as_json,
    as_lines,
    b64,
    counts_json,
    npy,
    npz,
    sglang,
    vllm,
    vllm_answer,
)

ALL_LAYERS = ("vllm", "vllm_python", "sglang", "sglang_openai", "verl")


def told(capture):
    return sorted(one.code for one in capture.findings)


@pytest.mark.parametrize("writer", [*ENGINES, *OTHERS])
@pytest.mark.parametrize("model", MODELS)
def test_sound_capture_is_read_exactly_and_raises_nothing(model, writer):
    tokens, prompt = (12, 8) if model in ("deepseek", "kimi") else (40, 30)
    made = make(MODELS[model](), tokens, prompt, seed=tokens)
    capture = read_bytes({**ENGINES, **OTHERS}[writer](made), config=made.config)[0]
    expected = ["last-token"] if writer in ENGINES else []
    expected += ["filler"] * (writer in ALL_LAYERS and len(made.moe) < made.layers)
    expected += ["filler"] * (writer == "verl")
    assert told(capture) == sorted(expected)
    assert capture.layers == made.moe
    assert len(capture.tokens) == tokens
    if capture.ids is not None:
        assert np.array_equal(capture.ids[capture.routed], made.ids[: capture.rows])


@pytest.mark.parametrize("model", MODELS)
def test_counts_are_read_by_layer(model):
    made = make(MODELS[model]())
    capture = read_bytes(counts_json(made), config=made.config)[0]
    assert capture.kind == "counts" and told(capture) == []
    assert capture.counts.sum() == made.ids[:-1].size
    assert capture.token_count == made.tokens


@pytest.mark.parametrize("writer", ["vllm", "megatron_server", "hook", "rows_jsonl", "atlas"])
def test_prompt_that_really_repeats_a_token_raises_nothing(writer):
    made = make(mixtral(), 60, 50, repeat=25)
    assert np.array_equal(made.ids[6], made.ids[7])
    capture = read_bytes({**ENGINES, **OTHERS}[writer](made), config=made.config)[0]
    assert set(told(capture)) <= {"last-token"}


def test_two_experts_that_are_always_chosen_together_raise_nothing():
    made = make(mixtral(experts=16, k=4), 80, 60)
    has = (made.ids == 3).any(-1)
    made.ids[..., 3] = np.where(has & ~(made.ids == 5).any(-1) & (made.ids[..., 3] != 3), 5, made.ids[..., 3])
    assert told(read_bytes(vllm(made), config=made.config)[0]) == ["last-token"]


def test_reader_without_a_config_knows_dense_layers_by_their_never_changing():
    made = make(MODELS["deepseek"](), 40, 30)
    capture = read_bytes(vllm(made))[0]
    assert capture.layers == made.moe and told(capture) == ["filler", "last-token"]
    assert capture.experts is None and capture.experts_at_least <= 256


def test_reader_asks_for_layers_and_k_where_the_bytes_have_no_shape():
    made = make(mixtral())
    with pytest.raises(CaptureError, match="expected the number of layers and k") as refused:
        read_bytes(sglang(made))
    assert refused.value.code == "needs-facts" and "--config" in refused.value.advice
    assert read_bytes(sglang(made), hints=Hints(layers=6, k=2))[0].rows == 39


def test_config_in_the_same_folder_is_read(tmp_path):
    made = make(kimi(), 20, 15)
    (tmp_path / "config.json").write_text(json.dumps(made.config))
    (tmp_path / "answer.json").write_bytes(vllm(made)["answer.json"])
    assert read(tmp_path / "answer.json")[0].layers == made.moe
    assert read(tmp_path)[0].layers == made.moe


def test_several_answers_of_one_file_are_several_captures():
    made, other = make(mixtral(), seed=1), make(mixtral(), seed=2)
    captures = read_bytes({"a.jsonl": as_lines([vllm_answer(made), vllm_answer(other)])}, config=made.config)
    assert [one.choice for one in captures] == [0, 1] and {one.choices for one in captures} == {2}
    assert np.array_equal(captures[1].ids[:-1], other.ids[:-1])


def test_request_for_later_rows_alone_is_placed_by_the_row_count():
    made = make(mixtral(), 40, 30)
    capture = read_bytes({"a.json": as_json(vllm_answer(made, made.all_layers()[12:]))}, config=made.config)[
        0
    ]
    assert np.array_equal(capture.ids[12:39], made.ids[12:39]) and (capture.ids[:12] == -1).all()
    assert told(capture) == ["last-token", "missing-rows"]


def test_unused_places_and_255_are_empty_and_not_experts():
    made = make(mixtral(), 30, 20)
    wide = np.full((29, 6, 8), -1, np.int32)
    wide[..., :2] = made.ids[:-1]
    capture = read_bytes({"ids.npz": npz(routed_experts=wide)}, config=made.config)[0]
    assert capture.k == 2 and told(capture) == ["filler"]
    rows = made.ids[:-1].astype(np.uint8)
    rows[:5] = 255
    capture = read_bytes({"ids.npy": npy(rows)}, config=made.config)[0]
    assert capture.rows == 24 and told(capture) == ["last-token", "missing-rows"]


def test_axes_are_told_by_the_config():
    made = make(mixtral(), 30, 20)
    first = np.ascontiguousarray(made.ids.swapaxes(0, 1)).astype(np.int64)
    flat = made.ids.reshape(30, -1)
    for array in (first, flat, np.asfortranarray(made.ids)):
        capture = read_bytes({"ids.npy": npy(array)}, config=made.config)[0]
        assert np.array_equal(capture.ids[:30], made.ids), array.shape


@pytest.mark.parametrize(
    "newline, delimiter, decimal", [("\n", ",", "."), ("\r\n", ";", ","), ("\n", "\t", ".")]
)
@pytest.mark.parametrize("base", [0, 1])
def test_long_table_is_read_in_any_dialect(newline, delimiter, decimal, base):
    made = make(mixtral(), 30, 20)
    made.ids[0, 0, 0], made.ids[0, 0, 1] = 15, 0
    lines = [
        delimiter.join(
            [
                str(token + base),
                str(layer + base),
                str(made.ids[token, layer, rank] + base),
                f"{made.weights[token, layer, rank]:.6f}".replace(".", decimal),
            ]
        )
        for token in range(30)
        for layer in range(6)
        for rank in range(2)
    ]
    np.random.default_rng(0).shuffle(lines)
    text = "\ufeff" + newline.join([delimiter.join(["Token", "Layer", "Expert", "Weight"]), *lines]) + newline
    capture = read_bytes({"t.csv": text.encode()}, config=made.config)[0]
    assert np.array_equal(capture.ids, made.ids) and told(capture) == []


def test_dynamo_and_nemo_texts_state_their_shapes():
    made = make(mixtral(), 30, 20)
    rows = made.all_layers().astype("<i4")
    held = {"data": b64(rows.tobytes()), "shape": list(rows.shape), "dtype": "int32", "start": 0}
    dynamo = {"token_ids": made.token_ids[20:], "routed_experts": held}
    nemo = {
        "prompt_token_ids": made.token_ids[:20],
        "generation_token_ids": made.token_ids[20:],
        "routed_experts": f"nrlre1:int32:29x6x2:{held['data']}",
    }
    for record in (dynamo, nemo):
        capture = read_bytes({"a.json": as_json(record)}, config=made.config)[0]
        assert np.array_equal(capture.ids[:-1], made.ids[:-1]) and capture.prompt == 20


def test_last_layer_of_llamacpp_that_has_output_rows_alone_is_placed_at_the_end():
    made = make(mixtral(), 30, 20)
    lines = []
    for begin, end in [(0, 20), *((at, at + 1) for at in range(20, 29))]:
        for layer in range(6):
            rows = made.ids[begin:end, layer] if layer < 5 else made.ids[end - 1 : end, layer]
            lines.append({"layer": layer, "n_used": 2, "n_tokens": len(rows), "experts": rows.tolist()})
    capture = read_bytes({"t.jsonl": as_lines(lines)}, config=made.config)[0]
    assert told(capture) == ["last-token", "missing-rows"]
    assert np.array_equal(capture.ids[19:29, 5], made.ids[19:29, 5]) and (capture.ids[:19, 5] == -1).all()


def test_hybrid_model_may_have_dense_layers_anywhere():
    made = make(MODELS["qwen"](), 40, 30)
    assert made.moe == (0, 1, 2, 4, 5, 6, 7)
    assert read_bytes(vllm(made), config=made.config)[0].layers == made.moe
