"""A model whose routers are altered, against a slow loop, and what the page is told of it."""

import numpy as np
import pytest

from app.answers.next_tokens import moved
from app.problem import BadRequest
from app.routing import ROUTERS
from app.routing.alterations import altered, parse_alterations
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.live.checkpoint import Checkpoint
from app.sources.live.forward import Forward
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace
from tests.routing import reference_routers as slow
from tests.sources.live import reference_transformer as live_oracle
from tests.sources.live.tiny_checkpoints import MIXTRAL, mixtral_tensors, write_checkpoint

IDS = np.array([5, 80, 3, 3, 299, 17, 0, 44, 12, 200, 7, 101, 56], np.int32)
N, LAYERS = MIXTRAL["num_local_experts"], MIXTRAL["num_hidden_layers"]
PROMPT = {"source": "live", "scenario": "code"}


@pytest.fixture(scope="module")
def forward(tmp_path_factory):
    return Forward(Checkpoint.open(write_checkpoint(tmp_path_factory.mktemp("models") / "tiny")))


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


def change_slowly(rows, layer):
    """Returns layer 2: expert 1 off, 1.5 on the logit of expert 3; layer 3: one expert per token. In plain
    loops."""
    if layer == 1:
        rows = [[-1e30 if e == 1 else x + 1.5 * (e == 3) for e, x in enumerate(row)] for row in rows]
    return slow.topk_norm(rows, 1 if layer == 2 else 2)


def test_what_is_altered_flows_through_the_model_as_in_a_slow_loop(forward):
    layers = iter(range(LAYERS))

    def choose(rows):
        scores, tokens = change_slowly(rows, next(layers))
        parts = [([e for e, _, _ in token], [w for _, w, _ in token]) for token in tokens]
        return [(row, *part) for row, part in zip(scores, parts, strict=True)]

    expected = live_oracle.trace(MIXTRAL, mixtral_tensors(MIXTRAL), IDS.tolist(), 2, choose)
    alterations = parse_alterations("2.1-off_2.3-add1.5_3-k1")
    router = altered(ROUTERS["topk_norm"], alterations, LAYERS, N)
    routing = forward.extend(IDS, forward.cache(len(IDS)), 2, router.route, keep=len(IDS))
    np.testing.assert_allclose(forward.head(routing.hidden), expected.logits, rtol=0, atol=3e-5)
    for step, experts in zip(routing.steps(), expected.experts, strict=True):
        assert [[e for e in row if e >= 0] for row in step.experts.tolist()] == experts


def test_choices_that_moved_name_the_experts_that_lost_and_took_a_token():
    before = np.array([[[0, 1], [2, 3]], [[4, 5], [6, 7]]])
    after = np.array([[[1, 0], [2, 5]], [[4, -1], [7, 0]]])
    assert moved(before, after) == [[0, 1, [3], [5]], [1, 0, [5], []], [1, 1, [6], [0]]]


def test_choices_that_moved_are_those_between_the_altered_and_the_unaltered_trace(sources):
    plain = sources.open(sources.parse(PROMPT)).trace()
    request = sources.parse({**PROMPT, "alter": "3.2-off"})
    changed = sources.open(request).trace()
    found, before = sources.live.predict(request, changed.header.tokens)
    assert before is not None and not (found.experts[:, 2] == 2).any()
    told = {
        (t, layer): (set(lost), set(taken)) for t, layer, lost, taken in moved(before.experts, found.experts)
    }
    for t, (was, now) in enumerate(zip(plain.experts.tolist(), changed.experts.tolist(), strict=True)):
        for layer in range(len(was)):
            lost, taken = set(was[layer]) - set(now[layer]), set(now[layer]) - set(was[layer])
            assert told.get((t, layer), (set(), set())) == (lost, taken)


def test_loss_before_and_after_is_that_of_the_two_models(sources):
    request = sources.parse({**PROMPT, "alter": "3.2-off"})
    tokens = sources.open(request).trace().header.tokens
    found, before = sources.live.predict(request, tokens)
    plain, nothing = sources.live.predict(sources.parse(PROMPT), tokens)
    assert nothing is None and before is not None
    assert before.next.mean_loss == plain.next.mean_loss != found.next.mean_loss


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        ("9.1-off", "alter: expected layers from 1 to 6, got 9.1-off"),
        ("1.8-off", "alter: expected experts from 0 to 7, got 1.8-off"),
        ("nonsense", "alter: expected LAYER.EXPERT-off"),
    ],
)
def test_alteration_that_does_not_fit_falls_back_alone_with_a_notice(sources, alter, message):
    opened, understood = sources.open_understood({**PROMPT, "k": 3, "alter": alter})
    assert [problem.message.startswith(message) for problem in understood.problems] == [True]
    assert understood.answer.notices[0]["field"] == "alter"
    assert (understood.request.k, understood.request.alter) == (3, "")
    assert "alter" not in opened.header.origin
    with pytest.raises(BadRequest, match="alter: "):
        sources.open(sources.parse({**PROMPT, "alter": alter}))


def test_alteration_of_a_scenario_that_no_model_routes_is_told(sources):
    understood = sources.read({"alter": "1.1-off"})
    assert "alter: expected none with source=authored" in understood.problems[0].message


def test_another_model_drops_the_alterations_of_the_one_before(sources):
    before = {"source": "live", "model": "trio-16", "alter": "1.15-off"}
    understood = sources.read({**before, "experts": 8}, changed=("experts",))
    assert (understood.request.model, understood.request.alter, understood.problems) == ("trio-8", "", ())


def test_more_experts_in_one_layer_widen_the_trace(sources):
    opened = sources.open(sources.parse({**PROMPT, "alter": "2-k4"}))
    trace = opened.trace()
    assert trace.header.model["choices"] == trace.experts.shape[-1] == 4
    assert (trace.experts[:, 1] >= 0).all() and (trace.experts[:, 0, 2:] == -1).all()


def test_altered_trace_says_so_in_its_file_and_is_kept_apart_from_the_unaltered(sources):
    plain, changed = (sources.open(sources.parse({**PROMPT, **more})) for more in ({}, {"alter": "3.2-off"}))
    assert plain.identity != changed.identity
    again = RoutingTrace.from_bytes(changed.trace().to_bytes())
    assert again.header.origin["alter"] == "3.2-off"
