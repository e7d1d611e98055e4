"""Every sample of a folder of captures with a manifest, where one is there: shapes, texts and findings.

The folder is named by MOESCOPE_CAPTURES, or lies beside the checkout as `shared/captures`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.formats.read import read
from app.formats.texts import load_decoder

ROOT = Path(__file__).parents[2]
FOLDERS = [
    os.environ.get("MOESCOPE_CAPTURES"),
    *(up / "shared" / "captures" for up in (ROOT, *ROOT.parents[:2])),
]
FOLDER = next((Path(one) for one in FOLDERS if one and (Path(one) / "manifest.json").is_file()), None)
ENTRIES: list[dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())["files"] if FOLDER else []
NAMES = {"tokens": "tokens", "rows": "rows", "layers": "layers", "experts": "experts", "k": "k"}
UNKNOWABLE = {"llamacpp-moe-trace-txt": {"tokens"}}  # the prompt was never written

pytestmark = pytest.mark.skipif(FOLDER is None, reason="no folder of samples")


@pytest.fixture(scope="module")
def decode():
    return load_decoder(ROOT / "models" / "trio-16" / "tokenizer.json")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_sample_is_read_as_the_manifest_states(entry):
    capture = read(FOLDER / entry["path"], config=FOLDER / entry["config"])[0]
    found, expected = capture.to_json(), entry["expected"]
    for name in set(NAMES) - UNKNOWABLE.get(entry["format"], set()):
        assert found[name] == expected[name], name
    assert (found["format"], found["kind"]) == (entry["format"], entry["kind"])
    assert (found["weights"], found["scores"]) == (expected["has_weights"], expected["has_logits"])
    assert found["choices"] == len(entry.get("choices") or entry.get("ranks") or [0])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_sample_has_exactly_the_findings_of_the_manifest(entry):
    for capture in read(FOLDER / entry["path"], config=FOLDER / entry["config"])[:1]:
        told = sorted((one.code, one.level) for one in capture.findings)
        assert told == sorted((one["code"], one["level"]) for one in entry["findings"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_sample_says_its_text_once_a_tokenizer_is_there(entry, decode):
    text = entry["expected"]["text"]
    if text is not None:
        capture = read(FOLDER / entry["path"], config=FOLDER / entry["config"], decode=decode)[0]
        assert capture.text is not None and text in capture.text


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["path"])
def test_sample_holds_the_routing_that_it_was_made_of(entry):
    truth = np.load(FOLDER / entry["truth"])
    capture = read(FOLDER / entry["path"], config=FOLDER / entry["config"])[0]
    if capture.kind == "counts":
        rows = truth["experts"][:55]
        counts = [np.bincount(rows[:, layer].ravel(), minlength=16) for layer in range(6)]
        assert np.array_equal(capture.counts.sum(axis=0), counts)
        return
    rows = np.flatnonzero(capture.routed)
    first = entry.get("first_row_is_token", rows[0])
    rows = rows + first - rows[0]
    if capture.ids is not None:
        sort = np.sort if entry["format"] == "routing-text-v1" else np.asarray
        assert np.array_equal(capture.ids[capture.routed], sort(truth["experts"][rows]))
    if capture.logits is not None:
        np.testing.assert_allclose(
            capture.logits[capture.routed], truth["logits"][rows], rtol=2**-7, atol=4e-6
        )
    if capture.weights is not None:
        np.testing.assert_allclose(capture.weights[capture.routed], truth["weights"][rows], atol=3e-4)
