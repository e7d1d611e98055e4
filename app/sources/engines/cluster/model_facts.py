"""The sizes and the router of a model that runs elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from ....problem import show
from ....published.architectures.config_fields import ConfigError
from ....published.architectures.registry import load_config, read_config
from ....published.parameters import Parameters
from ....routing import ROUTERS
from ....shape import ModelShape
from ....trace import dump
from .engine_error import EngineError, nonsense, refused, without_experts
from .engines_setting import EngineAddress

MOST = {"layers": 512, "experts": 2048, "top_k": 512}
Kind = Literal["moescope-vllm", "vllm", "sglang"]
ENGINES: dict[Kind, str] = {"moescope-vllm": "vLLM", "vllm": "vLLM", "sglang": "SGLang"}


@dataclass(frozen=True)
class ModelFacts:
    """The facts of an engine's model that are known before a prompt runs."""

    engine: str  # the name in ENGINES
    kind: Kind
    model: str  # the name under which the engine serves it
    shape: ModelShape
    router: str  # a name in `routing.ROUTERS`; for an unknown router the engine's name
    settings: Mapping[str, float]
    all_layers: int  # dense ones included
    moe_layers: tuple[int, ...]  # numbers of the layers with experts
    version: str = ""

    @property
    def scores(self) -> bool:
        """Returns whether the engine returns scores and weights; others return only ids."""
        return self.kind == "moescope-vllm"

    @property
    def request_keys(self) -> dict[str, Any]:
        """Returns the request keys that the engine fixes: the model's own router, k, and no alterations."""
        known = self.router in ROUTERS
        return {
            "k": self.shape.top_k,
            "router": self.router if known else "topk",
            "alter": "",
            **(self.settings if known else {}),
        }

    @property
    def digest(self) -> str:
        """Returns a hash of all fields, equal as long as the engine serves the same model."""
        parts = (self.engine, self.kind, self.model, self.version, self.shape.to_json(), self.router)
        return sha256(dump([*parts, dict(self.settings)]).encode()).hexdigest()

    @property
    def note(self) -> str:
        """Returns one sentence for the menu."""
        gives = "scores and choices" if self.scores else "choices alone, without scores"
        shape = self.shape
        return (
            f"{self.model} on {ENGINES[self.kind]}: {shape.layers} layers of {shape.experts} experts, "
            f"{shape.top_k} per token; the engine gives {gives}"
        )

    def to_json(self) -> dict[str, Any]:
        """Returns the entry of `GET /api/models`."""
        return {
            "name": self.engine,
            "family": self.model,
            "engine": ENGINES[self.kind],
            "layers": self.shape.layers,
            "experts": self.shape.experts,
            "top_k": self.shape.top_k,
            "router": self.router,
            "scores": self.scores,
            "note": self.note,
        }


def facts_of_config(address: EngineAddress, kind: Kind, model: str, version: str) -> ModelFacts:
    """Returns the facts of an engine that returns only ids, from the operator's config.

    Raises EngineError if none is set or it cannot be read: without N and the dense layers, ids cannot be
    distinguished from filler.
    """
    if address.config is None:
        advice = f"the operator sets {address.config_variable} to the folder of its model"
        found = "expert ids without the model's sizes"
        raise EngineError(address.name, "config", found, "config.json and tokenizer.json", advice)
    parameters = parameters_of(address.name, address.config)
    config = parameters.config
    return ModelFacts(
        engine=address.name,
        kind=kind,
        model=model,
        shape=parameters.shape,
        router=config.routing.name,
        settings=config.routing.settings,
        all_layers=len(config.experts.layers) + len(config.dense_layers),
        moe_layers=config.experts.layers,
        version=version,
    )


def parameters_of(engine: str, folder: Path) -> Parameters:
    """Returns the counted parameters of a folder's config.json. Raises EngineError."""
    try:
        return Parameters(read_config(load_config(folder / "config.json")))
    except ConfigError as error:
        raise refused(
            engine, f"a config.json that cannot be used: {error}", "the operator corrects it"
        ) from None


def facts_of_plugin(address: EngineAddress, info: Mapping[str, Any]) -> ModelFacts:
    """Returns the facts of an engine with the plugin, from the plugin's description. Raises EngineError."""
    name = address.name
    layers = info.get("layers")
    if layers == []:
        raise without_experts(name)
    if not (isinstance(layers, list) and len(layers) <= MOST["layers"] and ascending(layers)):
        raise nonsense(name, show(layers), "the numbers of its MoE layers, ascending")
    experts, top_k = (size(name, info, key, MOST[key]) for key in ("experts", "top_k"))
    if top_k > experts:
        raise nonsense(name, f"{top_k} of {experts} experts", "k up to N")
    config = info.get("config")
    config = config if isinstance(config, dict) else {}
    rule = info.get("rule")
    router, settings = router_of(rule if isinstance(rule, dict) else {}, info.get("bias") is not None)
    return ModelFacts(
        engine=name,
        kind="moescope-vllm",
        model=str(info.get("model", ""))[:200],
        shape=shape_of(config, len(layers), experts, top_k),
        router=router,
        settings=settings,
        all_layers=max(layers) + 1,
        moe_layers=tuple(layers),
        version=f"vLLM {info.get('vllm')}, moescope-vllm {info.get('plugin')}"[:100],
    )


def ascending(layers: list[Any]) -> bool:
    """Returns whether these are layer numbers in ascending order."""
    whole = all(isinstance(layer, int) and 0 <= layer < 4096 for layer in layers)
    return whole and sorted(set(layers)) == layers


def size(engine: str, info: Mapping[str, Any], key: str, most: int) -> int:
    """Returns a size that the engine states. Raises EngineError."""
    value = info.get(key)
    if not (isinstance(value, int) and 1 <= value <= most):
        raise nonsense(engine, f"{key} {show(value)}", f"{key} from 1 to {most}")
    return value


def shape_of(config: Mapping[str, Any], layers: int, experts: int, top_k: int) -> ModelShape:
    """Returns the shape from the engine's config if its family is supported, else from the sizes alone.

    Widths of an unsupported config are used as given, 1 if absent. The page then draws the stack, but
    shows no parameter figures of other parts.
    """
    try:
        shape = Parameters(read_config(config)).shape
        if (shape.layers, shape.experts, shape.top_k) == (layers, experts, top_k):
            return shape
    except (ConfigError, ArithmeticError, RecursionError):
        pass
    widths = ("moe_intermediate_size", "intermediate_size")
    return ModelShape(
        layers=layers,
        experts=experts,
        top_k=top_k,
        d_model=width(config, "hidden_size"),
        d_expert=max(width(config, name) for name in widths[: 1 if widths[0] in config else 2]),
    )


def width(config: Mapping[str, Any], name: str) -> int:
    """Returns a width of a config, 1 if it has none."""
    value = config.get(name)
    return value if isinstance(value, int) and 1 <= value <= 1_000_000 else 1


def scale_of(rule: Mapping[str, Any]) -> float:
    """Returns the factor by which a rule scales the combine weights."""
    parts = (rule.get("scale", 1.0), rule.get("output_scale", 1.0))
    usable = all(isinstance(part, (int, float)) and 0 < part <= 1000 for part in parts)
    return float(parts[0] * parts[1]) if usable else 1.0


def router_of(rule: Mapping[str, Any], biased: bool) -> tuple[str, dict[str, float]]:
    """Returns the router's name here and its settings; for an unknown router, the engine's name."""
    scores, groups = rule.get("scores"), rule.get("groups") or 0
    own = str(rule.get("router", "unknown"))[:60]
    if rule.get("custom"):
        return own, {}
    limits = {
        "groups": groups or 1,
        "topk_groups": rule.get("topk_groups") or 1,
        "scale": scale_of(rule),
    }
    if scores == "sigmoid" and biased:
        return "sigmoid_bias", limits
    if scores == "softmax" and groups > 1 and not biased:
        return "group_limited", limits
    if scores == "softmax" and groups <= 1:
        if biased:
            return "softmax_bias", {}
        return ("topk_norm" if rule.get("renormalise") else "topk"), {}
    return own, {}
