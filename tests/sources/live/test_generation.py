"""A prompt step by step, and generated tokens."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from app.routing import ROUTERS
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from app.sources.live.generation import Written, check_prompt, chunks, generate, sample, steps
from app.trace import Step, Token
from tests.sources.live.tiny_checkpoints import write_checkpoint

ROUTER = ROUTERS["topk_norm"]
IDS = np.arange(40, dtype=np.int32)


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    return Forward(Checkpoint.open(write_checkpoint(tmp_path_factory.mktemp("models") / "tiny")))


def spy(forward, monkeypatch):
    """Records how many tokens each call runs."""
    counts = []
    extend = Forward.extend

    def note(self, ids, *arguments, **named):
        counts.append(len(ids))
        return extend(self, ids, *arguments, **named)

    monkeypatch.setattr(Forward, "extend", note)
    return counts


def test_steps_are_one_a_token_with_the_columns_of_a_trace(forward):
    found = list(steps(forward, IDS, 3, ROUTER))
    assert len(found) == 40
    assert all(isinstance(step, Step) for step in found)
    assert {(s.scores.shape, s.logits.shape, s.experts.shape, s.weights.shape) for s in found} == {
        ((3, 6), (3, 6), (3, 3), (3, 3))
    }
    assert found[0].scores.dtype == np.float32 and found[0].experts.dtype == np.int32


def test_first_step_comes_after_one_token_is_computed(forward, monkeypatch):
    counts = spy(forward, monkeypatch)
    stream = steps(forward, IDS, 2, ROUTER)
    assert counts == []
    next(stream)
    assert counts == [1]
    assert len(list(stream)) == 39
    assert sum(counts) == 40


def test_steps_do_not_depend_on_the_chunks(forward):
    whole = forward.extend(IDS, forward.cache(40), 2, ROUTER.route).steps()
    for step, other in zip(steps(forward, IDS, 2, ROUTER), whole, strict=True):
        np.testing.assert_allclose(step.scores, other.scores, rtol=0, atol=1e-5)
        np.testing.assert_array_equal(step.experts, other.experts)


def test_router_that_needs_the_whole_prompt_gets_it_at_once(forward, monkeypatch):
    counts = spy(forward, monkeypatch)
    assert len(list(steps(forward, IDS, 2, replace(ROUTER, whole_batch=True)))) == 40
    assert counts == [40]


@pytest.mark.parametrize("count", [1, 2, 129, 130, 256])
@pytest.mark.parametrize("wide", [True, False])
def test_chunks_cover_the_prompt_once_in_order(count, wide):
    pieces = list(chunks(count, ROUTER, wide))
    assert [index for piece in pieces for index in range(count)[piece]] == list(range(count))
    assert pieces[0] == slice(0, 1)


@pytest.mark.parametrize("count", [0, 257])
def test_prompt_that_is_empty_or_too_long_is_refused_with_numbers(count):
    with pytest.raises(ValueError, match=f"prompt: expected 1 to 256 tokens, got {count}"):
        check_prompt(tuple(Token("a", id=1) for _ in range(count)))


def written(forward, **settings):
    arguments = {"count": 12, "temperature": 1.0, "seed": 1} | settings
    return [item.id for item in generate(forward, IDS, 2, ROUTER, **arguments) if isinstance(item, Written)]


def test_generate_yields_the_prompt_and_then_what_is_written_with_its_routing(forward):
    items = list(generate(forward, IDS, 2, ROUTER, count=5))
    assert [isinstance(item, Written) for item in items] == [False] * 40 + [True] * 5
    whole = np.concatenate([IDS, [item.id for item in items[40:]]]).astype(np.int32)
    for item, step in zip(
        items, forward.extend(whole, forward.cache(45), 2, ROUTER.route).steps(), strict=True
    ):
        step_found = item.step if isinstance(item, Written) else item
        np.testing.assert_allclose(step_found.scores, step.scores, rtol=0, atol=1e-5)


def test_generate_with_a_seed_repeats_itself_and_other_seeds_differ(forward):
    assert written(forward) == written(forward)
    assert written(forward) != written(forward, seed=2)


def test_generate_at_temperature_zero_takes_the_most_likely_token(forward):
    ids = written(forward, temperature=0.0)
    assert ids == written(forward, temperature=0.0, seed=9)
    whole = np.concatenate([IDS, ids]).astype(np.int32)
    hidden = forward.extend(whole, forward.cache(52), 2, ROUTER.route, keep=52).hidden
    assert forward.head(hidden)[39:51].argmax(axis=1).tolist() == ids


def test_generate_ends_where_the_model_ends_its_text(forward, tmp_path):
    ids = written(forward)
    ending = Forward(Checkpoint.open(write_checkpoint(tmp_path / "ending", eos_token_id=[299, ids[4]])))
    assert written(ending) == ids[: ids.index(ids[4])]


def test_generate_computes_no_token_before_it_is_asked_for(forward, monkeypatch):
    counts = spy(forward, monkeypatch)
    list(islice(generate(forward, IDS, 2, ROUTER, count=100), 42))
    assert sum(counts) == 42


def test_generate_refuses_a_router_that_needs_all_tokens(forward):
    with pytest.raises(ValueError, match="router: expected one that takes token after token, got topk_norm"):
        next(generate(forward, IDS, 2, replace(ROUTER, whole_batch=True), count=1))


def test_logits_are_computed_only_when_something_is_written(forward, monkeypatch):
    def no_logits(self, hidden):
        raise AssertionError("nobody asked for logits")

    monkeypatch.setattr(Forward, "head", no_logits)
    assert len(list(steps(forward, IDS, 2, ROUTER))) == 40


def test_sample_follows_the_shares_of_the_softmax():
    logits = np.log(np.array([0.5, 0.3, 0.2, 1e-9], np.float32))
    random = np.random.default_rng(0)
    for temperature, expected in ((1.0, [0.5, 0.3, 0.2]), (0.5, [25 / 38, 9 / 38, 4 / 38])):
        drawn = [sample(logits, temperature, random) for _ in range(4000)]
        np.testing.assert_allclose(np.bincount(drawn, minlength=4)[:3] / 4000, expected, atol=0.03)


def test_sample_at_a_tiny_temperature_neither_overflows_nor_leaves_the_vocabulary():
    random = np.random.default_rng(0)
    logits = np.array([1e4, -1e4, 1e4 - 1], np.float32)
    assert {sample(logits, 1e-6, random) for _ in range(50)} == {0}
