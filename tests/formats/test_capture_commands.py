"""The commands `inspect`, `convert` and `compare` as a person with a file uses them."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest

from app.__main__ import main
from app.formats.read import read
from app.settings import ROOT
from app.trace import RoutingTrace
from tests.formats.made_routings import MODELS, deepseek, make, mixtral
from tests.formats.test_hostile_captures import Payload, header_of, torch_file
from tests.formats.written_captures import (
    as_json,
    counts_json,
    hook,
    megatron,
    npy,
    sglang,
    vllm,
    vllm_answer,
    zipped,
)


def write(folder, made, writer):
    """Returns the capture's path, with its config beside it."""
    (folder / "config.json").write_text(json.dumps(made.config))
    contents = writer(made)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder / next(iter(contents))


def told(capsys, *arguments):
    status = main([str(one) for one in arguments])
    return status, json.loads(capsys.readouterr().out)


def test_inspect_says_in_json_what_is_in_a_file(tmp_path, capsys):
    made = make(MODELS["deepseek"](), 40, 30)
    status, found = told(capsys, "inspect", write(tmp_path, made, vllm), "--json")
    assert status == 0
    findings = found.pop("findings")
    assert found == found | {
        "format": "vllm-http",
        "kind": "routing",
        "tokens": 40,
        "rows": 39,
        "layers": 61,
        "moe_layers": list(range(3, 61)),
        "experts": 256,
        "k": 8,
        "weights": False,
        "scores": False,
    }
    assert [one["code"] for one in findings] == ["filler", "last-token"]
    assert all(set(one) == {"code", "level", "message", "layer", "token"} for one in findings)


def test_inspect_ends_with_1_where_there_is_a_fault(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    made.ids[:, 2] = 0
    status, found = told(capsys, "inspect", write(tmp_path, made, vllm), "--json")
    assert status == 1
    assert [(one["code"], one["layer"]) for one in found["findings"] if one["level"] == "error"] == [
        ("zeros", 2)
    ]


def test_inspect_ends_with_2_where_the_file_is_not_readable(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    path = write(tmp_path, made, vllm)
    path.write_bytes(path.read_bytes()[:-40])
    status, found = told(capsys, "inspect", path, "--json")
    assert status == 2 and [one["code"] for one in found["findings"]] == ["truncated"]
    status, found = told(capsys, "inspect", tmp_path / "none.json", "--json")
    assert status == 2 and found["findings"][0]["level"] == "error"


def test_inspect_asks_for_what_a_file_cannot_say(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    path = write(tmp_path, made, sglang)
    (tmp_path / "config.json").unlink()
    status, found = told(capsys, "inspect", path, "--json")
    assert status == 2 and "--layers and --k" in found["findings"][0]["message"]
    status, found = told(capsys, "inspect", path, "--layers", 6, "--k", 2, "--json")
    assert status == 0 and found["rows"] == 39


def test_inspect_prints_a_screen_of_text(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    assert main(["inspect", str(write(tmp_path, made, megatron))]) == 0
    text = capsys.readouterr().out
    assert "6 stored, 6 with experts: 0 to 5" in text and "sound" in text
    assert len(text.splitlines()) < 25


@pytest.mark.parametrize("end", ["safetensors", "csv", "parquet", "json"])
def test_convert_writes_a_file_that_reads_as_the_same_routing(tmp_path, capsys, end):
    made = make(mixtral(), 40, 30)
    out = tmp_path / f"out.{end}"
    assert main(["convert", str(write(tmp_path, made, hook)), "-o", str(out)]) == 0
    capture = read(out)[0]
    assert np.array_equal(capture.ids, made.ids) and capture.layers == made.moe
    np.testing.assert_allclose(capture.weights, made.weights, atol=2e-6)


def test_convert_keeps_layer_numbers_and_says_that_there_are_ids_only(tmp_path, capsys):
    made = make(MODELS["deepseek"](), 20, 15)
    out = tmp_path / "out.safetensors"
    assert main(["convert", str(write(tmp_path, made, vllm)), "-o", str(out)]) == 0
    trace = RoutingTrace.from_bytes(out.read_bytes())
    assert trace.ids_only and trace.scores is None and trace.header.origin["badge"] == "IDS ONLY"
    assert (trace.weights[0] == np.float32(1 / 8)).all() and (trace.experts[-1] == -1).all()
    capture = read(out)[0]
    assert capture.layers == made.moe and capture.ids_only
    assert np.array_equal(capture.ids[:-1], made.ids[:-1])


def test_convert_writes_nothing_where_the_capture_cannot_be_read(tmp_path, capsys):
    bad = tmp_path / "bad.json"
    bad.write_text('{"choices": [')
    assert main(["convert", str(bad), "-o", str(tmp_path / "out.csv")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]
    assert "truncated" not in capsys.readouterr().out


def test_convert_derives_ids_from_logits_by_the_models_rule(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    path = write(tmp_path, made, lambda made: {"logits.npz": hook_without_ids(made)})
    assert main(["convert", str(path), "-o", str(tmp_path / "out.safetensors")]) == 0
    trace = RoutingTrace.from_bytes((tmp_path / "out.safetensors").read_bytes())
    assert np.array_equal(trace.experts, made.ids)
    np.testing.assert_allclose(trace.weights, made.weights, atol=1e-6)


def hook_without_ids(made):
    out = io.BytesIO()
    np.savez(out, *[made.logits[:, layer] for layer in range(6)])
    return out.getvalue()


def test_convert_refuses_to_guess_the_ids_of_a_biased_router(tmp_path, capsys):
    made = make(deepseek(layers=9), 20, 15)
    out = io.BytesIO()
    np.savez(out, *[made.logits[:, layer] for layer in range(len(made.moe))])
    path = write(tmp_path, made, lambda made: {"logits.npz": out.getvalue()})
    assert main(["convert", str(path), "-o", str(tmp_path / "out.csv")]) == 2
    assert "router with a bias or groups" in capsys.readouterr().err


@pytest.mark.parametrize("writer", [vllm, counts_json])
def test_convert_writes_counts_that_sglang_reads(tmp_path, capsys, writer):
    made = make(MODELS["deepseek"](), 40, 30)
    out = tmp_path / "counts.json"
    assert main(["convert", str(write(tmp_path, made, writer)), "-o", str(out), "--to", "logical_count"]) == 0
    counts = np.array(json.loads(out.read_text())["logical_count"])
    assert counts.shape == (61, 256) and counts[:3].sum() == 0
    assert np.array_equal(counts[3], np.bincount(made.ids[:-1, 0].ravel(), minlength=256))


def test_spreadsheet_gets_no_text_that_it_would_run(tmp_path, capsys):
    made = make(mixtral(), 12, 8)
    made.texts[3] = "=1+1"
    from tests.formats.written_captures import rows_jsonl

    out = tmp_path / "out.csv"
    assert main(["convert", str(write(tmp_path, made, rows_jsonl)), "-o", str(out)]) == 0
    texts = pyarrow.csv.read_csv(out).column("text").to_pylist()
    assert "'=1+1" in texts and "=1+1" not in texts
    assert read(out)[0].tokens[3].text == "=1+1"


def test_parquet_has_one_line_a_choice(tmp_path, capsys):
    made = make(mixtral(), 12, 8)
    out = tmp_path / "out.parquet"
    assert main(["convert", str(write(tmp_path, made, hook)), "-o", str(out)]) == 0
    table = pyarrow.parquet.read_table(out)
    assert table.column_names == ["token", "text", "layer", "rank", "expert", "token_id", "weight"]
    assert table.num_rows == made.ids.size


def test_compare_counts_flips_overlap_and_margins(tmp_path, capsys):
    made, other = make(mixtral(), 40, 30), make(mixtral(), 40, 30)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    absent = next(one for one in range(16) if one not in other.ids[7, 3])
    other.ids[7, 3, 1] = absent
    first, second = write(folders[0], made, hook), write(folders[1], other, hook)
    status, found = told(capsys, "compare", first, second, "--json")
    assert status == 1 and found["aligned_by"] == "ids"
    assert found["flips"] == 1 and found["first_flip"] == {"token": 7, "layer": 3}
    assert found["flipped_tokens"] == 1 / 40 and found["flipped_choices"] == 1 / 240
    assert found["by_layer"][3]["jaccard"] == pytest.approx(1 - (2 / 3) / 40)
    assert found["kl"] == 0 and found["js"] == 0 and found["margin_median"] > 0


def test_compare_stops_where_the_texts_part_and_allows_a_token_in_front(tmp_path, capsys):
    made = make(mixtral(), 40, 30)
    longer = make(mixtral(), 40, 30)
    longer.token_ids = [1, *made.token_ids[:20], 7, *made.token_ids[21:39]]
    longer.ids = np.concatenate([made.ids[-1:], made.ids[:-1]])
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    first = write(folders[0], made, vllm)
    second = write(folders[1], longer, lambda one: {"b.json": as_json(vllm_answer(one))})
    status, found = told(capsys, "compare", first, second, "--json")
    assert (found["shift"], found["parted_at"], found["tokens"]) == (1, 20, 20)
    assert status == 0 and found["flips"] == 0 and found["js"] is None


def test_compare_of_two_texts_is_refused(tmp_path, capsys):
    made, other = make(mixtral(), 20, 15), make(mixtral(), 20, 15, seed=1)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    status = main(["compare", str(write(folders[0], made, vllm)), str(write(folders[1], other, vllm))])
    assert status == 2 and "tokens that both traces route" in capsys.readouterr().out


def hostile(tmp_path):
    """Returns files that are to be refused: their names, contents and the code of the finding."""
    trap = tmp_path / "trap"
    pickled = pickle.dumps({"experts": Payload(trap)}, 2)
    bomb = zipped(**{"experts.npy": header_of((2**25,)) + b"\0" * (65 * 2**20)})
    deep = b"[" * 100_000
    return {
        "safetensors of 10 GB": ("a.safetensors", struct.pack("<Q", 10 * 2**30) + b'{"a":', "too-large"),
        "npy of terabytes": ("a.npy", header_of((10**9, 61, 8)) + b"\0" * 64, "too-large"),
        "gguf of 2^60 tensors": ("a.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "too-large"),
        "deep JSON": ("a.json", deep, "too-large"),
        "deep JSON Lines": ("a.jsonl", b'{"a":1}\n{"a":' + deep + b"\n", "too-large"),
        "deep event stream": ("a.sse", b"data: " + deep + b"\n\n", "too-large"),
        "zip bomb": ("a.npz", bomb, "too-large"),
        "zip bomb in a .pt": ("a.pt", zipped(**{"x/data.pkl": b"\0" * (65 * 2**20)}), "too-large"),
        "zip with paths": ("a.npz", zipped(**{"../../x.npy": npy(np.zeros(3))}), "unsafe-file"),
        "pickle in a .pt": ("a.pt", torch_file(pickled), "unsafe-file"),
        "bare pickle": ("a.pkl", pickled, "unsafe-file"),
        "text pickle": ("a.pkl", pickle.dumps([1], 0), "unsafe-file"),
        "few lines for a billion": ("a.csv", b"token,layer,expert\n0,0,1\n999999999,0,2\n", "too-large"),
        "empty": ("a.parquet", b"PAR1", "truncated"),
    }


@pytest.mark.parametrize("kind", [*hostile(Path("nowhere"))])
def test_inspect_says_in_json_why_a_hostile_file_is_not_read(tmp_path, capsys, kind):
    name, data, code = hostile(tmp_path)[kind]
    (tmp_path / name).write_bytes(data)
    begun = time.process_time()
    status, found = told(capsys, "inspect", tmp_path / name, "--json")
    assert (status, [one["code"] for one in found["findings"]]) == (2, [code])
    assert {"format", "kind", "tokens", "rows", "layers", "experts", "k"} <= set(found)
    assert time.process_time() - begun < 20
    assert [path.name for path in tmp_path.iterdir()] == [name], "nothing was run, nothing was written"


def test_person_who_pipes_inspect_into_head_sees_no_traceback(tmp_path):
    """The reading end is closed before anything is written, as `head` does it."""
    path = write(tmp_path, make(MODELS["mixtral"](), 40, 30), vllm)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as output:
        command = [sys.executable, "-m", "app", "inspect", str(path)]
        ended = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, cwd=ROOT, timeout=60)
    assert (ended.returncode, ended.stderr) == (141, b"")
