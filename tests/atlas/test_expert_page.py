"""An expert's page: figures against loops, and a sentence only if the counts are significant."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.atlas.questions.expert_page import expert_page
from app.atlas.questions.sentence import Finding, finding, sentence, share_interval, strongest


def test_page_tells_the_tokens_of_the_expert_and_their_shares(atlas, whole):
    page = expert_page(atlas, 1, 4)
    mine = (whole["experts"][:, 1] == 4).any(axis=1)
    assert page["tokens"] == mine.sum()
    assert page["of"] == len(whole["ids"])
    assert page["documents"] == len(set(whole["doc"][mine].tolist()))
    first = page["top_tokens"]["frequent"][0]
    ids, counts = np.unique(whole["ids"][mine], return_counts=True)
    assert first["count"] == counts.max() and first["id"] in ids[counts == counts.max()]
    assert first["share_of_expert"] == pytest.approx(counts.max() / mine.sum())
    assert first["share_of_token"] == pytest.approx(counts.max() / (whole["ids"] == first["id"]).sum())
    json.dumps(page, allow_nan=False)


def test_contexts_spell_the_text_around_the_token_that_is_lit(atlas, routes):
    page = expert_page(atlas, 2, 0)
    assert len(page["contexts"]) == 12
    text = routes.opened.checkpoint.tokenizer.text
    for context in page["contexts"]:
        ids = atlas.document_ids(context["doc"])
        assert context["token"] == text(ids[context["position"]])
        spelled = "".join(text(id) for id in ids)
        assert context["before"] + context["token"] + context["after"] in spelled
    weights = [context["weight"] for context in page["contexts"]]
    assert weights == sorted(weights, reverse=True)


def test_flows_and_partners_are_counts_over_the_expert_s_own_tokens(atlas, whole):
    page = expert_page(atlas, 1, 4)
    mine = (whole["experts"][:, 1] == 4).any(axis=1)
    for name, layer in (("from", 0), ("to", 2)):
        for flow in page["flows"][name]:
            count = (whole["experts"][mine][:, layer] == flow["expert"]).any(axis=1).sum()
            assert (flow["layer"], flow["count"]) == (layer, count)
            assert flow["share"] == pytest.approx(count / mine.sum())
    for partner in page["partners"]:
        assert partner["count"] == (whole["experts"][mine][:, 1] == partner["expert"]).any(axis=1).sum()
    assert expert_page(atlas, 0, 0)["flows"]["from"] == expert_page(atlas, 2, 0)["flows"]["to"] == []


def test_load_stands_beside_its_layer_and_over_the_corpus(atlas, whole):
    load = expert_page(atlas, 1, 4)["load"]
    counts = np.bincount(whole["experts"][:, 1].ravel(), minlength=6)
    assert load["layer_loads"] == counts.tolist()
    assert load["share"] == pytest.approx(counts[4] / counts.sum())
    assert load["rank"] == 1 + (counts > counts[4]).sum()
    assert len(load["over_corpus"]) == 3


@pytest.mark.parametrize(
    ("layer", "expert", "message"), [(3, 0, "layer: expected 0 to 2"), (0, 6, "expert: expected")]
)
def test_page_of_an_expert_that_does_not_exist_is_refused(atlas, layer, expert, message):
    with pytest.raises(ValueError, match=message):
        expert_page(atlas, layer, expert)


def test_expert_of_random_routing_gets_no_sentence():
    """Twenty experts that choose tokens blindly over 200 documents of two domains."""
    random = np.random.default_rng(0)
    for _ in range(20):
        tokens = random.poisson(20, 200)
        domain = np.where(np.arange(200) % 2, tokens, 0)
        found = finding("domain", "code", domain, tokens, 0.5, 10)
        assert strongest([found]) is None
    assert "nothing in particular" in sentence(None, 4000)


def test_expert_of_one_domain_gets_a_sentence_with_counts_and_interval():
    random = np.random.default_rng(0)
    tokens = random.poisson(20, 200)
    having = np.where(np.arange(200) < 190, tokens, 0)
    found = finding("domain", "french", having, tokens, 1 / 3, 10)
    assert strongest([found]) is found
    assert sentence(found, found.tokens).startswith("It mostly serves tokens of french: 95% of its 4,")
    assert "against 33% of the corpus" in sentence(found, found.tokens)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tokens": 20}, "too few tokens"),
        ({"documents": 3}, "too few documents"),
        ({"share": 0.2, "low": 0.19}, "a small part of what it does"),
        ({"low": 0.5}, "the interval reaches below twice the corpus' share"),
    ],
)
def test_finding_that_counts_do_not_carry_is_not_said(changes, why):
    known = {"share": 0.9, "low": 0.8, "high": 0.95, "corpus_share": 0.3, "tokens": 500, "documents": 50}
    assert Finding("domain", "x", **known).holds
    assert not Finding("domain", "x", **{**known, **changes}).holds, why


def test_tokens_of_one_document_do_not_make_an_interval_narrow():
    """One document in ten has all of the property: a thousand tokens are still ten documents."""
    tokens = np.full(10, 100)
    together = np.array([100] + [0] * 9)
    spread = np.full(10, 10)
    _, low, high = share_interval(together, tokens, 0.05)
    _, tight_low, tight_high = share_interval(spread, tokens, 0.05)
    assert high - low > 20 * (tight_high - tight_low)


def test_interval_holds_the_true_share_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        tokens = random.poisson(30, 80) + 1
        rates = random.beta(2, 4, 80)  # documents differ
        having = random.binomial(tokens, rates)
        _, low, high = share_interval(having, tokens, 0.05)
        held += low <= 1 / 3 <= high
    assert 0.91 < held / 400 < 0.98


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20))
def test_share_lies_in_its_interval_and_both_in_0_to_1(counts):
    having = np.array([min(a, b) for a, b in counts])
    tokens = np.array([max(a, b) for a, b in counts])
    share, low, high = share_interval(having, tokens, 0.01)
    assert 0 <= low <= share <= high <= 1
