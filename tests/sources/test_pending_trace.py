"""Sources with routers, generation and recordings."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.metrics.counts import counts
from app.problem import BadRequest
from app.routing import ROUTERS
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.recorded.snapshots import Snapshots
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace, read_metadata
from tests.sources.live.tiny_checkpoints import MIXTRAL, write_checkpoint
from tests.trace_factory import trace_of

LIVE = {"source": "live", "prompt": "a few words here and there"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_checkpoint(folder / "trio-8", {**MIXTRAL, "num_local_experts": 8, "max_position_embeddings": 600})
    write_checkpoint(folder / "small", {**MIXTRAL, "max_position_embeddings": 20})
    (folder / "trio-8" / "snapshots").mkdir()
    for step in (1, 40, 3600):
        trace = recorded(step)
        (folder / "trio-8" / "snapshots" / f"step-{step:06d}.safetensors").write_bytes(trace.to_bytes())
    return folder


def recorded(step):
    chosen = np.random.default_rng(step).permuted(np.tile(np.arange(8), (5, 3, 1)), axis=-1)[..., :2]
    trace = trace_of(chosen, 8)
    return replace(trace, header=replace(trace.header, origin={"source": "training", "step": step}))


@pytest.fixture
def sources(folder):
    return SourceRegistry(load_scenarios(Settings().scenarios), folder)


def open_source(sources, **request):
    return sources.open(sources.parse(request))


@pytest.mark.parametrize("request_", [{"scenario": "code"}, LIVE], ids=["authored", "live"])
@pytest.mark.parametrize("name", ROUTERS)
def test_every_router_makes_a_trace_that_says_what_made_it(sources, name, request_):
    router = ROUTERS[name]
    settings = {"updates": 30} if "updates" in router.uses else {}
    source = open_source(sources, **request_, router=name, **settings)
    trace = source.trace()
    model = source.header.model
    assert (model["router"], model["settings"]) == (name, router.filled(8, router.fixed_k or 2) | settings)
    assert trace.experts.shape[-1] == model.get("choices", router.fixed_k or 2)
    assert ("choices" in model) == router.varies
    assert (trace.dropped is not None) == ("capacity" in router.uses)
    assert ("capacity" in model) == (name in ("gshard", "switch", "st_moe", "expert_choice"))
    if trace.dropped is not None:
        assert trace.dropped.any() and (trace.weights[trace.dropped] == 0).all()
    biased = "bias" in router.uses
    assert (None if source.header.bias is None else source.header.bias.shape) == (
        (trace.experts.shape[1], 8) if biased else None
    )
    back = RoutingTrace.from_bytes(trace.to_bytes())
    assert back.header.model == model and back.to_bytes() == trace.to_bytes()


@pytest.mark.parametrize("request_", [{"scenario": "code"}, LIVE], ids=["authored", "live"])
@pytest.mark.parametrize("name", ["gshard", "switch", "st_moe", "expert_choice"])
def test_no_expert_serves_more_tokens_than_the_capacity_that_the_trace_states(sources, name, request_):
    source = open_source(sources, **request_, router=name)
    trace, capacity = source.trace(), source.header.model["capacity"]
    kept = counts(trace, kept=True)
    assert kept.max() == capacity
    if name in ("switch", "st_moe"):  # GShard's queues have those who are not drawn in them too
        layers, experts = np.nonzero(trace.dropped)[1], trace.experts[trace.dropped]
        assert (kept[layers, experts] == capacity).all()  # nobody is turned away if there is room


@pytest.mark.parametrize("name", ["expert_choice", "softmax_bias", "gshard"])
def test_a_kept_trace_gives_the_same_header_and_steps_as_a_fresh_one(sources, name):
    keys = {**LIVE, "router": name} | ({"updates": 20} if name == "softmax_bias" else {})
    fresh = open_source(sources, **keys)
    steps = list(fresh.steps())
    again = open_source(sources, **keys)
    assert sources.cached.get(again.identity) is not None
    assert again.header == fresh.header
    for one, other in zip(steps, again.steps(), strict=True):
        np.testing.assert_array_equal(one.experts, other.experts)


def test_the_note_of_a_live_trace_names_a_router_that_the_model_never_met(sources):
    notes = [open_source(sources, **LIVE, router=name).header.origin["note"] for name in ("", "switch")]
    assert notes[0].endswith("trio-8 was trained with 2 experts a token, and 2 are chosen here.")
    assert notes[1].endswith(
        "trained with 2 experts a token by topk_norm, and 1 is chosen here by switch, which it never met."
    )


def test_a_skew_is_routed_and_told(sources):
    plain, skewed = (open_source(sources, scenario="code", skew=skew) for skew in (0, 8))
    assert skewed.header.origin["skew"] == 8 and "skew" not in plain.header.origin
    assert len(np.unique(skewed.trace().experts)) < len(np.unique(plain.trace().experts))


def texts(steps):
    return [step.written.text for step in steps if step.written]


def test_a_model_writes_on_the_same_for_equal_requests_and_other_text_for_another_seed(sources):
    found = []
    for seed in (3, 3, 4):
        sources.cached.kept.clear()
        found.append(texts(open_source(sources, **LIVE, **{"continue": 9, "seed": seed}).steps()))
    assert found[0] == found[1] != found[2]
    assert len(found[0]) == 9


def test_at_temperature_0_the_seed_decides_nothing(sources):
    one, other = (
        open_source(sources, **LIVE, **{"continue": 9, "temperature": 0, "seed": s}) for s in (1, 2)
    )
    assert one.identity == other.identity


def test_the_header_of_a_model_that_writes_on_has_the_prompt_alone_and_its_trace_all(sources):
    plain = open_source(sources, **LIVE)
    source = open_source(sources, **LIVE, **{"continue": 9})
    trace = source.trace()
    assert source.header.tokens == plain.header.tokens
    assert trace.header.tokens[: len(plain.header.tokens)] == plain.header.tokens
    assert len(trace.header.tokens) == len(plain.header.tokens) + 9
    assert open_source(sources, **LIVE, **{"continue": 9}).header == source.header
    metadata = read_metadata(trace.to_bytes())
    origin = json.loads(metadata["origin"])
    assert (origin["prompt_tokens"], origin["continue"]) == (len(plain.header.tokens), 9)


def test_what_a_model_writes_is_routed_as_if_it_had_been_typed(sources):
    """The tokens of prompt and continuation together, given as ids, through the forward pass at once."""
    source = open_source(sources, **LIVE, **{"continue": 9})
    trace = source.trace()
    model = sources.live.open_model("trio-8")
    typed = list(model.steps(trace.header.tokens, 2, ROUTERS["topk_norm"]))
    np.testing.assert_array_equal(trace.experts, np.stack([step.experts for step in typed]))


@pytest.mark.parametrize("start", [0, 3, 25, 30, 34])
def test_steps_resume_anywhere_and_bring_the_tokens_that_come_with_them(sources, start):
    keys = {**LIVE, "continue": 9}
    whole = list(open_source(sources, **keys).steps())
    assert len(whole) == 25 + 9
    sources.cached.kept.clear()
    for _ in ("computed again", "taken from what is kept"):
        rest = list(open_source(sources, **keys).steps(start))
        assert [step.written for step in rest] == [step.written for step in whole[start:]]
        for one, other in zip(rest, whole[start:], strict=True):
            np.testing.assert_array_equal(one.experts, other.experts)


def test_steps_before_the_first_that_is_wanted_are_pulled_one_by_one(sources):
    pulled = open_source(sources, **LIVE, **{"continue": 9}).pull(30)
    assert [step is None for step in pulled] == [True] * 30 + [False] * 4


def test_a_model_is_asked_to_write_beyond_its_positions(sources):
    with pytest.raises(BadRequest, match="continue: expected 0 to 15, got 16; the model takes 20 tokens"):
        open_source(sources, source="live", model="small", prompt="x" * 5, **{"continue": 16})
    steps = open_source(sources, source="live", model="small", prompt="x" * 5, **{"continue": 15}).steps()
    assert len(list(steps)) == 20


def test_a_recording_is_the_trace_of_its_file_with_a_badge(sources):
    source = open_source(sources, source="recorded", step=40)
    assert source.header.origin["badge"] == "RECORDED"
    assert source.header.origin["note"] == (
        "Recorded while trio-8 was trained: how it routed held-out text after step 40 of 3600."
    )
    np.testing.assert_array_equal(source.trace().experts, recorded(40).experts)
    assert list(source.steps(5)) == []


def test_the_first_and_the_last_moment_of_a_training_are_requests_of_their_own(sources):
    first, last, default = (
        open_source(sources, source="recorded", **keys) for keys in ({"step": 1}, {"step": 3600}, {})
    )
    assert first.identity != last.identity == default.identity


def test_models_say_which_moments_were_recorded(sources):
    assert {info["name"]: info["steps"] for info in sources.model_infos()} == {
        "trio-8": [1, 40, 3600],
        "small": [],
    }


def test_a_recording_that_cannot_be_read_is_refused(sources, folder):
    path = folder / "trio-8" / "snapshots" / "step-000041.safetensors"
    path.write_bytes(b"nonsense")
    try:
        with pytest.raises(BadRequest, match="step: expected a recording that can be read, got 41"):
            open_source(sources, source="recorded", step=41)
    finally:
        path.unlink()


def test_a_folder_without_recordings_has_no_moments(tmp_path):
    assert Snapshots(tmp_path).steps() == {}


def test_a_changed_recording_is_another_trace(sources, folder):
    before = open_source(sources, source="recorded", step=1).identity
    path = folder / "trio-8" / "snapshots" / "step-000001.safetensors"
    content = path.read_bytes()
    path.write_bytes(recorded(2).to_bytes())
    try:
        assert open_source(sources, source="recorded", step=1).identity != before
    finally:
        path.write_bytes(content)


def test_a_model_that_was_trained_with_another_router_runs_with_that(tmp_path):
    write_checkpoint(tmp_path / "mine", MIXTRAL)
    sources = SourceRegistry(load_scenarios(Settings().scenarios), tmp_path)
    listing = replace(sources.live.list_models()["mine"], router="topk")
    sources.live.models.list = lambda: {"mine": listing}
    assert sources.parse({"source": "live", "model": "mine"}).router == "topk"
    header = open_source(sources, source="live", model="mine", prompt="abc").header
    assert header.model["router"] == "topk"
