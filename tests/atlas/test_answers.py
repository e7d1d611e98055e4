"""Every question by name: JSON with units and token counts; errors name the key."""

import json

import numpy as np
import pytest

from app.atlas.answers import ANSWERS, answer
from app.atlas.questions.expert_maps import EXPERT_MAPS, domain_counts
from app.metrics import balance
from app.metrics.coactivation import conditional
from app.metrics.divergence import divergence
from app.metrics.specialisation import group_counts

QUERY = {"layer": "1", "expert": "2", "devices": "3"}


@pytest.mark.parametrize("question", ANSWERS)
def test_answer_is_json_without_nan_and_says_how_many_tokens_are_behind_it(atlas, question):
    found = answer(atlas, question, QUERY)
    json.dumps(found, allow_nan=False)
    assert found.get("tokens", found.get("of", 0)) > 0
    assert answer(atlas, question, QUERY) is found  # computed once


@pytest.mark.parametrize(
    ("question", "query", "message"),
    [
        ("nothing", {}, "question: expected one of overview, layers"),
        ("expert", {"layer": "9", "expert": "0"}, "layer: expected 0 to 2, got 9"),
        ("expert", {"layer": "-1", "expert": "0"}, "layer: expected a whole number, got '-1'"),
        ("expert", {"layer": "1"}, "expert: expected a whole number, got ''"),
        ("map", {"metric": "drop table"}, "metric: expected one of load, mass"),
        ("coactivation", {"layer": "3"}, "layer: expected 0 to 2, got 3"),
        ("flows", {"layer": "2"}, "layer: expected 0 to 1, got 2"),
        ("cache", {"share": "2"}, "share: expected a number from 0 to 1"),
        ("cache", {"share": "0"}, "share: expected more than 0"),
        ("cache", {"share": "nan"}, "share: expected a number from 0 to 1, got 'nan'"),
        ("placement", {"devices": "4"}, "devices: expected a divisor of 6"),
        ("placement", {"devices": "99999"}, "devices: expected 1 to 512"),
        ("pruning", {"by": "reap"}, "by: expected one of frequency, gate_mass"),
        ("learned", {"label": "doc); --"}, "label: expected one of domain"),
    ],
)
def test_question_that_is_wrong_is_refused_by_name(atlas, question, query, message):
    with pytest.raises(ValueError, match=message):
        answer(atlas, question, query)


def test_layer_metrics_are_those_of_the_rows(atlas, whole):
    found = answer(atlas, "layers", {})["metrics"]
    loads = atlas.load[0]
    for name in ("max_violation", "jain", "entropy", "avg_violation"):
        np.testing.assert_allclose(found[name]["values"], getattr(balance, name)(loads), atol=1e-5)
    domains = atlas.documents["domain"].astype(str)[whole["doc"]]
    groups = np.select([domains == "code", domains == "prose"], [0, 1], -1).astype(np.int32)
    counts = np.stack([group_counts(whole["experts"][:, layer], groups, 2, 6) for layer in range(3)], axis=1)
    np.testing.assert_allclose(found["divergence"]["values"], divergence(counts), atol=1e-5)
    assert found["recall_ahead"]["values"][-1] is None  # nothing lies above the last layer
    assert found["near_ties"]["needs"] == "scores" and not found["near_ties"]["ids_suffice"]


@pytest.mark.parametrize("name", EXPERT_MAPS)
def test_map_has_a_value_for_every_expert_of_every_layer(atlas, name):
    found = answer(atlas, "map", {"metric": name})
    assert np.array(found["values"], float).shape == (3, 6)
    assert found["unit"] and found["definition"]


def test_maps_of_load_and_of_top_tokens_are_those_of_loops(atlas, whole):
    load = np.array(answer(atlas, "map", {"metric": "load"})["values"])
    np.testing.assert_allclose(load, balance.shares(atlas.load[0]), atol=1e-5)
    top = answer(atlas, "map", {"metric": "top_tokens_share"})["values"][1][2]
    ids = whole["ids"][(whole["experts"][:, 1] == 2).any(axis=1)]
    counts = np.sort(np.unique(ids, return_counts=True)[1])[::-1]
    assert top == pytest.approx(counts[:10].sum() / counts.sum(), abs=1e-5)


def test_focus_is_the_divergence_from_the_corpus_domains(atlas):
    from scipy.stats import entropy

    counts = np.stack(list(domain_counts(atlas).values()))
    own, corpus = counts[:, 1, 2], counts[:, 1].sum(axis=1)
    focus = answer(atlas, "map", {"metric": "focus"})["values"][1][2]
    assert focus == pytest.approx(entropy(own / own.sum(), corpus / corpus.sum(), base=2), abs=1e-5)


def test_coactivation_and_flows_carry_shares_and_counts(atlas):
    pairs = answer(atlas, "coactivation", {"layer": "1"})
    np.testing.assert_allclose(
        pairs["share"], conditional(atlas.coactivation(1), atlas.load[0][1]), atol=1e-5
    )
    flows = answer(atlas, "flows", {})["flows"]
    assert {flow["layer"] for flow in flows} == {0, 1}
    first = max((flow for flow in flows if flow["layer"] == 0), key=lambda flow: flow["count"])
    assert first["count"] == atlas.transitions(0).max() == atlas.transitions(0)[first["from"], first["to"]]


def test_coverage_says_how_many_experts_hold_half(atlas):
    found = answer(atlas, "coverage", {})
    for curve, half in zip(found["curves"], found["experts_for_half"], strict=True):
        assert curve[half - 1] >= 0.5 > (curve[half - 2] if half > 1 else 0)


def test_caches_hold_more_with_more_places_and_belady_bounds_the_others(atlas):
    found = answer(atlas, "caches", {})
    for name, rates in found["hit_rate"].items():
        assert rates == sorted(rates)
        if name != "prefetch":
            assert all(rate <= best for rate, best in zip(rates, found["hit_rate"]["belady"], strict=True))
    one = answer(atlas, "cache", {"share": "0.5"})
    assert one["places"] == 3
    assert one["expert_bytes"] == 2 * atlas.shape.expert_size
    assert sorted(one["tiers"][0]) == [0, 0, 0, 1, 1, 1]


def test_placements_are_weighed_on_the_corpus(atlas):
    found = answer(atlas, "placement", {"devices": "3", "slots": "9"})["strategies"]
    assert set(found) == {"linear", "eplb", "coactivation"}
    assert found["eplb"]["slots"] == 9 and found["linear"]["slots"] == 6
    assert max(found["eplb"]["imbalance"]) <= max(found["linear"]["imbalance"])


def test_pruning_keeps_what_carries_most(atlas):
    found = answer(atlas, "pruning", {"by": "gate_mass", "drop": "0.5"})
    mass = atlas.load[1]
    for layer, kept in enumerate(found["keep"]):
        assert set(kept) == set(np.argsort(-mass[layer])[:3].tolist())
    assert all(0.5 < share < 1 for share in found["kept_assignments"])
