"""What llama.cpp and its forks write: moe-trace tables, lines and binaries, folders of .npy, imatrix counts.

Source: tools/imatrix/imatrix.cpp; pull request 28544 (moe-trace) and forks of it.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bounds import needs, no_routing, truncated
from .cells import Batch, from_batches, split_batches
from .findings import CaptureError, found
from .numpy_files import read_npy
from .opened import Asked, Opened
from .stored import Array, Stored, tokens_of
from .tables import Table

ENGINE = "llama.cpp"
LOGITS = re.compile(r"ffn_moe_(logits|topk|weights(?:_norm|_scaled)?)-(\d+)\.npy$")
COUNTS = re.compile(r"blk\.(\d+)\.ffn_(gate_up|gate|up|down)_exps\.weight\.counts$")
ATTENTION = re.compile(r"blk\.\d+\.(?:attn|ffn_gate_inp).*\.weight\.counts$")


def table_of(opened: Opened) -> Table | None:
    """Returns the table of a file; None where it is none."""
    return opened.value if opened.container == "table" else None


def matches_layer_expert(opened: Opened) -> bool:
    """Recognises `layer,expert` and nothing else."""
    table = table_of(opened)
    return table is not None and set(table.columns) == {"layer", "expert"}


def read_layer_expert(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads choices in the order of computation: batch, layer, token, rank. k is not in the file."""
    table = opened.value
    layer, expert = table.integers("layer"), table.integers("expert")
    k = asked.any_k
    if k is None:
        raise needs(
            opened.name, "k, which is not in the file", "layer and expert alone", "give --k or --config"
        )
    batches = []
    for begin, end in split_batches(layer):
        batches.append(Batch(by_layer(opened.name, layer[begin:end], expert[begin:end], k), {}))
    return [from_batches(ENGINE, batches)]


def by_layer(name: str, layer: Array, expert: Array, k: int) -> dict[int, Array]:
    """Returns ids [tokens, k] of each layer of one batch."""
    result = {}
    for number in np.unique(layer):
        held = expert[layer == number]
        if len(held) % k:
            got = f"{len(held)} choices in a batch of layer {number}"
            advice = "give the k of the captured model"
            raise CaptureError("config-mismatch", name, f"a multiple of k = {k}", got, advice)
        result[int(number)] = held.reshape(-1, k)
    return result


def matches_phase(opened: Opened) -> bool:
    """Recognises the fork that writes `phase,token,layer,rank,expert`."""
    table = table_of(opened)
    return table is not None and {"phase", "token", "layer", "expert"} <= set(table.columns)


def read_phase(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads choices with token numbers; prompt and decoding share one count."""
    from .long_tables import choices_of

    stored = choices_of(opened, opened.value, asked).stored(ENGINE)
    phases = opened.value.texts("phase")
    tokens = opened.value.integers("token")
    stored.sampled_last = any(phase != phases[0] for phase in phases)
    prefill = [token for token, phase in zip(tokens.tolist(), phases, strict=True) if phase.startswith("pre")]
    stored.prompt = max(prefill) + 1 if prefill else None
    return [stored]


def matches_layer_lists(opened: Opened) -> bool:
    """Recognises `layer_id,expert_ids` without tokens."""
    table = table_of(opened)
    return table is not None and {"layer_id", "expert_ids"} == set(table.columns)


def read_layer_lists(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads one line a token and layer, batches as they were computed."""
    table = opened.value
    layer, lists = table.integers("layer_id"), table.lists("expert_ids")
    widths = {len(one) for one in lists}
    if len(widths) > 1 and not table.whole and len(lists[-1]) < max(widths):
        raise truncated(opened.name, f"{max(widths)} experts a line", f"{len(lists[-1])} in the last one")
    if len(widths) > 1:
        raise no_routing(opened.name, "as many experts in each line", f"{sorted(widths)}", "check the lines")
    ids = np.array(lists, np.int64)
    batches = []
    for begin, end in split_batches(layer):
        part, rows = layer[begin:end], ids[begin:end]
        batches.append(Batch({int(one): rows[part == one] for one in np.unique(part)}, {}))
    return [from_batches(ENGINE, batches)]


def matches_headless(opened: Opened) -> bool:
    """Recognises lines of whole numbers without a header: CSV."""
    table = table_of(opened)
    return table is not None and not table.header and not table.comments and len(table.columns) >= 3


def matches_spaced(opened: Opened) -> bool:
    """Recognises the same with spaces between the numbers."""
    return matches_headless(opened) and opened.value.delimiter == " "


def matrix_of(name: str, table: Table) -> NDArray[np.int64]:
    """Returns all cells of a table of whole numbers. Raises CaptureError where the last line ends early."""
    columns = [table.columns[one] for one in table.columns]
    if any(column.null_count for column in columns):
        raise truncated(name, "whole lines of numbers", "empty cells")
    return np.stack([table.integers(one) for one in table.columns], axis=1)


def read_headless(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads `pos,layer,e0,..` (prompt rows have pos -1) or `prompt step layer e0 ..` (decoding alone)."""
    matrix = matrix_of(opened.name, opened.value)
    columns = asked.columns or told_columns(opened.name, matrix, asked)
    layer = matrix[:, columns.index("layer")]
    ids = matrix[:, [at for at, name in enumerate(columns) if name.startswith("e")]]
    if "step" in columns:
        return decode_steps(matrix[:, columns.index("prompt")], matrix[:, columns.index("step")], layer, ids)
    batches = []
    for begin, end in split_batches(layer):
        part, rows = layer[begin:end], ids[begin:end]
        batches.append(Batch({int(one): rows[part == one] for one in np.unique(part)}, {}))
    return [from_batches(ENGINE, batches)]


def told_columns(name: str, matrix: Array, asked: Asked) -> tuple[str, ...]:
    """Returns what the columns are, where the numbers and k leave one reading. Raises CaptureError else."""
    width = matrix.shape[1]
    k = asked.any_k
    readings: list[tuple[str, ...]] = []
    if (matrix[:, 0] == -1).any() or walks_layers(matrix, 1):
        readings.append(("pos", "layer"))
    if width > 3 and walks_layers(matrix, 2) and (np.diff(matrix[:, 0]) >= 0).all():
        readings.append(("prompt", "step", "layer"))
    if k is not None:
        readings = [one for one in readings if width - len(one) == k]
    if len(readings) != 1:
        advice = "name them with --columns, as in --columns pos,layer,e0,e1"
        raise needs(name, "to know what the columns are", f"{width} columns without a header", advice)
    return (*readings[0], *(f"e{at}" for at in range(width - len(readings[0]))))


def walks_layers(matrix: Array, column: int) -> bool:
    """Returns whether a column counts through the layers again and again."""
    values = matrix[:, column]
    steps = np.diff(values)
    numbers = np.unique(values)
    whole = len(numbers) > 1 and np.array_equal(numbers, np.arange(numbers[0], numbers[0] + len(numbers)))
    return bool(whole and ((steps >= 0) & (steps <= 1) | (values[1:] == numbers[0])).all())


def decode_steps(prompt: Array, step: Array, layer: Array, ids: Array) -> list[Stored]:
    """Returns one value a prompt; the rows of the prompt itself were never written."""
    result = []
    for one in np.unique(prompt):
        rows = prompt == one
        steps, numbers = np.unique(step[rows], return_inverse=True)
        layers, columns = np.unique(layer[rows], return_inverse=True)
        held = np.full((len(steps), len(layers), ids.shape[1]), -1, np.int64)
        held[numbers, columns] = ids[rows]
        stored = Stored(ENGINE, ids=held, layers=tuple(int(at) for at in layers), sampled_last=True)
        text = "the prompt has no routing: this tracer writes the steps of decoding alone"
        stored.findings.append(found("missing-rows", text + "; trace the prompt, too", token=0))
        result.append(stored)
    return result


def matches_lines(opened: Opened) -> bool:
    """Recognises JSON lines with `layer` and `experts` of a tensor each."""
    return opened.container == "jsonl" and any(
        isinstance(one, dict) and "n_used" in one and "experts" in one for one in opened.records[:4]
    )


def read_lines(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads tensors as they were computed: a batch begins where the layer number falls."""
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
    """Recognises int32 numbers with a header of three in front of each tensor, by walking all of them."""
    if opened.container != "binary" or len(opened.value) % 4 or len(opened.value) < 16:
        return False
    return any(walk(numbers_of(opened), order) for order in (1, 2))


def numbers_of(opened: Opened) -> Array:
    """Returns the file as int32 numbers."""
    return np.frombuffer(opened.value, "<i4", len(opened.value) // 4)


def walk(numbers: Array, tokens_at: int) -> list[tuple[int, int, int, int]]:
    """Returns layer, tokens, k and begin of each tensor; empty where the headers do not fit the file."""
    at, result = 0, []
    while at + 3 <= len(numbers):
        layer, tokens, k = int(numbers[at]), int(numbers[at + tokens_at]), int(numbers[at + 3 - tokens_at])
        if not (0 <= layer < 10_000 and tokens > 0 and 0 < k < 4096 and at + 3 + tokens * k <= len(numbers)):
            return []
        result.append((layer, tokens, k, at + 3))
        at += 3 + tokens * k
    return result if at == len(numbers) else []


def read_binary(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads tensors [tokens, k]. Two forks write the header in two orders; k tells which."""
    numbers = numbers_of(opened)
    k = asked.any_k
    readings = [
        one for one in (walk(numbers, 1), walk(numbers, 2)) if one and len({part[2] for part in one}) == 1
    ]
    if k is not None:
        readings = [one for one in readings if one[0][2] == k]
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
    """Recognises a folder with one .npy file a layer."""
    return opened.container == "folder" and any(LOGITS.search(name) for name in opened.files.names)


def read_folder(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads each prompt's folder: `router/ffn_moe_logits-N.npy`, tokens and text beside it."""
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
    """Returns one array [R, S, width] from one file a layer."""
    from .named_arrays import flat_rows, padded

    if not names:
        return None
    files = opened.files
    arrays = {at: flat_rows(read_npy(one, files.contents[one], files.bounds)) for at, one in names.items()}
    rows, width = (max(array.shape[axis] for array in arrays.values()) for axis in (0, 1))
    empty = np.zeros((0, width), next(iter(arrays.values())).dtype)
    return np.stack([padded(arrays.get(layer, empty), rows) for layer in layers], axis=1)


def numbers_in(opened: Opened, path: PurePosixPath) -> list[int] | None:
    """Returns the token ids of a JSON file of a folder; None where it is not there or something else."""
    data = opened.files.contents.get(str(path))
    if data is None:
        return None
    try:
        values: Any = json.loads(bytes(data))
    except (ValueError, RecursionError):
        return None
    if isinstance(values, dict):
        values = values.get("tokens", values.get("token_ids"))
    return (
        [int(one) for one in values]
        if isinstance(values, list) and all(isinstance(v, int) for v in values)
        else None
    )


def matches_imatrix(opened: Opened) -> bool:
    """Recognises GGUF files; one without counts is refused while it is read."""
    return opened.container == "gguf"


def read_imatrix(opened: Opened, asked: Asked) -> list[Stored]:
    """Reads how often each expert was used; gate, up and down hold the same counts, so one is taken."""
    counts: dict[str, dict[int, Array]] = {}
    for name, tensor in opened.value.tensors.items():
        match = COUNTS.search(name)
        if match and tensor.size > 1:
            counts.setdefault(match[2], {})[int(match[1])] = tensor.reshape(-1)
    if not counts:
        model = (
            "a model's own weights"
            if any("_exps.weight" in one for one in opened.value.names)
            else "no experts"
        )
        advice = "run llama-imatrix on the model with --output-format gguf"
        raise no_routing(opened.name, "counts of experts (llama-imatrix)", model, advice)
    best = max(("gate", "gate_up", "up", "down"), key=lambda kind: len(counts.get(kind, {})))
    held = counts[best]
    layers = tuple(sorted(held))
    experts = max(len(one) for one in held.values())
    stacked = np.stack([np.pad(held[layer], (0, experts - len(held[layer]))) for layer in layers])
    stored = Stored(ENGINE, counts=stacked[None], layers=layers, experts=experts)
    stored.k = used_experts(opened.value.tensors, float(stacked.sum(axis=1).max()))
    return [stored]


def used_experts(tensors: dict[str, Array], choices: float) -> int | None:
    """Returns k: choices of a layer over the tokens that its dense tensors counted."""
    rows = [
        float(one.reshape(-1)[0]) for name, one in tensors.items() if ATTENTION.search(name) and one.size == 1
    ]
    return round(choices / max(rows)) if rows and max(rows) > 0 else None
