"""Megatron-LM's counts of tokens per expert: assigns each rank's file to its experts and layers.

Source: megatron/training/activation_logging.py, `save_tpe`. Each rank appends to `rankN.jsonl` the tokens of
its own experts; layers are numbered within its pipeline stage. The order of ranks is that of
megatron/core/parallel_state.py for experts: expert tensor parallel varies fastest, then expert parallel, then
data parallel, then pipeline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...trace import Counts
from ..dataset.manifest import AtlasError

MOST_STEPS = 2000
MOST_BYTES = 256 * 2**20  # limit on one file
RANK = re.compile(r"rank(\d{1,6})\.jsonl")
Cells = dict[tuple[int, int], Counts]  # (iteration, layer) -> tokens per expert of a rank


@dataclass(frozen=True)
class Parallelism:
    """Parallel sizes of a run. Ranks beyond their product are data-parallel copies, which are summed."""

    expert: int  # ranks that divide the experts of a layer evenly, in order
    pipeline: int = 1  # stages, each with consecutive layers
    expert_tensor: int = 1  # ranks that share each expert and count the same tokens

    def place(self, rank: int, ranks: int) -> tuple[int, int, int]:
        """Returns the pipeline stage, the part of the experts, and the tensor part that a rank holds."""
        stage, within = divmod(rank, ranks // self.pipeline)
        return stage, within // self.expert_tensor % self.expert, within % self.expert_tensor


def joined(paths: dict[int, Path], parallelism: Parallelism) -> tuple[list[int], Counts]:
    """Returns iterations [S] and tokens per expert [S, L, N] from the files of all ranks.

    Microbatches and data-parallel copies are summed. Raises AtlasError naming the file that does not fit.
    """
    check(paths, parallelism)
    stages: list[list[Cells]] = [[{} for _ in range(parallelism.expert)] for _ in range(parallelism.pipeline)]
    for rank in sorted(paths):
        stage, part, piece = parallelism.place(rank, len(paths))
        if piece == 0:
            add(paths[rank], stages[stage][part], dict(read_counts(paths[rank])))
    rows = [stage_rows(paths[min(paths)].parent, parts) for parts in stages]
    steps, folder = rows[0][0], paths[0].parent
    if any(found != steps for found, _ in rows):
        raise AtlasError(f"{folder}: expected the same iterations in every pipeline stage, got others")
    if len({counts.shape[-1] for _, counts in rows}) > 1:
        raise AtlasError(f"{folder}: tpe: expected as many experts in every stage, got several sizes")
    return steps, np.concatenate([counts for _, counts in rows], axis=1)


def check(paths: dict[int, Path], parallelism: Parallelism) -> None:
    """Raises AtlasError if ranks are missing, or if their number does not divide."""
    folder = paths[min(paths)].parent
    if sorted(paths) != list(range(len(paths))):
        missing = sorted(set(range(max(paths) + 1)) - set(paths))
        raise AtlasError(f"{folder}: expected a file of every rank, got none of {missing[:8]}")
    sizes = (parallelism.expert, parallelism.pipeline, parallelism.expert_tensor)
    if min(sizes) < 1 or len(paths) % int(np.prod(sizes)):
        raise AtlasError(
            f"{folder}: ep, pp, etp: expected sizes whose product divides {len(paths)} ranks, got {sizes}"
        )


def add(path: Path, known: Cells, found: Cells) -> None:
    """Adds the counts of another data-parallel copy. Raises AtlasError if its cells differ."""
    if known and set(found) != set(known):
        raise AtlasError(f"{path}: expected the iterations and layers of the ranks before, got others")
    for cell, counts in found.items():
        if cell in known and known[cell].shape != counts.shape:
            raise AtlasError(f"{path}: tpe: expected {known[cell].shape[0]} experts, got {counts.shape[0]}")
        known[cell] = known[cell] + counts if cell in known else counts


def stage_rows(folder: Path, parts: list[Cells]) -> tuple[list[int], Counts]:
    """Returns iterations and counts [S, L, N] of one stage: the experts of its parts in order."""
    cells = set(parts[0])
    if not cells:
        raise AtlasError(f"{folder}: expected at least one line of a decoder layer, got none")
    if any(set(part) != cells for part in parts):
        raise AtlasError(
            f"{folder}: expected the iterations and layers of rank 0 in every rank, got others; "
            "name the parallelism of the run: ep, pp, etp"
        )
    steps, layers = sorted({step for step, _ in cells}), sorted({layer for _, layer in cells})
    if len(cells) != len(steps) * len(layers) or len(steps) > MOST_STEPS:
        raise AtlasError(f"{folder}: expected every layer at each of at most {MOST_STEPS} iterations")
    rows = [[[part[step, layer] for part in parts] for layer in layers] for step in steps]
    if len({len(counts) for step in rows for row in step for counts in row}) > 1:
        raise AtlasError(f"{folder}: tpe: expected as many experts in every layer, got several sizes")
    return steps, np.array([[np.concatenate(row) for row in step] for step in rows], np.int64)


def read_counts(path: Path) -> Iterator[tuple[tuple[int, int], Counts]]:
    """Yields (iteration, layer) and counts [N] of each line, microbatches summed. Raises AtlasError."""
    if path.stat().st_size > MOST_BYTES:
        raise AtlasError(f"{path}: expected at most {MOST_BYTES} bytes")
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                found = json.loads(line)
                if found.get("block", "decoder") != "decoder":
                    continue
                counted = np.array(found["tpe"], np.int64)
                key = int(found["iter"]), int(found["layer"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise AtlasError(
                    f"{path}: line {number}: expected iter, layer and tpe, got {error}"
                ) from error
            if counted.ndim != 2 or counted.min(initial=0) < 0:
                raise AtlasError(f"{path}: line {number}: tpe: expected lists of counts, got {counted.shape}")
            yield key, counted.sum(axis=0)
