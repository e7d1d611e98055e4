"""Every question against a slow loop over the rows."""

from collections import Counter

import numpy as np
import pytest

from app.atlas.dataset.corpus import Corpus
from app.metrics.counts import expert_counts, mass_counts


def test_load_from_the_summary_is_that_of_the_rows_in_sql_and_in_numpy(atlas, whole):
    assigned, mass = atlas.load
    np.testing.assert_array_equal(assigned, expert_counts(whole["experts"], 6))
    np.testing.assert_allclose(mass, mass_counts(whole["experts"], whole["weights"], 6), rtol=1e-6)
    found = atlas.ask(
        "select layer, expert, count(*) n "
        "from (select layer, unnest(experts) expert from routing) group by all"
    )
    for layer, expert, n in zip(found["layer"], found["expert"], found["n"], strict=True):
        assert assigned[layer, expert] == n
    np.testing.assert_array_equal(atlas.load_by_part.sum(axis=0), assigned)
    assert len(atlas.load_by_part) == len(atlas.manifest.parts) == 3


def test_tokens_of_an_expert_are_those_of_a_loop(atlas, whole):
    for layer, expert in ((0, 1), (2, 5)):
        slow = Counter(
            id
            for id, row in zip(whole["ids"].tolist(), whole["experts"][:, layer], strict=True)
            if expert in row
        )
        found = atlas.top_tokens(layer, expert)
        assert {id: int(n) for id, n in enumerate(found) if n} == dict(slow)
    assert {id: int(n) for id, n in enumerate(atlas.occurrences) if n} == dict(Counter(whole["ids"].tolist()))


def test_documents_of_an_expert_are_those_of_a_loop(atlas, whole):
    slow = Counter(
        doc for doc, row in zip(whole["doc"].tolist(), whole["experts"][:, 1], strict=True) if 2 in row
    )
    assert {doc: int(n) for doc, n in enumerate(atlas.by_document(1, 2)) if n} == dict(slow)


def test_sharpest_tokens_are_those_with_the_largest_weight(atlas, whole):
    own = whole["weights"][:, 1][whole["experts"][:, 1] == 2]
    found = [row["w"] for row in atlas.sharpest(1, 2, 5, 1000)]
    np.testing.assert_allclose(found, np.sort(own)[::-1][:5])
    ids = [row["token_id"] for row in atlas.sharpest(1, 2, 50, 1)]
    assert len(ids) == len(set(ids)) > 5


def test_pairs_and_transitions_are_those_of_a_loop(atlas, whole):
    together, onward = np.zeros((6, 6), int), np.zeros((6, 6), int)
    for token in whole["experts"].tolist():
        for a in token[0]:
            for b in token[0]:
                together[a, b] += a != b
            for b in token[1]:
                onward[a, b] += 1
    np.testing.assert_array_equal(atlas.coactivation(0), together)
    np.testing.assert_array_equal(atlas.transitions(0), onward)


def test_labels_count_the_tokens_of_their_documents(atlas, texts, routes):
    slow = Counter()
    for document in Corpus.open(texts):
        slow[document.labels.get("domain", "")] += len(routes.encode(document.text))
    assert atlas.tokens_by_label("domain") == dict(slow)
    assert atlas.manifest.corpus["unlabelled"] == {"domain": 10}


def test_ids_of_a_document_spell_its_text(atlas, texts, routes):
    document = list(Corpus.open(texts))[7]
    assert routes.opened.checkpoint.tokenizer.join(atlas.document_ids(7)) == document.text


def test_trace_for_a_simulation_takes_the_first_tokens_of_each_part(atlas, whole):
    rows = atlas.trace(30)
    assert rows.shape == (30, 3, 2)
    np.testing.assert_array_equal(rows[:10], whole["experts"][:10])


def test_classes_and_positions_of_served_tokens_belong_to_their_rows(atlas, whole):
    docs, classes, ids, positions = atlas.served(2, 3)
    mine = (whole["experts"][:, 2] == 3).any(axis=1)
    assert Counter(zip(docs.tolist(), positions.tolist(), ids.tolist(), strict=True)) == Counter(
        zip(
            whole["doc"][mine].tolist(),
            whole["position"][mine].tolist(),
            whole["ids"][mine].tolist(),
            strict=True,
        )
    )
    assert sum(atlas.class_tokens.values()) == atlas.tokens == atlas.bucket_tokens.sum()
    assert set(classes) <= set(atlas.class_tokens)


def test_question_outside_the_files_is_an_error_of_the_atlas(atlas):
    with pytest.raises(ValueError, match="expected Parquet files that can be read"):
        atlas.ask("select nothing from routing")
