"""Conversion of trace files to an atlas: one document per trace, all of one model."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.atlas.answers import ANSWERS, answer
from app.atlas.dataset.manifest import AtlasError
from app.atlas.dataset.queries import Atlas
from app.atlas.recording.convert import convert, hashed
from app.trace import RoutingTrace
from tests.metrics.routings import choices
from tests.trace_factory import trace_of


def read(path):
    """Returns one trace per file; an empty file has none."""
    data = path.read_bytes()
    return [RoutingTrace.from_bytes(data)] if data else []


def files(tmp_path, count=3, n=8):
    paths = []
    for number in range(count):
        trace = trace_of(choices(np.random.default_rng(number), 5 + number, 2, n, 2), n)
        path = tmp_path / f"{number}.safetensors"
        path.write_bytes(trace.to_bytes())
        paths.append(path)
    return paths


def test_each_trace_becomes_a_document_with_its_choices(tmp_path):
    paths = files(tmp_path)
    known = convert(tmp_path / "out", paths, read)
    assert (known.documents, known.complete) == (3, True)
    found = Atlas(tmp_path / "out")
    for number, path in enumerate(paths):
        (trace,) = read(path)
        for layer in range(2):
            rows = found.ask(
                "select experts from routing where doc = ? and layer = ? order by position", number, layer
            )
            chosen = [[e for e in row if e >= 0] for row in trace.experts[:, layer].tolist()]
            assert [list(row) for row in rows["experts"]] == chosen


def test_tokens_without_an_id_get_one_from_their_text(tmp_path):
    convert(tmp_path / "out", files(tmp_path, 1), read)
    assert Atlas(tmp_path / "out").token_texts[hashed("t3")] == "t3"


def test_conversion_goes_on_after_the_files_that_are_done(tmp_path):
    paths = files(tmp_path)

    def fail_at_the_third(path):
        if path == paths[2]:
            raise KeyboardInterrupt
        return read(path)

    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "out", paths, fail_at_the_third)
    assert Atlas(tmp_path / "out").manifest.documents == 2
    seen = []
    convert(tmp_path / "out", paths, lambda path: [*map(seen.append, [path]), *read(path)][1:])
    assert seen == [paths[0], paths[2]]  # the first one says which model it is
    assert Atlas(tmp_path / "out").tokens == 5 + 6 + 7


def test_files_of_two_models_are_refused_by_name_and_the_first_stay(tmp_path):
    paths = [*files(tmp_path, 2), tmp_path / "other.safetensors"]
    paths[-1].write_bytes(trace_of(choices(np.random.default_rng(9), 4, 2, 6, 2), 6).to_bytes())
    with pytest.raises(AtlasError, match=r"other.safetensors: model: expected \('made', 2, 8\)"):
        convert(tmp_path / "out", paths, read)
    assert Atlas(tmp_path / "out").manifest.documents == 2


def test_no_files_or_a_file_without_a_trace_are_refused(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    for paths, message in (
        ([], "files: expected at least one"),
        ([tmp_path / "empty"], "empty: expected at least"),
    ):
        with pytest.raises(AtlasError, match=message):
            convert(tmp_path / "out", paths, read)
    with pytest.raises(AtlasError, match="empty: expected at least one trace"):
        convert(tmp_path / "out", [*files(tmp_path, 1), tmp_path / "empty"], read)


def test_selection_bias_counts_in_the_margin(tmp_path):
    scores = np.array([[[0.5, 0.4, 0.1]]])
    trace = trace_of([[[1]]], 3, scores=scores)
    trace = replace(trace, header=replace(trace.header, bias=np.array([[0, 0.3, 0]], np.float32)))
    path = tmp_path / "a.safetensors"
    path.write_bytes(trace.to_bytes())
    convert(tmp_path / "out", [path], read)
    (margin,) = Atlas(tmp_path / "out").ask("select margin from routing")["margin"]
    assert margin == pytest.approx(0.2, abs=1e-3)


def test_trace_of_ids_alone_has_no_weights_and_is_asked_without_them(tmp_path):
    trace = trace_of(choices(np.random.default_rng(0), 60, 2, 8, 2), 8)
    trace = replace(trace, header=replace(trace.header, origin={**trace.header.origin, "ids_only": True}))
    path = tmp_path / "a.safetensors"
    path.write_bytes(trace.to_bytes())
    assert not convert(tmp_path / "out", [path], read).has_weights
    found = Atlas(tmp_path / "out")
    assert not found.has_weights
    assert found.load[1].sum() == 0
    for question in ANSWERS:
        json.dumps(answer(found, question, {"layer": "0", "expert": "1", "devices": "2"}), allow_nan=False)
    assert answer(found, "overview", {})["ids_only"]
    with pytest.raises(ValueError, match="by: expected one of frequency for this atlas"):
        answer(found, "pruning", {"by": "gate_mass"})


def test_weight_that_float16_cannot_hold_is_refused_by_its_place(tmp_path):
    """One that is no number at all is refused by the trace itself."""
    good, bad = (read(path)[0] for path in files(tmp_path, 2))
    weights = bad.weights.copy()
    weights[2, 1, 0] = 1e6
    traces = {"a": good, "b": replace(bad, weights=weights)}
    paths = [tmp_path / name for name in traces]
    for path in paths:
        path.touch()
    with pytest.raises(AtlasError, match=r"document 1: weights: .* at token 2, layer 1"):
        convert(tmp_path / "out", paths, lambda path: [traces[path.name]])
    assert Atlas(tmp_path / "out").manifest.documents == 1  # what was written before stays
    with pytest.raises(ValueError, match=r"trace\.weights: expected finite numbers"):
        replace(bad, weights=weights * np.nan)


def test_corpus_of_one_document_answers_every_question_without_a_claim(tmp_path):
    convert(tmp_path / "out", files(tmp_path, 1), read)
    found = Atlas(tmp_path / "out")
    query = {"layer": "0", "expert": "0", "devices": "2"}
    for question in ANSWERS:
        json.dumps(answer(found, question, query), allow_nan=False)
    page = answer(found, "expert", query)
    assert page["sentence"]["finding"] is None and page["documents"] <= 1
    assert all((each["low"], each["high"]) == (0.0, 1.0) for each in page["findings"] if page["documents"])
