"""A corpus file is checked before anything is computed; errors name the line."""

import json

import pytest

from app.atlas.dataset import corpus as corpora
from app.atlas.dataset.corpus import Corpus, Document, cut_into_parts
from app.atlas.dataset.manifest import AtlasError


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_corpus_has_texts_labels_and_the_number_of_documents_without_a_label(tmp_path):
    found = Corpus.open(
        write(
            tmp_path / "texts.jsonl",
            json.dumps({"text": "a", "domain": "x", "language": "fr", "other": 3}),
            "",
            json.dumps({"text": "b", "domain": "y"}),
            json.dumps({"text": "c", "domain": None}),
        )
    )
    assert found.documents == 3
    assert found.unlabelled == {"domain": 1, "language": 2}
    assert [document.labels for document in found] == [{"domain": "x", "language": "fr"}, {"domain": "y"}, {}]
    assert [document.number for document in found] == [0, 1, 2]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "expected at least one line"),
        (['{"text": "a"}', "{"], "line 2: expected a JSON object"),
        (["", '{"text": "a"}', "", "{"], "line 4: expected a JSON object"),
        (["[1]"], "line 1: text: expected characters"),
        (['{"text": ""}'], "line 1: text: expected characters, got ''"),
        (['{"text": 5}'], "line 1: text: expected characters, got '5'"),
        (['{"text": "a", "domain": 5}'], "line 1: domain: expected a string, got '5'"),
        (["[" * 100_000], "line 1: expected a JSON object"),
    ],
)
def test_corpus_that_cannot_be_used_is_refused_by_line(tmp_path, lines, message):
    with pytest.raises(AtlasError, match=message):
        Corpus.open(write(tmp_path / "texts.jsonl", *lines))


def test_corpus_refuses_a_line_without_an_end_before_it_is_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "LINE_BYTES", 100)
    with pytest.raises(AtlasError, match="line 1: expected at most 100 bytes"):
        Corpus.open(write(tmp_path / "texts.jsonl", json.dumps({"text": "a" * 200})))


def test_corpus_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(AtlasError, match=r"nope.jsonl: expected a file of texts"):
        Corpus.open(tmp_path / "nope.jsonl")


def test_parts_end_by_size_or_count_and_hold_every_document_once(monkeypatch):
    monkeypatch.setattr(corpora, "PART_CHARS", 10)
    monkeypatch.setattr(corpora, "PART_DOCUMENTS", 3)
    sizes = [4, 4, 4, 20, 1, 1, 1, 1]
    documents = [Document(number, text="x" * size) for number, size in enumerate(sizes)]
    parts = list(cut_into_parts(documents))
    assert [[document.number for document in part] for part in parts] == [[0, 1, 2], [3], [4, 5, 6], [7]]
    assert cut_into_parts([Document(0, ids=(1, 2, 3))]).__next__()[0].size == 12
