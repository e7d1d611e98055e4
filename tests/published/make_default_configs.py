"""Writes tests/data/published/defaults.json: default configs of transformers' MoE types, and their counts.

Needs the extra `train`; `make parity` leaves it alone. Run it after an update of transformers:
`python -m tests.published.make_default_configs`. The models are built on the meta device, without memory.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pkgutil
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

OUT = Path(__file__).parents[1] / "data" / "published" / "defaults.json"
EXPERTS = re.compile(r"^class \w*(Experts|MoE|Moe|SparseMoeBlock|SparseMLP)\b", re.MULTILINE)
HEADS = ("AutoModelForCausalLM", "AutoModelForSeq2SeqLM", "AutoModelForMaskedLM", "AutoModel")
GEMMA = {"num_experts": 128, "top_k_experts": 8, "moe_intermediate_size": 704}
CHANGES: dict[str, dict[str, Any]] = {  # without these the default of a type builds no model, or no experts
    "dbrx": {"attn_config": {"rope_theta": 500000.0}},
    "deepseek_ocr2": {
        "num_experts_per_tok": 6,
        "n_group": 1,
        "topk_group": 1,
        "mlp_layer_types": ["sparse"] * 32,
    },
    "deepseek_v2": {"num_experts_per_tok": 6},
    "diffusion_gemma": GEMMA,
    "dots1": {"n_routed_experts": 128, "n_shared_experts": 2, "num_experts_per_tok": 6},
    "gemma4": {**GEMMA, "enable_moe_block": True, "hidden_size_per_layer_input": 0},
    "hunyuan_v1_moe": {"head_dim": 128, "num_experts": 16, "moe_topk": 2},
    "lfm2_moe": {"layer_types": ["full_attention" if i % 4 == 2 else "conv" for i in range(32)]},
    "qwen4_exp": {
        "indexer_n_heads": 4,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 256,
        "indexer_budget": 2048,
        "indexer_compress_ratio": 4,
    },
}
HEADLESS = {"openai_privacy_filter"}  # encoders: no head is missing
LEFT_OUT = {  # what a config.json says that no count depends on
    *("transformers_version", "dtype", "use_cache", "output_attentions", "output_hidden_states"),
    *("return_dict", "chunk_size_feed_forward", "is_encoder_decoder", "id2label", "label2id", "problem_type"),
    *("bos_token_id", "eos_token_id", "pad_token_id", "initializer_range", "rope_parameters"),
    *("attention_dropout", "max_position_embeddings", "rope_scaling", "rope_theta", "output_router_logits"),
    *(
        "_name_or_path",
        "rms_norm_eps",
        "router_aux_loss_coef",
        "sliding_window",
        "ignore_keys_at_rope_validation",
    ),
}


def main() -> None:
    """Writes the file, with the version of transformers as its origin."""
    found = {name: case for name in model_types() if (case := case_of(name))}
    origin = (
        f"default configs of transformers {transformers.__version__}, counted on the meta device of torch"
    )
    OUT.write_text(json.dumps({"origin": origin, "cases": found}, indent=1, sort_keys=True) + "\n")
    print(f"{len(found)} cases")


def model_types() -> Iterator[str]:
    """Yields the model types whose modeling file has a class of experts."""
    for folder in pkgutil.iter_modules(transformers.models.__path__):
        for path in Path(transformers.models.__path__[0], folder.name).glob("modeling_*.py"):
            if EXPERTS.search(path.read_text(encoding="utf-8")):
                yield folder.name
                break


def case_of(name: str) -> dict[str, Any] | None:
    """Returns config, total and split of the default model of a type; None if it has no experts."""
    try:
        config = text_config(name)
        model = build(config)
    except Exception as error:
        print(name, "left out:", repr(error)[:100])
        return None
    experts = experts_of(model)
    if not experts:
        return None
    values = json.loads(config.to_json_string(use_diff=False))
    total = total_of(model) + (0 if name in HEADLESS else missing_head(model, config))
    return {"config": pruned(values), "total": total, "experts": experts}


def missing_head(model: nn.Module, config: Any) -> int:
    """Returns the parameters of the output head that the text part of a wrapper has in the wrapper."""
    if model.get_output_embeddings() is not None or getattr(config, "tie_word_embeddings", False):
        return 0
    return int(model.get_input_embeddings().weight.numel())


def text_config(name: str) -> Any:
    """Returns the default config of a type, of the text part where it is a wrapper."""
    known = transformers.CONFIG_MAPPING
    key = next((k for k in (name, name.replace("_", "-"), f"{name}_mm_model") if k in known), name)
    config = known[key]()
    config = config if config.is_encoder_decoder else config.get_text_config(decoder=True)
    return type(config)(**CHANGES[name]) if name in CHANGES else config


def build(config: Any) -> nn.Module:
    """Returns the language model of a config on the meta device. Raises the error of the last class."""
    with torch.device("meta"), limited(240):
        return class_or_head(config)


def class_or_head(config: Any) -> nn.Module:
    """Returns the model of the first automatic class that takes a config, else of its own class."""
    for head in HEADS:
        with contextlib.suppress(Exception):
            model = getattr(transformers, head).from_config(config)
            model.tie_weights()
            return model
    return class_of(config)._from_config(config)


def class_of(config: Any) -> Any:
    """Returns the class of models that takes a config for which there is no automatic class."""
    module = importlib.import_module(type(config).__module__.replace(".configuration_", ".modeling_"))
    takers = [c for c in vars(module).values() if getattr(c, "config_class", None) is type(config)]
    order = ("ForCausalLM", "ForConditionalGeneration", "TextModel", "Model")
    return next(
        c for end in order for c in takers if c.__name__.endswith(end) and "PreTrained" not in c.__name__
    )


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raises TimeoutError in what takes longer."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def counted(name: str) -> bool:
    """Returns whether a tensor is a parameter, not a bias of selection or a table."""
    return not re.search(r"correction_bias|tid2eid|balancing_bias|expert_bias$", name)


def total_of(model: nn.Module) -> int:
    """Returns the number of parameters, tied matrices once."""
    return sum(p.numel() for name, p in model.named_parameters() if counted(name))


def experts_of(model: nn.Module) -> int:
    """Returns the parameters in modules named experts, shared ones left out."""
    named = model.named_parameters()
    return sum(p.numel() for name, p in named if ".experts." in f".{name}" and "shared" not in name)


def pruned(values: dict[str, Any]) -> dict[str, Any]:
    """Returns a config without what no count depends on."""
    return {key: value for key, value in values.items() if key not in LEFT_OUT}


if __name__ == "__main__":
    main()
