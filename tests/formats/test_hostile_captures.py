"""Truncated, wrong and hostile files: a clear error, no code run, nothing written, little memory."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.formats.bounds import MIB, PAGE_BOUNDS
from app.formats.findings import CaptureError
from app.formats.read import read, read_bytes
from tests.formats.made_routings import make, mixtral
from tests.formats.written_captures import ENGINES, OTHERS, as_json, npy, vllm_answer, zipped
from tests.formats.written_tensors import pt

DATA = Path(__file__).parents[1] / "data" / "formats"
MADE = make(mixtral(), 30, 20)


def refusal(contents, **more):
    """Returns the code of the refusal, and its words; the peak of memory stays small."""
    tracemalloc.start()
    with pytest.raises(CaptureError) as refused:
        read_bytes(contents, config=MADE.config, **more)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * MIB
    assert all((refused.value.where, refused.value.expected, refused.value.found, refused.value.advice))
    return refused.value.code


class Payload:
    """What runs when somebody unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def torch_file(pickled):
    return zipped(**{"archive/data.pkl": pickled, "archive/version": b"3\n"})


@pytest.mark.parametrize("wrap", [torch_file, lambda data: data], ids=["zip", "bare"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_pickle_with_a_payload_is_refused_and_not_run(tmp_path, wrap, protocol):
    trap = tmp_path / "trap"
    data = wrap(pickle.dumps({"experts": Payload(trap)}, protocol))
    assert refusal({"a.pt": data}) == "unsafe-file"
    assert not trap.exists()
    pickle.loads(pickle.dumps(Payload(trap))).close()
    assert trap.exists(), "the payload does run where it is unpickled"


def test_text_pickle_is_refused():
    assert refusal({"a.pkl": pickle.dumps({"a": [1]}, 0)}) == "unsafe-file"


@pytest.mark.parametrize(
    "named",
    ["os system", "builtins eval", "torch.storage _load_from_bytes", "numpy.core.multiarray _reconstruct"],
)
def test_pickle_names_what_it_would_have_called(named):
    module, name = named.split()
    data = b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"X\x02\x00\x00\x00ls\x85R."
    with pytest.raises(CaptureError, match=f"{module}.{name}"):
        read_bytes({"a.pt": torch_file(data)})


def test_object_array_is_refused_and_not_unpickled(tmp_path):
    out = io.BytesIO()
    np.save(out, np.array([Payload(tmp_path / "trap")], dtype=object), allow_pickle=True)
    assert refusal({"a.npy": out.getvalue()}) == "unsafe-file"
    assert refusal({"a.npz": zipped(**{"experts.npy": out.getvalue()})}) == "unsafe-file"
    assert not (tmp_path / "trap").exists()


def test_header_of_ten_gigabytes_is_refused():
    assert (
        refusal({"a.safetensors": struct.pack("<Q", 10 * 2**30) + b'{"experts":' + b" " * 100}) == "too-large"
    )
    assert refusal({"a.safetensors": b"\xff" * 8 + b"{" + b" " * 100}) == "too-large"


def header_of(shape):
    text = f"{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def test_array_that_claims_terabytes_is_refused():
    assert refusal({"a.npy": header_of((10**9, 61, 8)) + b"\0" * 64}) == "too-large"
    assert (
        refusal({"a.npz": zipped(**{"experts.npy": header_of((10**9, 61, 8)) + b"\0" * 64})}) == "too-large"
    )
    answer = vllm_answer(MADE)
    answer["choices"][0]["routed_experts"] = (
        __import__("base64").b64encode(header_of((10**9, 61, 8))).decode()
    )
    assert refusal({"a.json": as_json(answer)}) == "too-large"


def test_json_nested_a_hundred_thousand_deep_is_refused():
    assert refusal({"a.json": b"[" * 100_000 + b"]" * 100_000}) == "too-large"
    assert refusal({"a.json": b'{"choices":' * 100_000}) == "too-large"
    assert refusal({"a.jsonl": b'{"a":1}\n{"a":' + b"[" * 100_000 + b"\n"}) == "too-large"


def test_json_with_a_number_of_a_million_digits_is_refused():
    assert refusal({"a.json": b'{"choices":[' + b"9" * 1_000_000 + b"]}"}) == "too-large"


def test_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = zipped(**{"experts.npy": header_of((2**25,)) + b"\0" * (65 * MIB)})
    assert len(bomb) < MIB
    assert refusal({"a.npz": bomb}) == "too-large"
    many = zipped(**{f"a{at}.npy": b"\0" * MIB for at in range(12)})
    assert refusal({"a.npz": many}, bounds=replace(PAGE_BOUNDS, unpacked_bytes=8 * MIB)) == "too-large"


def test_archive_that_names_paths_outside_itself_is_refused(tmp_path):
    for name in ("../../experts.npy", "/etc/experts.npy", "..\\..\\experts.npy", "C:\\experts.npy"):
        assert refusal({"a.npz": zipped(**{name: npy(MADE.ids)})}) == "unsafe-file"
        assert refusal({name: npy(MADE.ids)}) == "unsafe-file"


def test_link_out_of_a_folder_is_refused(tmp_path):
    secret = tmp_path / "secret.jsonl"
    secret.write_text("{}")
    folder = tmp_path / "trace"
    folder.mkdir()
    (folder / "router_trace_rank0.jsonl").symlink_to(secret)
    with pytest.raises(CaptureError) as refused:
        read(folder)
    assert refused.value.code == "unsafe-file"


def test_gguf_that_claims_more_tensors_than_there_are_bytes_is_refused():
    assert refusal({"a.gguf": b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0)}) == "too-large"
    assert refusal({"a.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60)}) == "too-large"
    endless = struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 0, 2**50)
    assert refusal({"a.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + endless}) == "truncated"


def test_parquet_that_unpacks_to_far_more_than_it_holds_is_refused():
    rows = 6_000_000
    table = pa.table({name: pa.array(np.zeros(rows, np.int32)) for name in ("token", "layer", "expert")})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    del table
    assert len(out.getvalue()) < MIB
    bounds = replace(PAGE_BOUNDS, unpacked_bytes=32 * MIB)
    assert refusal({"a.parquet": out.getvalue()}, bounds=bounds) == "too-large"


@pytest.mark.parametrize("seed", range(12))
def test_parquet_with_wrong_bytes_does_not_end_the_process(seed):
    contents = io.BytesIO()
    pq.write_table(pa.table({name: list(range(200)) for name in ("token", "layer", "expert")}), contents)
    data = bytearray(contents.getvalue())
    dice = random.Random(seed)
    for _ in range(4):
        data[dice.randrange(len(data) - 200, len(data) - 8)] = dice.randrange(256)
    try:
        read_bytes({"a.parquet": bytes(data)})
    except CaptureError as error:
        assert error.code in ("truncated", "too-large", "no-routing")


def test_parquet_whose_rows_share_one_long_text_is_refused():
    """50 KB of a dictionary, which 3,000,000 rows point to."""
    rows = np.zeros(3_000_000, np.int32)
    text = pa.DictionaryArray.from_arrays(rows, ["x" * 50_000])
    out = io.BytesIO()
    columns = {name: pa.array(rows) for name in ("token", "layer", "expert")}
    pq.write_table(pa.table({**columns, "text": text}), out, compression="zstd")
    assert len(out.getvalue()) < MIB
    assert refusal({"a.parquet": out.getvalue()}, bounds=PAGE_BOUNDS) == "too-large"


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize("kind, size", [("F32", 4), ("BF16", 2)])
def test_tensors_that_overlap_are_refused(kind, size):
    """64 tensors over one megabyte would be stacked to 64 of them."""
    one = {"dtype": kind, "shape": [MIB // size // 16, 16], "data_offsets": [0, MIB]}
    header = {f"router_logits.{at}": one for at in range(64)}
    assert refusal({"a.safetensors": safetensors(header, b"\0" * MIB)}) == "too-large"


def test_tensors_of_one_storage_are_bounded_together():
    storage = np.zeros((2**17, 16), np.float32)
    data = pt([storage.view() for _ in range(40)])
    bounds = replace(PAGE_BOUNDS, unpacked_bytes=64 * MIB)
    with pytest.raises(CaptureError) as refused:
        read_bytes({"a.pt": data}, bounds=bounds)
    assert refused.value.code == "too-large"


def test_shape_that_is_empty_and_endless_is_refused():
    assert refusal({"a.npy": header_of((0, 2**62, 2**62))}) == "too-large"
    entry = {"dtype": "I32", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}
    assert refusal({"a.safetensors": safetensors({"experts": entry}, b"\0" * 64)}) == "too-large"
    header = b'{"experts":{"dtype":"I32","shape":[1e400,3,2],"data_offsets":[0,48]}}'
    assert refusal({"a.safetensors": safetensors(header, b"\0" * 64)}) == "no-routing"


def test_pickle_that_is_deep_or_shares_lists_to_seem_endless_is_refused():
    deep = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    assert refusal({"a.pt": torch_file(deep)}) == "too-large"
    pairs = b"".join(b"(h%ch%clq%c" % (at, at, at + 1) for at in range(60))  # 2 to the 60 entries
    assert refusal({"a.pt": torch_file(b"\x80\x02]q\x00" + pairs + b".")}) == "too-large"


def test_gguf_with_a_list_of_millions_of_texts_is_refused():
    entry = struct.pack("<Q", 1) + b"k" + struct.pack("<IIQ", 9, 8, 9_000_000)
    assert refusal({"a.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + entry + b"\0" * MIB}) == "too-large"


@pytest.mark.parametrize("text", ["1e400", "NaN", "-Infinity", '"1"', "null", "[]", "1.5"])
def test_number_that_is_no_id_is_refused_by_its_place(text):
    body = f'{{"choices":[{{"routed_experts":[[[{text},2]]]}}]}}'
    assert refusal({"a.json": body.encode()}) == "no-routing"


def test_long_table_that_spans_far_more_than_its_lines_is_refused():
    lines = b"token,layer,expert\n" + b"".join(b"%d,%d,1\n" % (at * 10**6, at * 10**6) for at in range(2000))
    assert refusal({"a.csv": lines}) == "too-large"


def test_few_rows_for_a_billion_tokens_are_refused():
    assert refusal({"a.csv": b"token,layer,expert\n0,0,1\n999999999,0,2\n"}) == "too-large"
    answer = vllm_answer(MADE, ids=False)
    answer["usage"] = {"prompt_tokens": 10**9, "completion_tokens": 10}
    assert refusal({"a.json": as_json(answer)}) == "too-large"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("writer", [*ENGINES, *OTHERS])
def test_file_that_is_cut_off_is_never_taken_for_whole(writer, share):
    contents = {**ENGINES, **OTHERS}[writer](MADE)
    name = max(contents, key=lambda one: len(contents[one]))
    contents[name] = contents[name][: int(share * len(contents[name]))]
    try:
        captures = read_bytes(contents, config=MADE.config)
    except CaptureError as error:
        assert error.code in ("truncated", "no-routing"), error
    else:
        told = [one.code for one in captures[0].findings if one.level != "info"]
        assert set(told) & {"missing-rows", "missing-layers", "token-count"}


@pytest.mark.parametrize("name", [path.name for path in sorted(DATA.glob("*.pt"))])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_pt_file_that_is_cut_off_is_refused(name, share):
    data = (DATA / name).read_bytes()
    assert refusal({name: data[: int(share * len(data))]}) == "truncated"


@pytest.mark.parametrize(
    "text",
    [
        {"choices": [{"index": 0, "text": "a", "routed_experts": None}]},
        {"text": "a", "meta_info": {"prompt_tokens": 3, "routed_experts": None}},
        {"physical_to_logical_map": [[0, 1], [1, 0]]},
        {"logical_count": [[0, 0], [0, 0]]},
        {"architectures": ["MixtralForCausalLM"], "num_hidden_layers": 6},
        {"error": {"message": "not found", "code": 404}},
        {},
        [],
    ],
)
def test_known_files_without_routing_are_refused_by_name(text):
    assert refusal({"a.json": as_json(text)}) == "no-routing"


@pytest.mark.parametrize(
    "text",
    [
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n",
        "num_slots: 20\ninitial_global_assignments:\n  0: [0, 1]\n",
        "ggml_debug: ffn_moe_topk-0 = (i32) VIEW(...) = {2, 8}\n [[ 1, 2, ...]]\n",
        "once upon a time\nthere was no routing\n",
        "<html><body>404</body></html>",
    ],
)
def test_texts_without_routing_are_refused(text):
    assert refusal({"a.txt": text.encode()}) == "no-routing"


def test_empty_file_is_refused():
    assert refusal({"a.json": b""}) == "truncated"


def test_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(OSError):
        read(tmp_path / "none.json")


@pytest.mark.parametrize("seed", range(8))
def test_wrong_bytes_anywhere_are_refused_or_judged_and_never_a_surprise(seed):
    dice = random.Random(seed)
    for writer in {**ENGINES, **OTHERS}.values():
        contents = writer(MADE)
        name = dice.choice(sorted(contents))
        data = bytearray(contents[name])
        for _ in range(3):
            data[dice.randrange(min(len(data), 400))] = dice.choice([0, 255, 34, 45, 57, 91, 123])
        contents[name] = bytes(data)
        try:
            captures = read_bytes(contents, config=MADE.config)
        except CaptureError:
            continue
        assert captures[0].to_json()["findings"] is not None


def test_extra_member_named_like_a_pickle_does_not_make_a_table_run():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("x/data.pkl", b"\x80\x02cos\nsystem\n.")
        out.writestr("experts.npy", npy(MADE.ids))
    assert refusal({"a.npz": archive.getvalue()}) == "unsafe-file"


def test_config_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[" * 100_000)
    (tmp_path / "a.json").write_bytes(as_json(vllm_answer(MADE)))
    with pytest.raises(CaptureError, match=r"config\.json: expected JSON"):
        read(tmp_path / "a.json")
    (tmp_path / "config.json").write_text(json.dumps([1]))
    with pytest.raises(CaptureError, match="expected an object"):
        read(tmp_path / "a.json")
