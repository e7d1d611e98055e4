"""A checkpoint on disk: config, tensors, tokenizer, and whether this machine can run it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ...routing import Router, find_router
from ...shape import ModelShape
from ...trace import Floats
from .config import CheckpointError, Config
from .expert_processes import ExpertProcesses
from .families.family import Family
from .families.registry import FAMILIES, read_config
from .kept_weights import KeptWeights
from .products import thread_count
from .streamed import StreamedWeights
from .tensor_layout import check_tensors
from .tensors import Tensors, shards
from .tokenizer import Tokenizer

KEPT_BYTES = 256 << 20  # limit in float32 up to which weights stay in memory; larger models are streamed
PROCESS_BYTES = 512 << 20  # size on disk from which processes compute the experts
HASHED_WHOLE = 256 << 20  # a larger file is identified by header, size and modification time
CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass
class Checkpoint:
    """A model on disk. A small one is kept in float32, a large one streamed from its files."""

    folder: Path
    config: Config
    tensors: Tensors
    kept_bytes: int = KEPT_BYTES
    family: Family = field(init=False)
    kept: KeptWeights | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.family = family_of(self.config, self.tensors)
        check_tensors(self.config, self.family, self.tensors)
        check_memory(self.tensors.bytes, memory_bytes())
        numbers = self.shape.total_p + self.shape.rest
        plain = all(stored.type in ("F32", "F16", "BF16") for stored in self.tensors.stored.values())
        if self.family.kept and plain and not self.fused and 4 * numbers <= self.kept_bytes:
            self.kept = KeptWeights(self.config, self.family, self.tensors, numbers)

    @classmethod
    def open(cls, folder: Path, kept_bytes: int = KEPT_BYTES) -> Checkpoint:
        """Reads config.json and the weights' headers. Raises CheckpointError if the model cannot be run."""
        config = read_config(folder)  # first, so that an unknown type is reported before its tensors
        return cls(folder, config, Tensors(folder), kept_bytes)

    @property
    def fused(self) -> bool:
        """Returns whether all experts of a layer lie in one tensor."""
        return any(name.endswith(".experts.gate_up_proj") for name in self.tensors.stored)

    @property
    def shape(self) -> ModelShape:
        """Returns the sizes that the page shows."""
        return self.family.shape(self.config)

    @cached_property
    def weights(self) -> KeptWeights | StreamedWeights:
        """Returns the weights in the form of the forward pass."""
        if self.kept is not None:
            return self.kept
        layers = range(self.config.layers)
        return StreamedWeights(
            self.tensors, [self.family.layer(self.config, self.tensors, layer) for layer in layers]
        )

    @cached_property
    def processes(self) -> ExpertProcesses | None:
        """Starts processes for the experts of a large model; None if threads do as well or must do."""
        count = thread_count() - 1 if hasattr(os, "memfd_create") else 0  # Linux alone has it
        if self.kept is not None or self.tensors.bytes < PROCESS_BYTES or not count:
            return None
        try:
            return ExpertProcesses(self.folder, self.tensors.identity, self.config.d_model, count)
        except OSError:  # refused by the system
            return None

    @cached_property
    def router(self) -> Router:
        """Returns the router of the model's training: its settings and its selection bias."""
        settings = self.family.settings(self.config)
        router = find_router(self.family.router(self.config))
        router = router.with_settings(settings, self.config.experts, self.config.top_k)
        biases = self.weights.selection_biases
        return router.with_bias(np.stack(biases)) if biases else router

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The checkpoint's tokenizer. Raises CheckpointError if there is none."""
        return Tokenizer.open(self.folder, self.config.vocabulary)

    @cached_property
    def digest(self) -> str:
        """Returns a hash of everything that decides the routing: config, weights, tokenizer."""
        digest = hashlib.sha256()
        for path in (self.folder / "config.json", self.folder / "tokenizer.json", *shards(self.folder)):
            if path.exists():
                digest.update(path.name.encode() + fingerprint(path))
        return digest.hexdigest()[:16]

    @cached_property
    def final_norm(self) -> Floats:
        """The gain of the last norm: [D]."""
        return self.tensors.read("model.norm.weight")


def family_of(config: Config, tensors: Tensors) -> Family:
    """Returns the family of a config; block names follow transformers 5 if the published ones are missing."""
    family = FAMILIES[config.family]
    published = any(f".{family.block}." in name for name in tensors.stored)
    return family if published else replace(family, block="mlp")


def check_memory(needed: int, there: int) -> None:
    """Raises CheckpointError if the weights exceed the memory: each pass would read them from disk."""
    if needed > there:
        raise CheckpointError(
            f"weights: expected at most {there / 1e9:.1f} GB, the memory of this machine, got "
            f"{needed / 1e9:.1f} GB; use a smaller or quantised copy, or an engine on a larger machine"
        )


def memory_bytes() -> int:
    """Returns the memory of this machine, or of this container if less."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else []
    for path in CGROUP_LIMITS:
        try:
            limits.append(int(Path(path).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return min(limits, default=1 << 62)


def fingerprint(path: Path) -> bytes:
    """Returns a hash of a file; for a very large one, of its first megabyte, size and modification time."""
    status = path.stat()
    with path.open("rb") as file:
        if status.st_size <= HASHED_WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        known = file.read(1 << 20) + f"{status.st_size} {status.st_mtime_ns}".encode()
    return hashlib.sha256(known).digest()
