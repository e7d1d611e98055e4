"""Arrays that a hook saved: logits of each layer, or logits, weights and ids together.

transformers returns `router_logits` as a tuple of [batch x tokens, N], one per router. People save it as it
is, as a list, a stack, a dictionary, or one array per layer, in .pt, .npz or .safetensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...trace import Token
from ..bounds import no_routing
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Array, Stored, tokens_of
from ..texts import joined
from .axes import aligned, shape_of

IDS = (
    *(
        "experts",
        "expert_ids",
        "routed_experts",
        "topk_ids",
        "topk_indices",
        "top_indices",
        "selected_experts",
    ),
    *("top_k_index", "router_indices", "expert_indices", "ids", "indices"),
)
WEIGHTS = (
    *("weights", "routing_weights", "topk_weights", "top_k_weights", "expert_weights", "gate_weights"),
    *("router_scores", "selected_probs"),
)
LOGITS = ("router_logits", "logits", "gate_logits", "router_logit")
SCORES = ("scores", "probs", "router_probs", "gate_scores", "probabilities")
TOKEN_IDS = ("token_ids", "input_ids", "tokens_ids", "prompt_token_ids", "sequences")
TEXTS = ("texts", "tokens", "token_texts", "token_strs")
LAYER = re.compile(r"(?:layers?|blk|block|h)[._\-\[]*(\d+)")
NUMBER = re.compile(r"(\d+)")
CONTAINERS = ("pt", "npz", "safetensors")


@dataclass
class Named:
    """The arrays of a file by their part (logits, weights, ids), with layers as found."""

    ids: Any = None
    weights: Any = None
    logits: Any = None
    scores: Any = None
    token_ids: Any = None
    texts: list[str] | None = None
    text: str | None = None
    mask: Any = None
    layers: tuple[int, ...] | None = None
    extra: list[str] = field(default_factory=list)


def is_array(value: Any, kinds: str = "fiu") -> bool:
    """Returns whether `value` is an array of one of these kinds of numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind in kinds


def is_rows(value: Any, kinds: str) -> bool:
    """Returns whether `value` is a list of arrays, or a list of lists of arrays: one entry per layer."""
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(is_array(one, kinds) and one.ndim in (2, 3) for one in value) or all(
        isinstance(one, list | tuple) and is_rows(one, kinds) for one in value
    )


def named(opened: Opened) -> Named | None:
    """Returns the arrays of a file by their part; None if there are none."""
    if opened.container not in CONTAINERS:
        return None
    value = opened.value
    if is_rows(value, "f"):
        return Named(logits=value)
    if is_rows(value, "iu"):
        return Named(ids=value)
    if isinstance(value, list | tuple) and value and all(isinstance(one, tuple) for one in value):
        return by_layer(dict(enumerate(value)))
    if not isinstance(value, Mapping):
        return None
    return by_name(value) or by_layer(value)


def by_name(value: Mapping[Any, Any]) -> Named | None:
    """Reads a dictionary whose keys name the parts."""
    parts = Named()
    for part, names in (("ids", IDS), ("weights", WEIGHTS), ("logits", LOGITS), ("scores", SCORES)):
        kinds = "iu" if part == "ids" else "f"
        for name in names:
            held = value.get(name)
            if is_array(held, kinds) or is_rows(held, kinds):
                setattr(parts, part, held)
                break
    if parts.ids is None and parts.logits is None and parts.scores is None:
        return None
    parts.token_ids = next((value[name] for name in TOKEN_IDS if is_array(value.get(name), "iu")), None)
    parts.mask = value.get("attention_mask") if is_array(value.get("attention_mask"), "iub") else None
    parts.texts = next((texts_of(value[name]) for name in TEXTS if texts_of(value.get(name))), None)
    parts.text = value["text"] if isinstance(value.get("text"), str) else None
    return parts


def texts_of(value: Any) -> list[str] | None:
    """Returns token texts from an array or a list of texts."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "U" and value.ndim == 1:
        return [str(one) for one in value]
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return value
    return None


def by_layer(value: Mapping[Any, Any]) -> Named | None:
    """Reads a dictionary with one entry per layer: an array, a tuple, or a dictionary of parts."""
    numbers = {key: layer_of(key) for key in value}
    layers = {key: number for key, number in numbers.items() if number is not None and is_part(value[key])}
    if not layers or len(set(layers.values())) < len(layers):
        return None
    parts = Named()
    for key in sorted(layers, key=lambda one: layers[one]):
        for part, array in parts_of(value[key]).items():
            setattr(parts, part, [*(getattr(parts, part) or ()), array])
    if any("layer" in str(key) or "blk" in str(key) for key in layers):
        parts.layers = tuple(sorted(layers.values()))
    held = [one for one in (parts.ids, parts.weights, parts.logits) if one is not None]
    if not held or any(len(one) != len(layers) for one in held):
        return None
    parts.token_ids = next((value[name] for name in TOKEN_IDS if is_array(value.get(name), "iu")), None)
    return parts if parts.ids is not None or parts.logits is not None else None


def layer_of(key: Any) -> int | None:
    """Returns the layer that a key names: the number after `layer`, else its only number."""
    if isinstance(key, int):
        return key
    if not isinstance(key, str) or key in TOKEN_IDS:
        return None
    match = LAYER.search(key)
    if match:
        return int(match[1])
    numbers = NUMBER.findall(key)
    return int(numbers[-1]) if numbers else None


def is_part(value: Any) -> bool:
    """Returns whether an entry holds arrays of one layer."""
    return bool(parts_of(value))


def parts_of(value: Any) -> dict[str, Array]:
    """Returns the parts of one layer. Floats are logits if they are alone or first, else weights."""
    if is_array(value) and value.ndim in (2, 3):
        return {"ids" if value.dtype.kind in "iu" else "logits": value}
    if isinstance(value, tuple | list) and value and all(is_array(one) and one.ndim >= 2 for one in value):
        floats = [one for one in value if one.dtype.kind == "f"]
        ids = [one for one in value if one.dtype.kind in "iu"]
        wide = max(floats, key=lambda one: one.shape[-1], default=None)
        found = {"ids": ids[0]} if ids else {}
        for one in floats:
            same = (
                bool(ids)
                and one.shape[-1] == ids[0].shape[-1]
                and one is not (wide if len(floats) > 1 else None)
            )
            found["weights" if same else "logits"] = one
        return found
    if isinstance(value, Mapping):
        inner = by_name(value)
        held = {} if inner is None else vars(inner)
        return {part: held[part] for part in ("ids", "weights", "logits") if is_array(held.get(part))}
    return {}


def matches_logits(opened: Opened) -> bool:
    """Recognises logits or scores of each layer without ids."""
    parts = named(opened)
    return parts is not None and parts.ids is None


def matches_hook(opened: Opened) -> bool:
    """Recognises ids with logits, scores or weights."""
    parts = named(opened)
    return (
        parts is not None
        and parts.ids is not None
        and (parts.weights is not None or parts.logits is not None)
    )


def matches_ids(opened: Opened) -> bool:
    """Recognises ids alone, with at least three axes or one array per layer."""
    parts = named(opened)
    if parts is None or parts.ids is None:
        return False
    return not is_array(parts.ids) or parts.ids.ndim >= 3


def read(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the arrays of one run; for a batch, one value per sequence."""
    parts = named(opened)
    if parts is None:
        raise no_routing(opened.name, "arrays named logits, experts or weights", "others", "rename them")
    tokens = None if parts.token_ids is None else np.atleast_2d(parts.token_ids)
    rows = None if tokens is None else tokens.shape[-1]
    batch = 1 if tokens is None else len(tokens)
    ids = aligned(parts.ids, rows, batch, hints, hints.any_k)
    logits = aligned(parts.logits, rows, batch, hints, hints.any_experts, shape_of(ids))
    scores = aligned(parts.scores, rows, batch, hints, hints.any_experts, shape_of(ids))
    weights = aligned(parts.weights, rows, batch, hints, hints.any_k, shape_of(ids))
    if weights is not None and ids is not None and weights.shape != ids.shape:
        if logits is None and weights.shape[:2] == ids.shape[:2]:
            scores, weights = weights, None
        else:
            raise no_routing("weights", f"{ids.shape}, as the ids", f"{weights.shape}", "save both alike")
    whole = Stored(
        "transformers", ids=ids, weights=weights, logits=logits, scores=scores, layers=parts.layers
    )
    whole.text = parts.text
    whole.small_type = ids is not None and ids.dtype == np.uint8
    return split(whole, parts, tokens)


def split(whole: Stored, parts: Named, tokens: Array | None) -> list[Stored]:
    """Returns one value per sequence without padding; all rows together if they are not a whole batch."""
    if tokens is None:
        return [with_tokens(whole, None, parts.texts)]
    batch, length = tokens.shape
    rows = next(one for one in (whole.ids, whole.logits, whole.scores) if one is not None).shape[0]
    if batch == 1 or rows != batch * length:
        return [with_tokens(whole, tokens.reshape(-1).tolist(), parts.texts)]
    result = []
    for at in range(batch):
        kept = np.arange(length) if parts.mask is None else np.flatnonzero(parts.mask[at])
        columns = {
            name: held[at * length + kept]
            for name in ("ids", "weights", "logits", "scores")
            if (held := getattr(whole, name)) is not None
        }
        one = Stored(whole.engine, layers=whole.layers, small_type=whole.small_type, **columns)
        result.append(with_tokens(one, tokens[at][kept].tolist(), None))
    return result


def with_tokens(stored: Stored, ids: Sequence[int] | None, texts: list[str] | None) -> Stored:
    """Adds token ids and texts. Text without token boundaries is joined if the file has no other."""
    if ids is not None:
        stored.tokens = tokens_of(list(ids), texts)
    elif texts is not None:
        stored.tokens = tuple(Token(text) for text in texts)
    stored.total = None if stored.tokens is None else len(stored.tokens)
    if stored.text is None and texts is not None:
        stored.text = joined(texts)
    return stored
