"""`moescope.record` around somebody's own code, and alterations on transformers."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("transformers")

import torch
import transformers

import app as moescope
from app.routing.alterations import parse_alterations
from app.settings import ROOT
from app.sources.engines.engine_error import EngineRefusal
from app.sources.engines.engine_trace import EngineTrace
from app.sources.engines.model_files import find_model
from app.sources.engines.registry import open_model
from app.sources.engines.transformers_alterations import altered
from app.sources.engines.transformers_model import TransformersModel
from app.trace import RoutingTrace
from tests.engines.tiny_families import build, save

pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("default")]
IDS = [5, 9, 17, 33, 64, 3, 99]


@pytest.fixture(scope="module")
def mixtral():
    return build("mixtral")


def test_generate_is_recorded_as_one_sequence(mixtral):
    with moescope.record(mixtral) as r:
        written = mixtral.generate(torch.tensor([IDS]), max_new_tokens=5, do_sample=False, eos_token_id=None)
    with moescope.record(mixtral) as whole, torch.no_grad():
        mixtral(written[:, :-1])  # the last token that generate writes is not run
    assert [token.id for token in r.trace.header.tokens] == written[0, :-1].tolist()
    assert (np.sort(r.trace.experts) == np.sort(whole.trace.experts)).all()
    assert r.trace.header.origin["engine"] == "transformers"


def test_recorded_trace_survives_its_file(mixtral):
    with moescope.record(mixtral) as r, torch.no_grad():
        mixtral(torch.tensor([IDS]))
    again = RoutingTrace.from_bytes(r.trace.to_bytes())
    assert again.header.tokens == r.trace.header.tokens
    assert (again.experts == r.trace.experts).all()


def test_training_step_is_recorded_once_with_gradient_checkpointing():
    model = build("mixtral").train()
    model.gradient_checkpointing_enable()
    batch = torch.tensor([IDS, IDS[::-1]])
    with moescope.record(model) as r:
        model(batch, labels=batch).loss.backward()
    assert [len(trace.header.tokens) for trace in r.traces] == [len(IDS), len(IDS)]
    assert any(parameter.grad is not None for parameter in model.parameters())


def test_padding_is_left_out(mixtral):
    padded, mask = torch.tensor([[0, 0, *IDS[:5]], IDS]), torch.ones(2, len(IDS), dtype=torch.long)
    mask[0, :2] = 0
    with moescope.record(mixtral) as r, torch.no_grad():
        mixtral(padded, attention_mask=mask)
    first, second = r.traces
    assert [token.id for token in first.header.tokens] == IDS[:5]
    assert [token.id for token in second.header.tokens] == IDS


def test_hooks_are_gone_after_the_block(mixtral):
    with moescope.record(mixtral) as r:
        pass
    with torch.no_grad():
        mixtral(torch.tensor([IDS]))
    assert r.traces == []
    with pytest.raises(ValueError, match="expected 1 recorded sequence, got 0"):
        _ = r.trace


def test_scores_can_be_left_out(mixtral):
    with moescope.record(mixtral, scores=False) as r, torch.no_grad():
        mixtral(torch.tensor([IDS]))
    assert r.trace.scores is None and r.trace.logits is None
    assert r.trace.ids_only


def test_dense_model_is_refused():
    config = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=64
    )
    model = transformers.LlamaForCausalLM(config)
    with pytest.raises(ValueError, match="expected one with MoE layers"), moescope.record(model):
        pass


def test_diffusion_model_is_recorded_canvas_by_canvas():
    config_class = transformers.CONFIG_MAPPING["diffusion_gemma"]
    text = config_class().text_config.to_dict() | {
        **{"vocab_size": 128, "hidden_size": 64, "intermediate_size": 48, "num_hidden_layers": 4},
        **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "num_experts": 8},
        **{"top_k_experts": 2, "moe_intermediate_size": 24, "per_layer_config": None},
        "layer_types": ["sliding_attention", "full_attention"] * 2,
    }
    config = config_class(**config_class().to_dict() | {"text_config": text, "vision_config": None})
    model = transformers.DiffusionGemmaForBlockDiffusion(config).eval()
    canvas = torch.arange(8)[None]
    with moescope.record(model) as r, torch.no_grad():
        model(input_ids=torch.tensor([IDS]), decoder_input_ids=canvas)
    trace, text_rows = r.trace, len(IDS)
    assert [token.id for token in trace.header.tokens] == [*IDS, *range(8)]
    assert trace.header.shape.layers == 8  # four of the encoder, four of the decoder
    assert (trace.experts[:text_rows, :4] >= 0).all() and (trace.experts[text_rows:, 4:] >= 0).all()
    assert (trace.experts[:text_rows, 4:] == -1).all() and (trace.experts[text_rows:, :4] == -1).all()


def routed(folder, engine: str, alter: str) -> RoutingTrace:
    model = open_model(str(folder), engine)
    tokens = tuple(model.token(id) for id in IDS)
    return EngineTrace(model, tokens, alterations=parse_alterations(alter)).trace()


@pytest.mark.parametrize(
    "alter", ["3.5-off", "3.5-force", "2.7-add2", "2.7-add-1.5", "5-k1", "1.1-off_1.2-force_4-k1"]
)
def test_alteration_is_the_one_of_the_numpy_engine(alter):
    folder = ROOT / "models" / "trio-16"
    theirs, ours = routed(folder, "transformers", alter), routed(folder, "numpy", alter)
    same = (np.sort(theirs.experts) == np.sort(ours.experts)).all(axis=-1)
    assert same.mean() > 0.95  # bfloat16 against float32: near ties fall either way
    assert theirs.header.origin["alter"] == alter


@pytest.mark.parametrize(
    "name",
    ["deepseek_v3", "gpt_oss", "granitemoe", "llama4_text", "ernie4_5_moe", "jamba", "longcat_flash"],
)
def test_expert_is_off_or_forced_in_other_families(name, tmp_path):
    folder = save(name, tmp_path / name)
    plain, off, forced = (routed(folder, "transformers", text) for text in ("", "1.3-off", "1.3-force"))
    assert not (off.experts[:, 0] == 3).any()
    assert (forced.experts[:, 0] == 3).any(axis=-1).all()
    assert not (plain.experts[:, 0] == 3).any(axis=-1).all()
    again = routed(folder, "transformers", "")
    assert (again.experts == plain.experts).all()


def test_masked_expert_gives_the_logits_of_a_model_with_that_expert_masked(mixtral, tmp_path):
    """The oracle: the same model whose router's row for that expert is minus infinity."""
    mixtral.save_pretrained(tmp_path)
    model = TransformersModel.open(find_model(str(tmp_path)))
    with torch.no_grad(), altered(model.model, model.layers, parse_alterations("2.3-off")):
        ours = model.model(torch.tensor([IDS])).logits
    mask = torch.zeros(8)
    mask[3] = -torch.inf
    gate = mixtral.model.layers[1].mlp.gate
    plain = gate.forward

    def masked(hidden):
        logits = torch.nn.functional.linear(hidden.reshape(-1, gate.hidden_dim), gate.weight) + mask
        weights, ids = torch.topk(logits.softmax(-1), 2, dim=-1)
        return logits, weights / weights.sum(-1, keepdim=True), ids

    try:
        gate.forward = masked
        with torch.no_grad():
            theirs = mixtral(torch.tensor([IDS])).logits
    finally:
        gate.forward = plain
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_alteration_of_a_hash_layer_is_refused(tmp_path):
    folder = save("deepseek_v4", tmp_path / "v4")
    with pytest.raises(EngineRefusal, match="has no effect"):
        routed(folder, "transformers", "1.3-force")
