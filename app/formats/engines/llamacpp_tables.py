"""Tables of moe-trace (llama.cpp pull request 28544) and of its forks, in the order of computation."""

from __future__ import annotations

import numpy as np

from ..bounds import needs, no_routing, truncated
from ..containers.opened import Opened
from ..containers.tables import Table, matrix_of
from ..findings import CaptureError, found
from ..hints import Hints
from ..stored import Array, Stored
from .cells import Batch, from_batches, split_batches
from .long_tables import choices_of

ENGINE = "llama.cpp"
COLUMNS = (("pos", "layer"), ("prompt", "step", "layer"))  # before the experts


def table_of(opened: Opened) -> Table | None:
    """Returns the table of a file; None if it is not one."""
    return opened.value if opened.container == "table" else None


def matches_layer_expert(opened: Opened) -> bool:
    """Recognises the columns `layer,expert` alone."""
    table = table_of(opened)
    return table is not None and set(table.columns) == {"layer", "expert"}


def read_layer_expert(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads choices in the order of computation: batch, layer, token, rank. The file does not state k."""
    table = opened.value
    layer, expert = table.integers("layer"), table.integers("expert")
    k = hints.any_k
    if k is None:
        raise needs(
            opened.name, "k, which is not in the file", "layer and expert alone", "give --k or --config"
        )
    batches = []
    for begin, end in split_batches(layer):
        last = end == len(layer)
        batches.append(Batch(by_layer(opened.name, layer[begin:end], expert[begin:end], k, last), {}))
    check_last(opened, batches)
    return [from_batches(ENGINE, batches)]


def batches_of(layer: Array, ids: Array) -> list[Batch]:
    """Returns forward passes from lines with a layer and ids [lines, K], in the order of computation."""
    batches = []
    for begin, end in split_batches(layer):
        part, rows = layer[begin:end], ids[begin:end]
        batches.append(Batch({int(one): rows[part == one] for one in np.unique(part)}, {}))
    return batches


def check_last(opened: Opened, batches: list[Batch]) -> None:
    """Raises CaptureError `truncated` if the file ends without a line break, within a batch."""
    layers = {layer for batch in batches for layer in batch.ids}
    if not opened.value.whole and set(batches[-1].ids) != layers:
        raise truncated(opened.name, f"{len(layers)} layers in each batch", "fewer at the end of the file")


def by_layer(name: str, layer: Array, expert: Array, k: int, last: bool) -> dict[int, Array]:
    """Returns ids [tokens, k] of each layer of one batch."""
    result = {}
    for number in np.unique(layer):
        held = expert[layer == number]
        if len(held) % k:
            got = f"{len(held)} choices in a batch of layer {number}"
            if last and number == layer[-1]:
                raise truncated(name, f"a multiple of k = {k}", got)
            advice = "give the k of the captured model"
            raise CaptureError("config-mismatch", name, f"a multiple of k = {k}", got, advice)
        result[int(number)] = held.reshape(-1, k)
    return result


def matches_phase(opened: Opened) -> bool:
    """Recognises the fork that writes `phase,token,layer,rank,expert`."""
    table = table_of(opened)
    return table is not None and {"phase", "token", "layer", "expert"} <= set(table.columns)


def read_phase(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads choices with token numbers; prompt and decoding are counted together."""
    stored = choices_of(opened, opened.value, hints).stored(ENGINE)
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


def read_layer_lists(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads one line per token and layer, batches in the order of computation."""
    table = opened.value
    layer, lists = table.integers("layer_id"), table.lists("expert_ids")
    widths = {len(one) for one in lists}
    if len(widths) > 1 and not table.whole and len(lists[-1]) < max(widths):
        raise truncated(opened.name, f"{max(widths)} experts a line", f"{len(lists[-1])} in the last one")
    if len(widths) > 1:
        raise no_routing(opened.name, "as many experts in each line", f"{sorted(widths)}", "check the lines")
    ids = np.array(lists, np.int64)
    batches = batches_of(layer, ids)
    check_last(opened, batches)
    return [from_batches(ENGINE, batches)]


def matches_headless(opened: Opened) -> bool:
    """Recognises lines of whole numbers without a header: CSV."""
    table = table_of(opened)
    return table is not None and not table.header and not table.comments and len(table.columns) >= 3


def matches_spaced(opened: Opened) -> bool:
    """Recognises the same with spaces as delimiters."""
    return matches_headless(opened) and opened.value.delimiter == " "


def read_headless(opened: Opened, hints: Hints) -> list[Stored]:
    """Reads `pos,layer,e0,..` (prompt rows have pos -1) or `prompt step layer e0 ..` (decoding only)."""
    matrix = matrix_of(opened.name, opened.value)
    columns = hints.columns or column_meanings(opened.name, matrix, hints)
    layer = matrix[:, columns.index("layer")]
    ids = matrix[:, [at for at, name in enumerate(columns) if name.startswith("e")]]
    if "step" in columns:
        return decode_steps(matrix[:, columns.index("prompt")], matrix[:, columns.index("step")], layer, ids)
    batches = batches_of(layer, ids)
    check_last(opened, batches)
    return [from_batches(ENGINE, batches)]


def column_meanings(name: str, matrix: Array, hints: Hints) -> tuple[str, ...]:
    """Returns the meaning of each column. Raises CaptureError if numbers and k allow several readings."""
    width = matrix.shape[1]
    k = hints.any_k
    readings: list[tuple[str, ...]] = []
    if (matrix[:, 0] == -1).any() or walks_layers(matrix, 1):
        readings.append(("pos", "layer"))
    if width > 3 and walks_layers(matrix, 2) and (np.diff(matrix[:, 0]) >= 0).all():
        readings.append(("prompt", "step", "layer"))
    if k is not None and not readings:  # one layer alone, say: nothing to walk through
        readings = [one for one in COLUMNS if fits(matrix, one, hints)]
    if k is not None:
        readings = [one for one in readings if width - len(one) == k]
    if len(readings) != 1:
        advice = "name them with --columns, as in --columns pos,layer,e0,e1"
        raise needs(name, "to know what the columns are", f"{width} columns without a header", advice)
    return (*readings[0], *(f"e{at}" for at in range(width - len(readings[0]))))


def fits(matrix: Array, columns: tuple[str, ...], hints: Hints) -> bool:
    """Returns whether a column of these holds layers of the model and the one before it never falls."""
    if matrix.shape[1] <= len(columns):
        return False
    at, most = len(columns) - 1, hints.any_layers or 0
    layer, before = matrix[:, at], matrix[:, at - 1]
    return bool((layer >= 0).all() and (layer < most).all() and (np.diff(before) >= 0).all())


def walks_layers(matrix: Array, column: int) -> bool:
    """Returns whether a column runs through the same layers repeatedly, dense ones left out."""
    numbers, at = np.unique(matrix[:, column], return_inverse=True)
    steps = np.diff(at)
    return bool(
        len(numbers) > 1 and (steps < 0).any() and ((steps <= 1) & ((steps >= 0) | (at[1:] == 0))).all()
    )


def decode_steps(prompt: Array, step: Array, layer: Array, ids: Array) -> list[Stored]:
    """Returns one value per prompt. The file has no rows for the prompt itself."""
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
