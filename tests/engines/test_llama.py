"""llama.cpp on a GGUF of a shipped model, against the numpy forward on the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llama_cpp")
pytest.importorskip("gguf")

from app.__main__ import main
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.engines.engine_error import EngineRefusal
from app.sources.engines.engine_trace import EngineTrace
from app.sources.engines.registry import open_model
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace
from tests.engines.write_gguf import write_gguf

pytestmark = pytest.mark.engines
TRIO = ROOT / "models" / "trio-16"
TEXT = "The cat sat on the mat, and then the rain began to fall over the old town."


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(TRIO, tmp_path_factory.mktemp("gguf") / "trio-16.gguf")


def recorded(model: Path, out: Path, *options: str) -> RoutingTrace:
    assert main(["record", str(model), "-o", str(out), *options]) == 0
    return RoutingTrace.from_bytes(out.read_bytes())


def in_order(trace: RoutingTrace) -> np.ndarray:
    return np.sort(trace.experts, axis=-1)


@pytest.mark.parametrize("options", [(), ("--chunk", "1"), ("--chunk", "5")], ids=str)
def test_llama_gives_the_experts_of_the_numpy_forward(gguf_file, tmp_path, options):
    theirs = recorded(gguf_file, tmp_path / "theirs.safetensors", "--prompt", TEXT, *options)
    ours = recorded(TRIO, tmp_path / "ours.safetensors", "--prompt", TEXT)
    assert [token.id for token in theirs.header.tokens] == [token.id for token in ours.header.tokens]
    assert (in_order(theirs) == in_order(ours)).all()
    assert theirs.logits is not None and ours.logits is not None
    assert np.abs(theirs.logits - ours.logits).max() < 5e-3  # its cache of keys and values is float16
    assert np.abs(theirs.weights - ours.weights).max() < 2e-3
    assert theirs.header.origin["engine"] == "llama.cpp"
    assert theirs.header.origin["stored"] == "llama all F32"


def test_llama_writes_the_tokens_of_the_numpy_forward(gguf_file, tmp_path):
    theirs = recorded(gguf_file, tmp_path / "theirs.safetensors", "--prompt", TEXT, "--continue", "5")
    ours = recorded(TRIO, tmp_path / "ours.safetensors", "--prompt", TEXT, "--continue", "5")
    assert theirs.header.tokens[-5:] == ours.header.tokens[-5:]
    assert (in_order(theirs) == in_order(ours)).all()


def test_page_offers_the_file_and_says_what_comes_next(gguf_file):
    sources = SourceRegistry(load_scenarios(Settings().scenarios), gguf_file.parent)
    (listed,) = sources.model_infos()
    assert (listed["name"], listed["engine"], listed["experts"]) == ("trio-16", "llama.cpp", 16)
    request = sources.parse({"source": "live", "model": "trio-16", "prompt": TEXT})
    trace = sources.open(request).trace()
    found, _ = sources.live.predict(request, trace.header.tokens)
    ours = open_model(str(TRIO)).predict(trace.header.tokens, ())
    assert (np.sort(ours.experts) == in_order(trace)).all()
    assert (found.next.ids[:, 0] == ours.next.ids[:, 0]).all()
    assert abs(found.next.mean_loss - ours.next.mean_loss) < 1e-3


def test_llama_records_more_tokens_than_one_part_of_a_batch(gguf_file):
    model = open_model(str(gguf_file))
    tokens = tuple(model.token(int(id)) for id in np.random.default_rng(0).integers(1, 4000, 700))
    steps = list(EngineTrace(model, tokens).steps())
    assert len(steps) == 700
    assert all((step.experts >= 0).all() for step in steps)


def test_llama_refuses_a_file_that_is_cut_off(gguf_file, tmp_path):
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(gguf_file.read_bytes()[:5000])
    with pytest.raises(EngineRefusal, match="cannot load it"):
        open_model(str(cut))


def test_llama_refuses_a_token_that_the_file_does_not_have(gguf_file):
    with pytest.raises(EngineRefusal, match="expected 0 to 4095, got 4096"):
        open_model(str(gguf_file)).token(4096)
