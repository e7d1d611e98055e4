"""Routing recorded during training: trace files beside the model's weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ...trace import RoutingTrace
from ..source import FinishedTrace

FILES = "snapshots/step-*.safetensors"


@dataclass(frozen=True)
class SnapshotTrace(FinishedTrace):
    """A recorded trace, and a hash of its file."""

    digest: str


class Snapshots:
    """The recordings of the models in a folder, by name and training step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def steps(self) -> dict[str, tuple[int, ...]]:
        """Returns the recorded steps of each model in ascending order."""
        found: dict[str, list[int]] = {}
        for path in sorted(self.folder.glob(f"*/{FILES}")):
            number = path.stem.removeprefix("step-")
            if number.isascii() and number.isdigit():
                found.setdefault(path.parts[-3], []).append(int(number))
        return {name: tuple(sorted(steps)) for name, steps in found.items()}

    def read(self, name: str, step: int) -> bytes:
        """Returns the file of a step. Raises OSError if it does not exist any more."""
        return (self.folder / name / "snapshots" / f"step-{step:06d}.safetensors").read_bytes()

    def open(self, name: str, step: int) -> SnapshotTrace:
        """Returns the trace of one snapshot, with its badge. Raises OSError or ValueError."""
        data = self.read(name, step)
        trace = RoutingTrace.from_bytes(data)
        last = self.steps()[name][-1]
        note = f"Recorded while {name} was trained: how it routed held-out text after step {step} of {last}."
        known = {"source": "recorded", "badge": "RECORDED", "note": note, "steps": last}
        header = replace(trace.header, origin={**trace.header.origin, **known})
        return SnapshotTrace(replace(trace, header=header), sha256(data).hexdigest())
