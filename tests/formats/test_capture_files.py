"""Files written by other programs: torch, gguf, pyarrow, safetensors."""

from __future__ import annotations

import io
from pathlib import Path

import gguf
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save

from app.formats.read import read, read_bytes
from app.formats.texts import load_decoder
from tests.formats.made_routings import deepseek, make, mixtral

DATA = Path(__file__).parents[1] / "data" / "formats"
TOKENIZER = Path(__file__).parents[2] / "models" / "trio-16" / "tokenizer.json"
TRIO = mixtral()  # 6 layers, 16 experts, k 2, as trio-16


def test_view_with_strides_and_an_offset_is_read_as_torch_reads_it():
    strided, legacy = (
        read(DATA / f"pt-{name}-trio-16.pt", config=TRIO)[0] for name in ("strided-view", "legacy")
    )
    assert strided.ids.shape == (56, 6, 2) and strided.ids.max() < 16
    assert np.array_equal(strided.ids, legacy.ids)


def test_file_in_the_format_before_torch_1_6_is_read():
    capture = read(DATA / "pt-legacy-trio-16.pt", config=TRIO)[0]
    assert capture.format == "pt-hook" and capture.findings == ()
    np.testing.assert_allclose(capture.weights.sum(-1), 1, atol=2e-3)


def test_bfloat16_logits_choose_the_same_experts():
    capture = read(DATA / "transformers-dict-bf16-trio-16.pt", config=TRIO)[0]
    known = read(DATA / "pt-legacy-trio-16.pt", config=TRIO)[0]
    best = np.argsort(-capture.logits, axis=-1, kind="stable")[..., :2]
    assert (np.sort(best) == np.sort(known.ids)).mean() > 0.99


def test_physical_experts_are_brought_to_logical_ones_by_the_map_of_the_file():
    capture = read(DATA / "sglang-recorder-pertoken-eplb-trio-16.pt", config=TRIO)[0]
    known = read(DATA / "pt-legacy-trio-16.pt", config=TRIO)[0]
    assert np.array_equal(capture.ids[:55], known.ids[:55]) and capture.experts == 16
    assert any("rebalance" in note for note in capture.notes)


def test_tokenizer_gives_tokens_texts_that_join_to_the_whole():
    decode = load_decoder(TOKENIZER)
    path = DATA / "sglang-recorder-pertoken-eplb-trio-16.pt"
    capture = read(path, config=TRIO, decode=decode)[0]
    assert "".join(token.text for token in capture.tokens[:44]).startswith("Le café coûte 3 €")
    assert "🙂" in "".join(token.text for token in capture.tokens)


def test_counts_of_a_gguf_that_the_package_gguf_wrote_are_read(tmp_path):
    path = tmp_path / "imatrix.gguf"
    writer = gguf.GGUFWriter(path, "")
    writer.add_string("general.type", "imatrix")
    writer.add_array("imatrix.datasets", ["a.txt", "b.txt"])
    counts = np.random.default_rng(0).integers(0, 50, (4, 8)).astype(np.float32)
    counts[:, 0] += 400 - counts.sum(axis=1)
    for layer in range(4):
        writer.add_tensor(f"blk.{layer}.attn_q.weight.counts", np.full((1, 1), 200, np.float32))
        for part in ("gate", "up", "down"):
            writer.add_tensor(f"blk.{layer}.ffn_{part}_exps.weight.counts", counts[layer][:, None])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    capture = read(path)[0]
    assert np.array_equal(capture.counts[0], counts) and capture.layers == (0, 1, 2, 3)
    assert (capture.k, capture.counted_passes, capture.findings) == (2, 200, ())


def test_parquet_with_lists_in_cells_is_read():
    made = make(deepseek(9, 2, 32, 4), 20, 15)
    cells = [(token, layer, at) for token in range(20) for at, layer in enumerate(made.moe)]
    table = pa.table(
        {
            "token": [token for token, _, _ in cells],
            "layer": [layer for _, layer, _ in cells],
            "experts": [made.ids[token, at].tolist() for token, _, at in cells],
            "weights": [made.weights[token, at].tolist() for token, _, at in cells],
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    capture = read_bytes({"rows.parquet": out.getvalue()}, config=made.config)[0]
    assert np.array_equal(capture.ids, made.ids) and capture.layers == made.moe and capture.findings == ()


@pytest.mark.parametrize("name", ["router_logits.{}", "model.layers.{}.mlp.gate", "layer_{}"])
def test_safetensors_with_one_tensor_a_layer_is_read(name):
    made = make(mixtral(), 20, 15)
    tensors = {name.format(at): np.ascontiguousarray(made.logits[:, at]) for at in range(6)}
    capture = read_bytes({"a.safetensors": save(tensors)}, config=made.config)[0]
    assert np.array_equal(capture.logits, made.logits) and capture.layers == made.moe
