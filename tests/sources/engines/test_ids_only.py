"""Engines that give ids alone: recorded answers of SGLang and of vLLM's own switch."""

import base64
import copy
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.settings import ROOT
from app.sources.engines.cluster import Cluster, EngineError
from app.sources.engines.cluster.ask import Ask
from app.sources.engines.cluster.vllm_routed_experts import npy
from app.trace import RoutingTrace
from tests.sources.engines.scripted_engine import ScriptedEngine, says, scripted

DATA = Path(__file__).parents[2] / "data" / "engines"
TRUTH = json.loads((DATA / "truth.json").read_text())
SGLANG = json.loads((DATA / "sglang-generate-trio-16.json").read_text())
VLLM = json.loads((DATA / "vllm032-completions-trio-16.json").read_text())
ASK = Ask(TRUTH["prompt"], more=11)  # the twelfth token has no routing
TRIO = ROOT / "models" / "trio-16"
ROUTES = {"sglang": "/generate", "vllm": "/v1/completions"}
ANSWERS = {"sglang": SGLANG, "vllm": VLLM}


@contextmanager
def engine(owner: str, answer, config: Path | None = TRIO) -> Iterator[tuple[Cluster, ScriptedEngine]]:
    models = says({"object": "list", "data": [{"id": "trio-16", "owned_by": owner}]})
    with scripted({"/v1/models": models, ROUTES.get(owner, "/"): says(answer)}) as server:
        cluster = Cluster([replace(server.address, config=config)])
        try:
            yield cluster, server
        finally:
            cluster.stop()


def trace_of(cluster: Cluster, ask: Ask = ASK) -> RoutingTrace:
    made = cluster.open("cpu", ask)
    return RoutingTrace.from_steps(made.header, made.steps())


@pytest.mark.parametrize("owner", ANSWERS)
def test_recorded_answer_becomes_the_true_routing_without_scores(owner):
    with engine(owner, ANSWERS[owner]) as (cluster, _):
        trace = trace_of(cluster)
    assert [token.id for token in trace.header.tokens] == TRUTH["tokens"][:-1]
    assert trace.experts.tolist() == TRUTH["experts"][:-1]
    assert (trace.weights == 0.5).all()
    assert trace.logits is None
    assert trace.header.origin["badge"] == "IDS ONLY"
    assert trace.header.origin["ids_only"] is True
    assert trace.header.model["router"] == "topk_norm"


@pytest.mark.parametrize("owner", ANSWERS)
def test_prompt_alone_leaves_the_sampled_token_out(owner):
    with engine(owner, ANSWERS[owner]) as (cluster, _):
        trace = trace_of(cluster, replace(ASK, more=0))
    assert len(trace.header.tokens) == TRUTH["prompt_tokens"]


def test_engine_is_given_the_ids_of_the_prompt():
    ids = TRUTH["tokens"][: TRUTH["prompt_tokens"]]
    with engine("sglang", SGLANG) as (cluster, server):
        trace_of(cluster)
        (body,) = server.asked
    assert body["input_ids"] == ids
    assert body["return_routed_experts"] is True
    assert body["sampling_params"] == {"max_new_tokens": 12, "temperature": 0.0}
    with engine("vllm", VLLM) as (cluster, server):
        trace_of(cluster)
        (body,) = server.asked
    assert (body["prompt"], body["max_tokens"], body["return_token_ids"]) == (ids, 12, True)


def test_engine_without_a_config_asks_for_it_by_name():
    with engine("sglang", SGLANG, config=None) as (cluster, _), pytest.raises(EngineError) as error:
        trace_of(cluster)
    assert error.value.code == "config"
    assert "ENGINE_CONFIG_CPU" in str(error.value)


def test_server_of_another_kind_is_refused():
    with engine("ollama", {}) as (cluster, _), pytest.raises(EngineError, match="a server of 'ollama'"):
        trace_of(cluster)


def without_routing(owner):
    changed = copy.deepcopy(ANSWERS[owner])
    (changed["meta_info"] if owner == "sglang" else changed["choices"][0])["routed_experts"] = None
    return changed


@pytest.mark.parametrize("owner", ANSWERS)
def test_engine_whose_switch_is_off_is_told_which_one(owner):
    with engine(owner, without_routing(owner)) as (cluster, _), pytest.raises(EngineError) as error:
        trace_of(cluster)
    assert error.value.code == "no-routing"
    assert "--enable-return-routed-experts" in str(error.value)


def sglang_with(ids: np.ndarray | bytes):
    data = ids if isinstance(ids, bytes) else ids.astype("<i4").tobytes()
    changed = copy.deepcopy(SGLANG)
    changed["meta_info"]["routed_experts"] = base64.b64encode(data).decode()
    return changed


IDS = np.array(TRUTH["experts"])[:-1]
FAULTS = {
    "a row too few": (sglang_with(IDS[:-1]), "ids of [54, 6, 2]"),
    "no whole rows": (sglang_with(b"\0" * 50), "50 bytes of ids"),
    "out of range": (sglang_with(IDS + 1), "expert 16"),
    "all zero": (sglang_with(IDS * 0), "all experts 0 in row 0"),
    "no tokens": ({**SGLANG, "output_ids": []}, "token_ids []"),
    "no object": ([SGLANG], "an answer with meta_info"),
}


@pytest.mark.parametrize(("answer", "said"), FAULTS.values(), ids=FAULTS)
def test_answer_that_cannot_be_routing_is_told_in_a_sentence(answer, said):
    with engine("sglang", answer) as (cluster, _), pytest.raises(EngineError) as error:
        trace_of(cluster)
    assert said in str(error.value)


def npy_bytes(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_npy_in_either_order_is_read():
    array = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    assert npy("cpu", npy_bytes(array)).tolist() == array.tolist()
    assert npy("cpu", npy_bytes(np.asfortranarray(array))).tolist() == array.tolist()


def huge() -> bytes:
    """Returns a header that announces far more than there is."""
    file = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 6, 2)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + b"\0" * 10


NPY_FAULTS = {
    "objects": npy_bytes(np.empty((1, 1, 1), object), allow_pickle=True),
    "floats": npy_bytes(np.zeros((2, 2, 2))),
    "two axes": npy_bytes(np.zeros((2, 2), np.uint8)),
    "huge": huge(),
    "cut short": npy_bytes(np.zeros((2, 2, 2), np.uint8))[:-1],
    "nothing": b"",
    "not npy": b"hello world, this is no array",
}


@pytest.mark.parametrize("data", NPY_FAULTS.values(), ids=NPY_FAULTS)
def test_npy_that_is_no_ids_is_refused(data):
    with pytest.raises(EngineError):
        npy("cpu", data)
