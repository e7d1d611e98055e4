"""`record MODEL --corpus texts.jsonl -o atlas/`: routes a corpus and writes an atlas."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import Settings

if TYPE_CHECKING:
    from ..atlas.recording.ray_run import Open

HELDOUT = "heldout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of a corpus to `record`."""
    parser.add_argument(
        "--corpus",
        metavar="FILE",
        help='JSON Lines of {"text": "..."}, with domain, language and split as known; '
        f"or {HELDOUT!r}, the text that comes with the models",
    )
    parser.add_argument("--ray", action="store_true", help="make the parts with Ray Data (extra ray)")


def run(settings: Settings, options: argparse.Namespace, opened: Open | None = None) -> int:
    """Records; returns 2 with a message if it cannot, 130 after Ctrl-C.

    `options`: model, corpus, out (a folder), ray. `opened` opens another engine than numpy.
    """
    from ..atlas.dataset.manifest import AtlasError
    from ..atlas.recording.writer import one_by_one, record

    out = Path(options.out)
    try:
        opened = opened or numpy_opener(settings, options.model)
        documents, about = corpus_of(settings, options.corpus)
        runner = one_by_one
        if options.ray:
            from ..atlas.recording.ray_run import with_ray

            runner = with_ray(out, opened)  # type: ignore[assignment]
        show = ProgressLine(time.monotonic())
        known = record(out, opened(), documents, about, show, runner)
    except (AtlasError, ValueError, OSError) as error:
        print(f"record: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{out}: stopped; the parts so far are whole, the same command goes on", file=sys.stderr)
        return 130
    print(f"{out}: {known.documents:,} documents, {known.tokens:,} tokens")
    for name, count in about.get("unlabelled", {}).items():
        print(f"{name}: {count:,} documents have none")
    return 0


def corpus_of(settings: Settings, name: str) -> tuple[Any, dict[str, Any]]:
    """Returns the documents of a corpus and its entry in the manifest. Raises AtlasError, OSError."""
    from ..atlas.dataset.corpus import Corpus
    from ..atlas.shipped import heldout_corpus
    from ..measuring.heldout import HeldOut

    if name == HELDOUT:
        return heldout_corpus(HeldOut.open(settings.models))
    corpus = Corpus.open(Path(name))
    return corpus, corpus.about()


def numpy_opener(settings: Settings, model: str) -> Open:
    """Returns a function that opens a checkpoint with numpy: by name in the models' folder, or by path."""
    folder = Path(model)
    if (folder / "config.json").is_file():
        return partial(open_numpy, folder.resolve().parent, folder.resolve().name)
    return partial(open_numpy, settings.models.resolve(), model)


def open_numpy(folder: Path, name: str) -> Any:
    """Opens a checkpoint for recording. Raises ValueError if there is none of that name."""
    from ..atlas.recording.routes import NumpyRoutes
    from ..sources.live.models import Models

    return NumpyRoutes(Models(folder).open(name))


class ProgressLine:
    """Prints the progress of a run on one terminal line."""

    def __init__(self, started: float) -> None:
        self.started = started

    def __call__(self, progress: Any) -> None:
        """Prints the progress after a part."""
        seconds = max(time.monotonic() - self.started, 1e-9)
        share = f" of {progress.of:,}" if progress.of else ""
        print(
            f"\r{progress.documents:,}{share} documents, {progress.tokens:,} tokens, "
            f"{progress.rows / seconds:,.0f} rows/s ",
            end="\n" if progress.of and progress.documents >= progress.of else "",
            file=sys.stderr,
            flush=True,
        )
