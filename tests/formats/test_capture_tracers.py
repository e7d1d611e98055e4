"""Sound captures of recorders and tracers with layers that have no experts, and tables that count from 1."""

from __future__ import annotations

import numpy as np
import pytest

from app.formats.findings import CaptureError
from app.formats.hints import Hints
from app.formats.read import read_bytes
from tests.formats.made_routings import MODELS, deepseek, kimi, make, mixtral
from tests.formats.written_captures import npz
from tests.formats.written_tensors import pt


def passes(made):
    """Returns begin and end of each forward pass: the prompt, then one token after the other."""
    return [(0, made.prompt), *((at, at + 1) for at in range(made.prompt, made.tokens - 1))]


def told(capture):
    return sorted(one.code for one in capture.findings)


def recorded(made, redundant, fill):
    """SGLang's recorder, per token; with redundant experts the ids are those of physical ones."""
    dice = np.random.default_rng(0)
    width = made.experts + redundant
    maps = np.tile(np.arange(width), (made.layers, 1))
    if redundant:
        maps[:, made.experts :] = dice.integers(0, made.experts, (made.layers, redundant))
        maps = dice.permuted(maps, axis=1)
    records = []
    for number, (begin, end) in enumerate(passes(made)):
        ids = np.full((made.layers, end - begin, 8), -1, np.int32)
        ids[:, :, : made.k] = fill
        for at, layer in enumerate(made.moe):
            physical = [
                [int(np.flatnonzero(maps[layer] == one)[-1]) for one in row]
                for row in made.ids[begin:end, at]
            ]
            ids[layer, :, : made.k] = physical
        records.append(
            {
                "forward_pass_id": number,
                "rank": 0,
                "gatherer_key": "primary",
                "input_ids": made.token_ids[begin:end],
                "positions": list(range(begin, end)),
                "extend_seq_lens": [end - begin] if not number else None,
                "forward_mode": 1 if not number else 2,
                "topk_ids_of_layer": ids,
            }
        )
    return {"recorder.pt": pt({"records": records, "last_physical_to_logical_map": maps.astype(np.int64)})}


@pytest.mark.parametrize("redundant", [0, 32])
@pytest.mark.parametrize("fill", [-1, 0])
@pytest.mark.parametrize("config", [mixtral(), deepseek(), kimi()], ids=["mixtral", "deepseek", "kimi"])
def test_recorder_is_read_as_logical_experts_of_the_layers_that_have_some(config, fill, redundant):
    made = make(config, 20, 15)
    capture = read_bytes(recorded(made, redundant, fill), config=config)[0]
    assert np.array_equal(capture.ids[:-1], made.ids[:-1]) and capture.layers == made.moe
    assert [token.id for token in capture.tokens[:-1]] == made.token_ids[:-1]
    assert set(told(capture)) <= {"filler", "last-token"} and capture.experts == made.experts


def test_recorder_tells_requests_of_one_pass_apart_by_their_positions():
    made, other = make(mixtral(), 12, 8), make(mixtral(), 9, 5, seed=1)
    both = [(made, 0, 8), (other, 0, 5)]
    steps = [both, *([(made, 8 + at, 9 + at), (other, 5 + at, 6 + at)] for at in range(3))]
    records = []
    for number, parts in enumerate(steps):
        rows = [one.ids[begin:end].swapaxes(0, 1) for one, begin, end in parts]
        records.append(
            {
                "input_ids": [id for one, begin, end in parts for id in one.token_ids[begin:end]],
                "positions": [at for _, begin, end in parts for at in range(begin, end)],
                "extend_seq_lens": [end - begin for _, begin, end in parts] if not number else None,
                "forward_mode": 1 if not number else 2,
                "topk_ids_of_layer": np.concatenate(rows, axis=1).astype(np.int32),
            }
        )
    captures = read_bytes({"a.pt": pt({"records": records})}, config=mixtral())
    assert [np.array_equal(c.ids[:-1], m.ids[:-1]) for c, m in zip(captures, (made, other), strict=True)] == [
        True
    ] * 2


def wide(made):
    lines = []
    for number, (begin, end) in enumerate(passes(made)):
        for at, layer in enumerate(made.moe):
            for token in range(begin, end):
                lines.append(",".join(str(one) for one in (number - 1, layer, *made.ids[token, at])))
    return {"wide.csv": ("\n".join(lines) + "\n").encode()}


def decoding(made):
    lines = [
        " ".join(str(one) for one in (0, number, layer, *made.ids[begin, at]))
        for number, (begin, _) in enumerate(passes(made)[1:])
        for at, layer in enumerate(made.moe)
    ]
    return {"decode.txt": ("\n".join(lines) + "\n").encode()}


def phases(made):
    lines = [
        f"{'decode' if begin else 'prefill'},{token},{layer},{rank},{made.ids[token, at, rank]}"
        for begin, end in passes(made)
        for at, layer in enumerate(made.moe)
        for token in range(begin, end)
        for rank in range(made.k)
    ]
    return {"phase.csv": ("\n".join(["phase,token,layer,rank,expert", *lines]) + "\n").encode()}


def lists(made):
    lines = [
        f"{layer},{' '.join(str(one) for one in made.ids[token, at])}"
        for begin, end in passes(made)
        for at, layer in enumerate(made.moe)
        for token in range(begin, end)
    ]
    return {"lists.csv": ("\n".join(["layer_id,expert_ids", *lines]) + "\n").encode()}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("writer", [wide, phases, lists])
def test_tables_of_llamacpp_forks_are_read(writer, model):
    made = make(MODELS[model](), 30, 20)
    capture = read_bytes(writer(made), config=made.config)[0]
    assert np.array_equal(capture.ids[:-1], made.ids[:-1]) and capture.layers == made.moe
    assert told(capture) == ["last-token"]


@pytest.mark.parametrize("model", MODELS)
def test_table_with_decoding_alone_says_that_the_prompt_is_missing(model):
    made = make(MODELS[model](), 30, 20)
    capture = read_bytes(decoding(made), config=made.config)[0]
    assert np.array_equal(capture.ids[:-1], made.ids[20:-1])
    assert told(capture) == ["last-token", "missing-rows"]


def test_table_without_a_header_is_asked_about_where_it_can_be_read_in_two_ways():
    with pytest.raises(CaptureError, match="--columns pos,layer,e0,e1"):
        read_bytes({"a.csv": b"3,1,4,1\n5,9,2,6\n5,3,5,8\n"})
    made = make(mixtral(), 30, 20)
    hints = Hints(columns=("pos", "layer", "e0", "e1"))
    assert np.array_equal(read_bytes(wide(made), hints=hints)[0].ids[:-1], made.ids[:-1])


@pytest.mark.parametrize("with_config", [True, False])
@pytest.mark.parametrize("model", ["mixtral", "deepseek", "kimi", "longcat"])
def test_table_that_counts_everything_from_one_is_read_from_zero(model, with_config):
    made = make(MODELS[model](), 40, 30)
    lines = [
        f"{token + 1}\t{layer + 1}\t{rank + 1}\t{made.ids[token, at, rank] + 1}"
        for token in range(made.tokens)
        for at, layer in enumerate(made.moe)
        for rank in range(made.k)
    ]
    data = {"a.tsv": ("\n".join(["Token\tLayer\tRank\tExpert", *lines]) + "\n").encode()}
    capture = read_bytes(data, config=made.config if with_config else None)[0]
    assert np.array_equal(capture.ids, made.ids) and capture.layers == made.moe and told(capture) == []


def test_batch_without_a_mask_is_read_between_its_zero_rows():
    made = make(deepseek(), 30, 20)
    rows = np.zeros((2, 30, 61, 8), np.uint16)
    rows[0, :-1], rows[1, 7:-1] = made.all_layers(), made.all_layers(22)
    captures = read_bytes({"batch.npz": npz(routed_experts=rows)}, config=made.config)
    assert [capture.rows for capture in captures] == [29, 22]
    assert all(np.array_equal(one.ids[: one.rows], made.ids[: one.rows]) for one in captures)
