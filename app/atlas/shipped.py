"""The atlases of a server: a folder of them, and those of the shipped models, recorded on demand.

The atlas of a model `NAME` over the shipped held-out text is `heldout/NAME`. It is recorded into the cache
folder at its first use, which takes about five seconds for a shipped model. Another checkpoint or text is
recorded separately.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..measuring.heldout import HeldOut, hash_of
from ..sources.live.models import Models
from .dataset.manifest import FILE, AtlasError
from .dataset.manifest import read as read_manifest

if TYPE_CHECKING:
    from ..metrics.plan import Plan
    from ..trace import Ints
    from .dataset.queries import Atlas

HELDOUT = "heldout"
MOST_OPEN = 8


def folders_from_env(env: Mapping[str, str]) -> tuple[Path, Path]:
    """Reads ATLASES (a folder of atlases) and ATLAS_CACHE (the folder for recorded ones)."""
    cache = env.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return (
        Path(env.get("ATLASES") or "atlases"),
        Path(env.get("ATLAS_CACHE") or Path(cache) / "moescope" / "atlas"),
    )


class Atlases:
    """All atlases of a server, each opened once. Thread-safe: the first caller records, others wait."""

    def __init__(self, models: Path, folder: Path, cache: Path) -> None:
        self.models = Models(models)
        self.models_folder, self.folder, self.cache = models, folder, cache
        self._open: dict[str, Atlas] = {}
        self._lock = Lock()

    @classmethod
    def from_env(cls, models: Path, env: Mapping[str, str] | None = None) -> Atlases:
        """Returns the atlases for a server's models, in the folders named by the environment."""
        return cls(models, *folders_from_env(os.environ if env is None else env))

    def without_folders(self, message: str) -> str:
        """Returns a message for a client, without the server's folders but with names of atlases and
        files.
        """
        for folder in (self.folder, self.cache, self.models_folder):
            for place in (folder.absolute(), folder):
                message = message.replace(f"{place}/", "")
        return message

    def list(self) -> list[dict[str, Any]]:
        """Returns name, kind and size of each atlas; those of the held-out text may not be recorded yet."""
        found = [self._listed(path) for path in sorted(self.folder.glob(f"*/{FILE}"))]
        runs = self.models.runnable()
        for each in found:
            each["runs"] = each.get("model") in runs
        return [*found, *self._heldout()]

    def _listed(self, path: Path) -> dict[str, Any]:
        name = path.parent.name
        try:
            known = read_manifest(path.parent)
        except AtlasError as error:
            return {"name": name, "kind": "folder", "problem": self.without_folders(str(error))}
        return {
            "name": name,
            "kind": "folder",
            "model": known.model.get("name"),
            "layers": known.shape.layers,
            "experts": known.shape.experts,
            "documents": known.documents,
            "tokens": known.tokens,
            "complete": known.complete,
        }

    def _heldout(self) -> Iterator[dict[str, Any]]:
        heldout = self._text()
        if heldout is None:
            return
        for model, listing in self.models.runnable().items():
            if hash_of(listing.folder / "tokenizer.json") == heldout.tokenizer:
                name = f"{HELDOUT}/{model}"
                shape = {"layers": listing.shape.layers, "experts": listing.shape.experts}
                found = {"name": name, "kind": HELDOUT, "model": model, **shape}
                yield {**found, "runs": True, "made": name in self._open}

    def _text(self) -> HeldOut | None:
        try:
            return HeldOut.open(self.models_folder)
        except (OSError, ValueError):
            return None

    def open(self, name: str) -> Atlas:
        """Opens an atlas by name; records that of a shipped model. Raises AtlasError for an unknown name."""
        with self._lock:
            if name not in self._open:
                if len(self._open) >= MOST_OPEN:
                    self._open.pop(next(iter(self._open)))
                self._open[name] = self._opened(name)
            return self._open[name]

    def _opened(self, name: str) -> Atlas:
        from .dataset.queries import Atlas

        kind, _, model = name.partition("/")
        if kind == HELDOUT and model in self.models.runnable():
            return Atlas(self._made(model))
        known = {path.parent.name: path.parent for path in self.folder.glob(f"*/{FILE}")}
        if name not in known:
            names = ", ".join([*known, *(each["name"] for each in self._heldout())]) or "none is there"
            raise AtlasError(f"atlas: expected one of {names}, got {name[:80]!r}")
        return Atlas(known[name])

    def _made(self, model: str) -> Path:
        """Records the held-out text with a model, unless that is done already."""
        from .recording.routes import NumpyRoutes
        from .recording.writer import record

        heldout = self._text()
        opened = self.models.open(model)
        if heldout is None or hash_of(opened.listing.folder / "tokenizer.json") != heldout.tokenizer:
            raise AtlasError(f"atlas: expected held-out text for {model}; record texts of your own")
        documents, corpus = heldout_corpus(heldout)
        identity = sha256(f"{opened.checkpoint.digest} {heldout.digest}".encode()).hexdigest()[:16]
        folder = self.cache / f"{model}-{identity}"
        record(folder, NumpyRoutes(opened), documents, corpus)
        return folder

    # Called by routes and commands

    def answer(self, name: str, question: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Returns one atlas' answer to a question. Raises ValueError naming what is wrong."""
        from .answers import answer

        return answer(self.open(name), question, query)

    def compare(self, name: str, other: str) -> dict[str, Any]:
        """Returns the difference between two atlases. Raises ValueError."""
        from .questions.comparison import compare

        return compare(self.open(name), self.open(other))

    def prune(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Returns a keep list and its loss on held-out text. Raises ValueError."""
        from .answers import share
        from .what_if.pruning_preview import preview

        by, drop = query.get("by", "frequency"), share(query, "drop", 0.25)
        return preview(self.open(name), self.models_folder, by, drop)

    def plan(self, name: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Returns the file name and text of a placement. Raises ValueError."""
        from .answers import whole
        from .what_if.plans import write_plan
        from .what_if.simulations import make_plan

        atlas = self.open(name)
        sizes = (whole(query, "slots", 0), whole(query, "groups", 1), whole(query, "nodes", 1))
        made = make_plan(atlas, query.get("strategy", "eplb"), whole(query, "devices", 8), *sizes)
        return write_plan(made, query.get("format", "sglang"), atlas.shape.dense_layers)

    def plan_sizes(self, name: str, query: Mapping[str, str]) -> tuple[str, int, int, tuple[int, ...]]:
        """Returns format, experts, devices and dense layers of a placement to read. Raises ValueError."""
        from .answers import whole

        shape = self.open(name).shape
        return query.get("format", "sglang"), shape.experts, whole(query, "devices", 8), shape.dense_layers

    def weigh_plan(self, name: str, plan: Plan) -> dict[str, Any]:
        """Returns the effect of a placement on this corpus. Raises ValueError naming the field."""
        from .what_if.simulations import plan_answer

        return plan_answer(self.open(name), plan)

    def kind(self, name: str, ids: Ints, experts: Ints) -> dict[str, Any]:
        """Compares a routing, ids [T] and experts [T, L, K], with the corpus. Raises ValueError."""
        from .questions.live_text import against_corpus

        return against_corpus(self.open(name), ids, experts)

    def text(self, name: str, text: str) -> dict[str, Any]:
        """Routes a text with the atlas' model and compares it with the corpus.

        Raises ValueError if the model does not run here, has changed, or the text is too long.
        """
        from .questions.live_text import text_against_corpus
        from .recording.routes import NumpyRoutes

        atlas = self.open(name)
        model = str(atlas.manifest.model.get("name"))
        opened = self.models.open(model)
        if opened.checkpoint.digest != atlas.manifest.model.get("digest"):
            raise AtlasError(f"model: expected the checkpoint that was recorded, got another {model}")
        return text_against_corpus(atlas, NumpyRoutes(opened), text)

    def trainings(self) -> dict[str, Path]:
        """Returns the training runs to show: models with snapshots, and subfolders with counts."""
        models = {path.parent.name: path for path in self.models_folder.glob("*/snapshots") if path.is_dir()}
        own = {path.parent.name: path.parent for path in self.folder.glob("*/tokens_per_expert")}
        traces = {path.parent.name: path.parent for path in self.folder.glob("*/step-*.safetensors")}
        return {**models, **own, **traces}

    def training(self, name: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Returns the series of a training run; `query`: Megatron's ep, pp, etp. Raises ValueError."""
        from .answers import whole
        from .questions.megatron_counts import Parallelism
        from .questions.training_view import read_training

        known = self.trainings()
        if name not in known:
            raise AtlasError(f"name: expected one of {', '.join(sorted(known))}, got {name[:80]!r}")
        asked = query or {}
        sizes = [whole(asked, key, 1) for key in ("ep", "pp", "etp")] if "ep" in asked else None
        found = read_training(known[name], Parallelism(*sizes) if sizes else None)
        return {"name": name, **found.to_json()}


def heldout_corpus(heldout: HeldOut) -> tuple[Iterator[Any], dict[str, Any]]:
    """Returns the documents of the held-out text, and its entry in the manifest."""
    about = {"digest": heldout.digest, "documents": len(heldout.ids), "unlabelled": {}}
    return heldout_documents(heldout), {"name": "held-out text", **about}


def heldout_documents(heldout: HeldOut) -> Iterator[Any]:
    """Yields the windows of the held-out text as documents, without the last token (only a target)."""
    from .dataset.corpus import Document

    number = 0
    for name in heldout.languages:
        for window in heldout.windows[name]:
            yield Document(number, ids=tuple(window[:-1].tolist()), labels={"domain": name})
            number += 1
