"""Makes the parts of an atlas with Ray Data: the same files as in one process, by actors on many machines.

Needs the extra `ray`, and a folder that all machines share. RAY_ADDRESS names an existing cluster; without
it, a local one is started. One processor stays free for the task that feeds the actors; without it, the
run never ends.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..dataset.corpus import Document
from ..dataset.manifest import AtlasError, Part
from .routes import Routes
from .writer import Job, Run, make_part

Open = Callable[[], Routes]  # opens the engine inside an actor; must be picklable


class PartMaker:
    """An actor that opens the engine once and makes parts."""

    def __init__(self, folder: str, opened: Open) -> None:
        self.folder, self.routes = Path(folder), opened()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Makes the parts of a batch; returns the rows that the driver commits."""
        parts = [
            make_part(
                self.folder, self.routes, int(number), [Document(**each) for each in json.loads(documents)]
            )
            for number, documents in zip(batch["number"], batch["documents"], strict=True)
        ]
        names = ("number", "first", "documents", "tokens", "rows")
        return {name: [getattr(part, name) for part in parts] for name in names}


def with_ray(folder: Path, opened: Open) -> Run:
    """Returns a `run` for `writer.record`. Raises AtlasError if the extra is not installed."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise AtlasError(
            "--ray: expected the extra ray; install it with pip install 'moescope[ray]'"
        ) from error

    def run(job: Job, parts: Iterator[tuple[int, list[Document]]]) -> Iterator[Part]:
        waiting = [
            {"number": number, "documents": json.dumps([asdict(each) for each in documents])}
            for number, documents in parts
        ]
        if not waiting:
            return
        started = start(ray)
        try:
            actors = max(1, min(len(waiting), int(ray.cluster_resources().get("CPU", 2)) - 1))
            made = ray.data.from_items(waiting, override_num_blocks=len(waiting)).map_batches(
                PartMaker,
                fn_constructor_args=(str(folder.resolve()), opened),
                compute=ray.data.ActorPoolStrategy(size=actors),
                batch_size=1,
                num_cpus=1,
            )
            for row in made.iter_rows():
                yield Part(**{name: int(value) for name, value in row.items()})
        finally:
            if started:
                ray.shutdown()

    return run


def start(ray: Any) -> bool:
    """Connects to the cluster, or starts a local one; returns whether this call did."""
    started = not ray.is_initialized()
    if started:
        ray.init(
            address=os.environ.get("RAY_ADDRESS") or "local",
            include_dashboard=False,
            logging_level=logging.ERROR,
        )
    logging.getLogger("ray.data").setLevel(logging.WARNING)  # the run prints its own progress
    ray.data.DataContext.get_current().enable_progress_bars = False
    return started
