"""`moescope record` on the embedded engine, and which engine is chosen; needs no extra."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from app.__main__ import main
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.engines import registry
from app.sources.engines.engine_error import EngineRefusal
from app.sources.engines.recorder import LayerMap, LayerRecord, steps_of
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace

TRIO = ROOT / "models" / "trio-16"


def recorded(tmp_path, *options: str, model=TRIO) -> RoutingTrace:
    out = tmp_path / "trace.safetensors"
    assert main(["record", str(model), "-o", str(out), *options]) == 0
    return RoutingTrace.from_bytes(out.read_bytes())


def test_recorded_prompt_is_the_trace_of_the_page(tmp_path):
    trace = recorded(tmp_path, "--prompt", "The cat sat on the mat.")
    sources = SourceRegistry(load_scenarios(Settings().scenarios), ROOT / "models")
    request = sources.parse({"source": "live", "model": "trio-16", "prompt": "The cat sat on the mat."})
    page = sources.open(request).trace()
    assert trace.header.tokens == page.header.tokens
    assert (np.sort(trace.experts) == np.sort(page.experts)).all()
    assert np.allclose(trace.logits, page.logits, atol=1e-5)


@pytest.mark.parametrize("chunk", ["1", "3"])
def test_pieces_of_a_prompt_give_the_same_choices(tmp_path, chunk):
    whole = recorded(tmp_path, "--token-ids", "5,9,17,33,64,3,99")
    pieces = recorded(tmp_path, "--token-ids", "5,9,17,33,64,3,99", "--chunk", chunk)
    assert (whole.experts == pieces.experts).all()


def test_continuation_has_its_tokens_and_their_routing(tmp_path):
    trace = recorded(tmp_path, "--prompt", "The cat sat on the", "--continue", "4")
    assert len(trace.experts) == len(trace.header.tokens)
    assert trace.header.origin["continue"] == 4
    assert trace.header.origin["prompt_tokens"] == len(trace.header.tokens) - 4


def test_chat_is_written_by_the_template_of_the_model(tmp_path):
    folder = tmp_path / "chatty"
    shutil.copytree(TRIO, folder)
    (folder / "chat_template.jinja").write_text(
        "{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}"
    )
    chat = tmp_path / "chat.json"
    chat.write_text(json.dumps({"messages": [{"role": "user", "content": "Hello"}]}))
    trace = recorded(tmp_path, "--chat", str(chat), model=folder)
    assert "".join(token.text for token in trace.header.tokens).strip() == "user: Hello"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--token-ids", "1,x"], "--token-ids: expected whole numbers"),
        (["--token-ids", "4096"], "expected 0 to 4095, got 4096"),
        (["--prompt", ""], "expected 1 token at least, got 0"),
        (["--token-ids", "1", "--continue", "99999"], "expected 32,768 tokens at most"),
        (["--token-ids", "1", "--chunk", "0"], "got 0 and 0"),
        (["--token-ids", "1", "--alter", "10.1-off"], "alter"),
        (["--token-ids", "1", "--engine", "llama.cpp"], "expected one that runs a checkpoint"),
        (["--token-ids", "1", "--engine", "server"], "ENGINES="),
    ],
)
def test_bad_requests_get_a_sentence_and_no_file(tmp_path, capsys, options, message):
    out = tmp_path / "trace.safetensors"
    assert main(["record", str(TRIO), "-o", str(out), *options]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_engine_that_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch):
    folder = tmp_path / "other"
    shutil.copytree(TRIO, folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "deepseek_v9"}))
    monkeypatch.setattr(registry.Engine, "installed", False)
    monkeypatch.setattr(registry, "ENGINES", registry.ENGINES[1:])
    with pytest.raises(EngineRefusal, match=r"pip install 'moescope\[transformers\]'"):
        registry.open_model(str(folder))


def test_numpy_runs_what_it_can_and_alterations_are_kept(tmp_path):
    trace = recorded(tmp_path, "--token-ids", "5,9,17", "--alter", "3.5-off_4.1-force")
    assert trace.header.origin["engine"] == "numpy"
    assert trace.header.origin["alter"] == "3.5-off_4.1-force"
    assert not (trace.experts[:, 2] == 5).any()
    assert (trace.experts[:, 3] == 1).any(axis=-1).all()


def record_of(name: str, **columns) -> LayerRecord:
    values = {"experts": [[1, 0]], "weights": [[0.25, 0.75]], **columns}
    return LayerRecord(name, **{key: np.array(value) for key, value in values.items()})


def test_choices_are_in_order_of_weight_and_layers_that_are_absent_are_empty():
    first, second = record_of("a", scores=[[0.7, 0.2, 0.1]]), record_of("b", scores=[[0.3, 0.7]])
    layers = LayerMap.of([first, second])
    (step,) = steps_of({"a": first}, layers, 1)
    assert step.experts.tolist() == [[0, 1], [-1, -1]]
    assert step.weights.tolist() == [[0.75, 0.25], [0.0, 0.0]]
    assert step.scores is not None and step.scores.shape == (2, 3)


def test_choices_of_zero_experts_are_empty_and_their_scores_are_left_out():
    scores = [[0.1, 0.4, 0.1, 0.2, 0.2], [0.1, 0.1, 0.2, 0.3, 0.3]]
    record = record_of("a", experts=[[3, 1], [4, 3]], weights=[[0.2, 0.4], [0.3, 0.3]], scores=scores)
    layers = LayerMap.of([record], computed=3, zeros=2)
    one, other = steps_of({"a": record}, layers, 2)
    assert one.experts.tolist() == [[1, -1]] and other.experts.tolist() == [[-1, -1]]
    assert one.weights.tolist() == [[np.float32(0.4), 0]] and other.weights.tolist() == [[0, 0]]
    assert one.scores is not None and one.scores.tolist() == np.float32([scores[0][:3]]).tolist()
    assert layers.labels() == {"zero_experts": 2}


def test_engine_without_scores_gives_none():
    record = record_of("a")
    layers = LayerMap.of([record])
    (step,) = steps_of({"a": record}, layers, 1)
    assert step.scores is None and step.logits is None


def test_number_that_is_none_names_layer_and_row():
    record = record_of("model.layers.3.mlp", logits=[[0.1, np.nan]])
    layers = LayerMap.of([record])
    with pytest.raises(ValueError, match=r"got nan in layer 0 \(model\.layers\.3\.mlp\), row 0"):
        steps_of({record.name: record}, layers, 1)
