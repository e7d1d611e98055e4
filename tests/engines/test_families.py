"""Tiny random checkpoints of every family, recorded by the command, against what their experts received."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from app.__main__ import main
from app.trace import RoutingTrace
from tests.engines.experts_oracle import Sets, received
from tests.engines.tiny_families import FAMILIES, save

pytestmark = [
    pytest.mark.engines,
    pytest.mark.filterwarnings("default"),  # those of transformers are not ours
]
IDS = [5, 9, 17, 33, 64, 3, 99, 5, 12, 47, 81]
UNLIKE = {
    "jetmoe": "its experts are given sorted rows without ids; test_jetmoe_... counts them",
    "nllb-moe": "its experts module takes the mask for ids (transformers 5.24)",
    "doge": "it has no experts module; test_doge_... perturbs its experts",
}
ONE_GO = ("switch_transformers",)  # its capacity is of a whole sequence
COMPARED = sorted(set(FAMILIES) - set(UNLIKE))


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory):
    @functools.cache
    def folder(name: str) -> Path:
        return save(name, tmp_path_factory.mktemp("tiny") / name)

    return folder


def recorded(folder: Path, *more: str) -> RoutingTrace:
    """Returns the trace that the command writes on the transformers engine."""
    out = folder.with_suffix(".trace.safetensors")
    ids = ",".join(map(str, IDS))
    options = ["--token-ids", ids, "--engine", "transformers", "-o", str(out), *more]
    assert main(["record", str(folder), *options]) == 0
    return RoutingTrace.from_bytes(out.read_bytes())


def sets_of(trace: RoutingTrace) -> dict[str, Sets]:
    """Returns layer -> the experts that each row went to; drops and empty choices left out, and rows
    without any."""
    names = trace.header.model["layer_names"]
    found: dict[str, Sets] = {}
    for layer, name in enumerate(names):
        rows = []
        for token, ids in enumerate(trace.experts[:, layer].tolist()):
            dropped = [False] * len(ids) if trace.dropped is None else trace.dropped[token, layer].tolist()
            rows.append(frozenset(id for id, out in zip(ids, dropped, strict=True) if id >= 0 and not out))
        found[name] = rows
    return found


def computed(row: frozenset[int], trace: RoutingTrace) -> frozenset[int]:
    """Returns the experts of a row without zero experts, whose ids follow those of the others."""
    return frozenset(id for id in row if id < trace.header.shape.experts)


def test_oracle_covers_28_families():
    assert len(COMPARED) >= 28


@pytest.mark.parametrize("name", COMPARED)
def test_recorder_gives_the_sets_that_the_experts_received(name, folder_of):
    expected = received(folder_of(name), IDS)
    trace = recorded(folder_of(name))
    found = sets_of(trace)
    assert list(found) == list(expected)
    for layer, rows in expected.items():
        rows = [computed(row, trace) for row in rows]
        if name == "switch_transformers":
            rows = [*rows, frozenset()] if "encoder" in layer else [*[frozenset()] * len(IDS), *rows]
        assert found[layer] == rows, layer
    assert any(any(rows) for rows in expected.values())


@pytest.mark.parametrize("name", [name for name in COMPARED if name not in ONE_GO])
def test_recorder_gives_the_same_sets_token_by_token(name, folder_of):
    expected = received(folder_of(name), IDS, by_one=True)
    trace = recorded(folder_of(name), "--chunk", "1")
    assert sets_of(trace) == {
        layer: [computed(row, trace) for row in rows] for layer, rows in expected.items()
    }
    assert expected == received(folder_of(name), IDS)


@pytest.mark.parametrize("name", ["longcat_flash", "zaya"])
def test_zero_experts_are_empty_choices_without_a_tower_and_without_parameters(name, folder_of):
    trace, layers = recorded(folder_of(name)), received(folder_of(name), IDS)
    shape = trace.header.shape
    assert (shape.experts, shape.expert_size) == (8, 3 * 64 * 24)
    assert trace.scores is not None and trace.scores.shape[-1] == 8
    for layer, rows in enumerate(layers.values()):
        empty = (trace.experts[:, layer] < 0).sum(axis=-1).tolist()
        assert empty == [shape.top_k - len(computed(row, trace)) for row in rows]
    if name == "longcat_flash":
        assert any(id >= 8 for rows in layers.values() for row in rows for id in row)


def test_switch_drops_are_told_from_empty_choices(folder_of):
    trace = recorded(folder_of("switch_transformers"))
    assert trace.dropped is not None
    assert trace.dropped.any()
    assert (trace.weights[trace.dropped] == 0).all()
    assert (trace.experts[trace.dropped] >= 0).all()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("deepseek_v4", {"layer_kinds": {"0": "hash", "1": "hash"}}),
        ("longcat_flash", {"zero_experts": 3}),
        ("zaya", {"zero_experts": 1}),
        ("jetmoe", {"layer_kinds": {str(layer): "attention experts" for layer in (0, 2, 4, 6)}}),
    ],
)
def test_unusual_layers_and_experts_are_labelled(name, label, folder_of):
    model = recorded(folder_of(name)).header.model
    assert {key: model[key] for key in label} == label


@pytest.mark.parametrize("name", ["mixtral", "deepseek_v3", "jamba", "switch_transformers", "gpt_oss"])
def test_continuation_routes_the_tokens_that_generate_writes(name, folder_of):
    import torch
    import transformers

    folder = folder_of(name)
    config = transformers.AutoConfig.from_pretrained(folder)
    auto = (
        transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
    )
    model = auto.from_pretrained(folder).eval()
    written = model.generate(torch.tensor([IDS]), max_new_tokens=4, do_sample=False)[0].tolist()
    trace = recorded(folder, "--continue", "4")
    ids = [token.id for token in trace.header.tokens]
    expected = [*IDS, *written] if config.is_encoder_decoder else written
    assert ids == expected[: len(ids)]
    assert len(ids) > len(IDS)
