"""Tensors from tracers built on llama.cpp: JSON lines, a binary file, or a folder with one .npy per layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ..bounds import needs, truncated
from ..containers.json_text import parse
from ..containers.numpy_files import read_npy
from ..containers.opened import Opened
from ..hints import Hints
from ..stored import Array, Stored, tokens_of
from .axes import flat_rows, padded
from .cells import Batch, from_batches

ENGINE = "llama.cpp"
LOGITS = re.compile(r"ffn_moe_(logits|topk|weights(?:_norm|_scaled)?)-(\d+)\.npy$")


def matches_lines(opened: Opened) -> bool:
    """Recognises JSON lines that each hold `layer` and `experts` of one tensor."""
    return opened.container == "jsonl" and any(
        isinstance(one, dict) and "n_used" in one and "experts" in one for one in opened.records[:4]
    )


def read_lines(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads tensors in the order of computation. A batch begins where the layer number decreases."""
    batches: list[Batch] = []
    last = None
    for record in opened.records:
        if "experts" in record:
            layer = int(record["layer"])
            if last is None or layer <= last:
                batches.append(Batch({}, {}))
            last = layer
            rows = np.array(record["experts"], np.int64)
            due = record.get("n_tokens", len(rows))
            if due != len(rows):
                raise truncated(f"{opened.name}: layer {layer}", f"{due} rows", f"{len(rows)}")
            batches[-1].ids[layer] = rows
        elif "wlayer" in record and batches:
            batches[-1].weights[int(record["wlayer"])] = np.array(record["weights"], np.float32)
    return [from_batches(ENGINE, batches)]


def matches_binary(opened: Opened) -> bool:
    """Recognises int32 numbers with a three-number header before each tensor, by parsing the whole file."""
    if opened.container != "binary" or len(opened.value) < 16:
        return False
    return any(walk(numbers_of(opened), order) for order in (1, 2))


def numbers_of(opened: Opened) -> Array:
    """Returns the file as int32 numbers."""
    return np.frombuffer(opened.value, "<i4", len(opened.value) // 4)


Tensor = tuple[int, int, int, int]  # layer, tokens, k, offset of its ids


def walk(numbers: Array, tokens_at: int) -> list[Tensor]:
    """Returns the tensors of a file, a truncated last one included; empty if the headers do not fit."""
    at, result = 0, []
    while at + 3 <= len(numbers):
        layer, tokens, k = int(numbers[at]), int(numbers[at + tokens_at]), int(numbers[at + 3 - tokens_at])
        if not (0 <= layer < 10_000 and 0 < tokens < 2**24 and 0 < k < 4096):
            return []
        result.append((layer, tokens, k, at + 3))
        at += 3 + tokens * k
    return result


def is_whole(tensors: Sequence[Tensor], size: int) -> bool:
    """Returns whether the last tensor ends with the file."""
    _, tokens, k, begin = tensors[-1]
    return 4 * (begin + tokens * k) == size


def read_binary(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads tensors [tokens, k]. Two forks order the header differently; k tells them apart."""
    numbers = numbers_of(opened)
    k = hints.any_k
    both = {tuple(walk(numbers, order)) for order in (1, 2)}  # one where both orders say the same
    readings = [one for one in both if one and len({part[2] for part in one}) == 1]
    if k is not None:
        readings = [one for one in readings if one[0][2] == k]
    whole = [one for one in readings if is_whole(one, len(opened.value))]
    if readings and not whole:
        raise truncated(opened.name, "the ids of every tensor", "the end of the file within one")
    readings = whole
    if len(readings) == 2:
        raise needs(
            opened.name, "k, which tells two orders of the header apart", "none", "give --k or --config"
        )
    if not readings:
        got = "headers that do not fit" + (f" k = {k}" if k else "")
        raise truncated(opened.name, "tensors with layer, tokens and k in front", got)
    batches: list[Batch] = []
    last = None
    for layer, tokens, width, begin in readings[0]:
        if last is None or layer <= last:
            batches.append(Batch({}, {}))
        last = layer
        batches[-1].ids[layer] = numbers[begin : begin + tokens * width].reshape(tokens, width)
    return [from_batches(ENGINE, batches)]


def matches_folder(opened: Opened) -> bool:
    """Recognises a folder with one .npy file per layer."""
    return opened.container == "folder" and any(LOGITS.search(name) for name in opened.files.names)


def read_folder(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads the folder of each prompt: `router/ffn_moe_logits-N.npy`, with tokens and text beside it."""
    groups: dict[str, dict[str, dict[int, str]]] = {}
    for name in opened.files.names:
        match = LOGITS.search(name)
        if match:
            folder = str(PurePosixPath(name).parent)
            groups.setdefault(folder, {}).setdefault(match[1], {})[int(match[2])] = name
    return [of_folder(opened, folder, parts) for folder, parts in sorted(groups.items())]


def of_folder(opened: Opened, folder: str, parts: dict[str, dict[int, str]]) -> Stored:
    """Reads the arrays of one prompt; rows of a short layer belong to the last tokens."""
    layers = tuple(sorted({layer for one in parts.values() for layer in one}))
    stored = Stored(ENGINE, layers=layers)
    stored.logits = joined(opened, parts.get("logits"), layers)
    stored.ids = joined(opened, parts.get("topk"), layers)
    weights = next((one for name, one in parts.items() if name.startswith("weights")), None)
    stored.weights = joined(opened, weights, layers)
    root = PurePosixPath(folder).parent if PurePosixPath(folder).name == "router" else PurePosixPath(folder)
    prompt = numbers_in(opened, root / "prompt_tokens.json")
    written = numbers_in(opened, root / "generated_tokens.json")
    if prompt is not None:
        stored.prompt = len(prompt)
        stored.tokens = tokens_of([*prompt, *(written or ())])
        stored.total, stored.sampled_last = len(stored.tokens), bool(written)
    return stored


def joined(opened: Opened, names: dict[int, str] | None, layers: tuple[int, ...]) -> Array | None:
    """Returns one array [R, S, width] from one file per layer."""
    if not names:
        return None
    files = opened.files
    arrays = {at: flat_rows(read_npy(one, files.contents[one], files.bounds)) for at, one in names.items()}
    rows, width = (max(array.shape[axis] for array in arrays.values()) for axis in (0, 1))
    empty = np.zeros((0, width), next(iter(arrays.values())).dtype)
    return np.stack([padded(arrays.get(layer, empty), rows) for layer in layers], axis=1)


def numbers_in(opened: Opened, path: PurePosixPath) -> list[int] | None:
    """Returns the token ids of a JSON file of a folder; None if it is not there or something else."""
    data = opened.files.contents.get(str(path))
    if data is None:
        return None
    values: Any = parse(str(path), bytes(data).decode("utf-8", "replace"))
    if isinstance(values, dict):
        values = values.get("tokens", values.get("token_ids"))
    return (
        [int(one) for one in values]
        if isinstance(values, list) and all(isinstance(v, int) for v in values)
        else None
    )
