"""A text routed now, compared with the corpus."""

import json

import numpy as np
import pytest

from app.atlas.questions.live_text import against_corpus
from app.atlas.sent import routing_of_body


def test_share_of_a_token_is_that_of_its_kind_with_the_same_experts(atlas, whole):
    ids, experts = whole["ids"][:20], whole["experts"][:20]
    found = against_corpus(atlas, ids, experts)
    for token, (id, chosen) in enumerate(zip(ids, experts, strict=True)):
        same = whole["ids"] == id
        told = found["tokens"][token]
        assert told["occurs"] == same.sum()
        if told["occurs"] < 5:
            assert told["shares"] is None
            continue
        for layer in range(3):
            rates = [(whole["experts"][same, layer] == expert).any(axis=1).mean() for expert in chosen[layer]]
            assert told["shares"][layer] == pytest.approx(np.mean(rates), abs=1e-4)
    assert found["even"] == 2 / 6


def test_token_that_the_corpus_lacks_has_no_share(atlas):
    found = against_corpus(atlas, np.array([299, 5000]), np.zeros((2, 3, 1), np.int32))
    assert [(token["occurs"], token["shares"]) for token in found["tokens"]] == [(0, None), (0, None)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "body: expected ids"),
        ('{"ids": [1]}', "body: expected ids"),
        ('{"ids": [1], "experts": [[1, [2]]]}', "body: expected ids"),
        ('{"ids": [99999999999], "experts": [[[1]]]}', "body: expected ids"),
        ('{"ids": [[1]], "experts": [[[1]]]}', "ids: expected a list"),
        ('{"ids": [], "experts": []}', "ids: expected 1 to 512 tokens, got 0"),
        (
            '{"ids": [1], "experts": [[[1]]]}',
            r"experts: expected \(1, 3\) tokens and layers, got \(1, 1, 1\)",
        ),
        ('{"ids": [1], "experts": [[[1], [1], [6]]]}', "experts: expected ids from -1 to 5"),
        ('{"ids": [-1], "experts": [[[1], [1], [1]]]}', "ids: expected numbers from 0"),
    ],
)
def test_routing_that_does_not_fit_is_refused_by_field(atlas, body, message):
    with pytest.raises(ValueError, match=message):
        against_corpus(atlas, *routing_of_body(None, body.encode()))


def test_routing_is_read_from_json(whole):
    text = json.dumps({"ids": whole["ids"][:2].tolist(), "experts": whole["experts"][:2].tolist()})
    ids, experts = routing_of_body(None, text.encode())
    np.testing.assert_array_equal(ids, whole["ids"][:2])
    np.testing.assert_array_equal(experts, whole["experts"][:2])
