"""Families with special rules, opened as the page does; checked against their published tensors."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from app.problem import BadRequest
from app.request.schema import TraceRequest
from app.routing import RouterSettings
from app.sources.live.config import CheckpointError
from app.sources.live.families.registry import FAMILIES, config_of
from app.sources.live.models import Models
from app.sources.live.prompt_trace import LiveTrace
from app.trace import RoutingTrace
from tests.sources.live.tiny_checkpoints import byte_tokenizer, edit_config, mixtral_tensors, write_checkpoint

COMMON = {
    "vocab_size": 300,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_experts_per_tok": 2,
    "max_position_embeddings": 512,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
}
DEEPSEEK: dict[str, Any] = COMMON | {
    "model_type": "deepseek_v3",
    "intermediate_size": 30,
    "moe_intermediate_size": 20,
    "n_routed_experts": 8,
    "n_group": 4,
    "topk_group": 2,
    "first_k_dense_replace": 1,
    "q_lora_rank": None,
    "kv_lora_rank": 12,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 6,
    "v_head_dim": 6,
}
GPT_OSS: dict[str, Any] = COMMON | {
    "model_type": "gpt_oss",
    "intermediate_size": 32,
    "hidden_size": 32,
    "head_dim": 8,
    "num_local_experts": 8,
    "sliding_window": 4,
}


@pytest.fixture
def models(tmp_path):
    """Returns a folder with a tiny DeepSeek-V3 and a tiny gpt-oss that is not quantised."""
    for config in (DEEPSEEK, GPT_OSS):
        folder = tmp_path / config["model_type"]
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        family, random = FAMILIES[config["model_type"]], np.random.default_rng(1)
        shapes = dict(family.tensors(config_of(config), fused=config is GPT_OSS))
        tensors = {
            name: (random.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)
            for name, shape in shapes.items()
        }
        save_file(tensors, folder / "model.safetensors")
        byte_tokenizer().save(str(folder / "tokenizer.json"))
    return Models(tmp_path)


def prompted(models, name, text="The quick brown fox", alter="", **keys):
    model = models.open(name)
    keys = {"source": "live", "model": name, "router": model.listing.router, "k": 2, **keys}
    request = TraceRequest.model_validate(keys)
    return LiveTrace(
        model, model.checkpoint.tokenizer.encode(text), request.model_copy(update={"alter": alter})
    )


def whole(prompt):
    return RoutingTrace.from_steps(prompt.header, prompt.steps())


def test_a_model_is_listed_with_its_family_and_its_router(models):
    found = models.runnable()
    assert {name: (each.family, each.router, each.shape.layers) for name, each in found.items()} == {
        "gpt_oss": ("gpt_oss", "softmax_after", 3),
        "deepseek_v3": ("deepseek_v3", "sigmoid_bias", 2),
    }


def test_deepseek_is_routed_with_its_own_groups_scale_and_bias(models):
    prompt = prompted(models, "deepseek_v3")
    assert prompt.router.settings == RouterSettings(groups=4, topk_groups=2, scale=2.5)
    assert prompt.router.bias.shape == (2, 8) and prompt.header.bias is not None
    trace = whole(prompt)
    groups = np.array([len(set(row // 2)) for row in trace.experts.reshape(-1, 2)])
    assert groups.max() <= 2
    np.testing.assert_allclose(trace.weights.sum(-1), 2.5, rtol=1e-5)


def test_a_setting_that_is_asked_for_stands_before_the_models_own(models):
    prompt = prompted(models, "deepseek_v3", groups=2, topk_groups=1, scale=1.0)
    assert prompt.router.settings == RouterSettings(groups=2, topk_groups=1, scale=1.0)


def test_a_model_under_a_router_of_another_has_no_bias_of_its_own(models):
    assert prompted(models, "deepseek_v3", router="topk_norm").router.bias is None


@pytest.mark.parametrize("name", ["gpt_oss", "deepseek_v3"])
def test_a_streamed_model_gives_the_same_trace_each_time_and_generates(models, name):
    first, second = (whole(prompted(models, name, **{"continue": 3, "temperature": 0})) for _ in range(2))
    assert len(first.header.tokens) == len("The quick brown fox") + 3
    np.testing.assert_array_equal(first.experts, second.experts)
    np.testing.assert_array_equal(first.scores, second.scores)


@pytest.mark.parametrize("name", ["gpt_oss", "deepseek_v3"])
def test_an_expert_that_is_off_takes_no_token_and_the_header_says_so(models, name):
    favourite = whole(prompted(models, name)).experts[0, 1, 0]
    changed = prompted(models, name, alter=f"2.{favourite}-off_1-k1")
    trace = whole(changed)
    assert not (trace.experts[:, 1] == favourite).any()
    assert (trace.experts[:, 0, 1] == -1).all()
    assert changed.header.origin["alter"] == f"2.{favourite}-off_1-k1"


@pytest.mark.parametrize("name", ["gpt_oss", "deepseek_v3"])
def test_the_next_tokens_of_a_prompt_begin_with_what_the_model_generates(models, name):
    prompt = prompted(models, name, **{"continue": 1, "temperature": 0})
    generated = list(prompt.steps())[-1].written
    found = prompt.predict(prompt.tokens, prompt.router).next
    assert found.ids.shape == (len(prompt.tokens), 5)
    assert generated.id == found.ids[-1, 0]


def test_altering_an_expert_changes_the_loss_on_the_prompt(models):
    prompt = prompted(models, "gpt_oss", alter="1.1-force")
    plain, changed = (prompt.predict(prompt.tokens, by) for by in (prompt.unaltered, prompt.router))
    assert plain.next.mean_loss != changed.next.mean_loss
    assert (changed.experts[:, 0] == 1).any(axis=-1).all()


def test_a_model_that_computes_no_numbers_is_told_as_a_problem_of_the_model(tmp_path):
    folder = write_checkpoint(tmp_path / "broken")
    tensors = mixtral_tensors({**json.loads((folder / "config.json").read_text())})
    tensors["model.layers.2.input_layernorm.weight"][:] = np.nan
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(BadRequest, match=r"model: expected logits: .* in layer 2 at token 0"):
        list(prompted(Models(tmp_path), "broken").steps())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [*DEEPSEEK, *GPT_OSS, "layer_types", "text_config", "quantization_config", "rope_scaling", "eos_token_id"]
)


@given(st.sampled_from([DEEPSEEK, GPT_OSS]), st.dictionaries(KEYS, JSON, min_size=1, max_size=3))
def test_any_values_in_a_config_are_read_or_refused_in_words(config, changes):
    try:
        config_of(config | changes)
    except CheckpointError as error:
        assert str(error).startswith("config.json: ") and len(str(error)) < 2000


@pytest.mark.parametrize(
    "name, changes, reason",
    [
        ("deepseek_v3", {"n_group": 3}, "groups that divide 8 experts"),
        ("deepseek_v3", {"kv_lora_rank": None}, "kv_lora_rank: missing"),
        ("deepseek_v3", {"norm_topk_prob": False}, "norm_topk_prob: expected true"),
        ("deepseek_v3", {"scoring_func": "softmax"}, "scoring_func"),
        ("gpt_oss", {"layer_types": ["full_attention"]}, "layer_types: expected 3, one per layer, got 1"),
        ("gpt_oss", {"quantization_config": {"quant_method": "fp8"}}, "quantization_config: expected fp8"),
    ],
)
def test_what_a_family_does_not_do_is_refused_by_name(models, name, changes, reason):
    edit_config(models.folders[0] / name, **changes)
    assert reason in models.list()[name].reason
