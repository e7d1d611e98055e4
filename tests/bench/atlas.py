"""What an atlas costs: writing rows, and four questions as it grows, against the same in pandas."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.atlas.dataset import manifest as manifests
from app.atlas.dataset.corpus import Document
from app.atlas.dataset.manifest import Manifest
from app.atlas.dataset.queries import Atlas
from app.atlas.dataset.schema import Columns
from app.atlas.recording.writer import write_part
from app.metrics.coverage import coverage
from app.shape import ModelShape

LAYERS, EXPERTS, K, VOCABULARY = 16, 64, 8, 50_000  # OLMoE's shape
MILLIONS = (1, 5, 20)  # rows of (token, layer)
PART_TOKENS, DOCUMENT = 16_384, 1024
WITH_PANDAS = (1,)  # millions of rows that a data frame holds too: 8 choices each
REPEATED = 3
QUESTIONS: dict[str, Callable[[Atlas], object]] = {
    "top tokens of an expert": lambda atlas: atlas.top_tokens(7, 3),
    "co-activation of a layer": lambda atlas: atlas.coactivation(7),
    "coverage of all layers": lambda atlas: coverage(atlas.load[0]),
    "load of all layers": lambda atlas: atlas.load,
}


def main() -> None:
    """Prints the tables."""
    print(f"\natlas, L = {LAYERS}, N = {EXPERTS}, k = {K}, {VOCABULARY:,} token ids by Zipf; two threads;")
    print(f"best of {REPEATED} in a process of its own, files in the page cache; rows/s written by one core")
    with tempfile.TemporaryDirectory() as name:
        for millions in MILLIONS:
            folder = Path(name) / f"{millions}"
            seconds, rows = write(folder, millions * 1_000_000)
            size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
            print(f"  {rows:,} rows, {rows * K / 1e6:,.0f} million choices: {size / 1e6:,.0f} MB,")
            speed = f"{rows / seconds:,.0f} rows/s"
            print(f"    {size / rows:.1f} bytes a row, {size / rows / K:.2f} a choice, {speed}")
            tell(in_process("ask", folder), in_process("pandas", folder) if millions in WITH_PANDAS else {})
            shutil.rmtree(folder)


def tell(asked: dict[str, float], theirs: dict[str, float]) -> None:
    """Prints the seconds of each question, and those of pandas where it was asked too."""
    for question in QUESTIONS:
        beside = f"   pandas {theirs[question]:8.3f} s" if theirs else ""
        print(f"    {question:28} {asked[question]:8.3f} s{beside}")
    beside = f"   pandas {theirs['memory'] / 1e6:8.0f} MB" if theirs else ""
    print(f"    {'memory, peak':28} {asked['memory'] / 1e6:8.0f} MB{beside}", flush=True)


def write(folder: Path, rows: int) -> tuple[float, int]:
    """Writes synthetic routing; returns the seconds of writing alone, and the rows."""
    random = np.random.default_rng(0)
    tokens = rows // LAYERS
    spent, parts = 0.0, []
    for table in manifests.TABLES:
        (folder / table).mkdir(parents=True)
    for number in range(-(-tokens // PART_TOKENS)):
        documents, columns = synthetic(random, number, min(PART_TOKENS, tokens - number * PART_TOKENS))
        started = time.process_time()
        texts = {int(id): f" t{id}" for each in columns for id in np.unique(each.ids)}
        parts.append(write_part(folder, number, documents, columns, [1] * len(columns), texts, EXPERTS))
        spent += time.process_time() - started
    shape = ModelShape(LAYERS, EXPERTS, K, 2048, 1024)
    model = {"name": "synthetic", **shape.to_json()}
    manifests.write(folder, Manifest(model, {"name": "none"}, "", {}, 0, complete=True, parts=tuple(parts)))
    return spent, sum(part.rows for part in parts)


def synthetic(random: np.random.Generator, part: int, tokens: int) -> tuple[list[Document], list[Columns]]:
    """Makes documents whose experts depend on the token id half of the time."""
    documents, columns = [], []
    for start in range(0, tokens, DOCUMENT):
        size = min(DOCUMENT, tokens - start)
        ids = np.minimum(random.zipf(1.2, size), VOCABULARY - 1).astype(np.int32)
        first = (ids[:, None] * 31 + np.arange(LAYERS) * 7) % EXPERTS
        lead = np.where(random.random((size, LAYERS)) < 0.5, first, random.integers(0, EXPERTS, first.shape))
        steps = np.sort(random.integers(1, EXPERTS - K + 1, (size, LAYERS, K - 1)), -1) + np.arange(K - 1)
        experts = np.concatenate([lead[..., None], (lead[..., None] + steps) % EXPERTS], axis=-1).astype(
            np.int32
        )
        weights = np.sort(random.random(experts.shape, np.float32), axis=-1)[..., ::-1].astype(np.float16)
        margin = random.random((size, LAYERS), np.float32).astype(np.float16)
        number = part * (PART_TOKENS // DOCUMENT) + start // DOCUMENT
        documents.append(Document(number, text="x", labels={"domain": ("a", "b")[number % 2]}))
        columns.append(Columns(number, ids, experts, weights, margin, margin))
    return documents, columns


def in_process(what: str, folder: Path) -> dict[str, float]:
    """Runs the questions in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.atlas", what, str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result: dict[str, float] = json.loads(found)
    return result


def ask(folder: Path) -> dict[str, float]:
    """Returns seconds of each question, and the peak of memory in bytes."""
    times = {
        name: min(timed(question, folder) for _ in range(REPEATED)) for name, question in QUESTIONS.items()
    }
    return {**times, "memory": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)}


def timed(question: Callable[[Atlas], object], folder: Path) -> float:
    """Returns seconds of a question to an atlas that was just opened."""
    atlas = Atlas(folder)
    len(atlas.occurrences)
    started = time.perf_counter()
    question(atlas)
    return time.perf_counter() - started


def pandas_questions(folder: Path) -> dict[str, float]:
    """Returns seconds of the same questions to a data frame in memory, one row per choice, and its peak in
    bytes."""
    import pandas

    columns = ["layer", "token_id", "doc", "position", "experts"]
    frame = pandas.read_parquet(folder / "routing", columns=columns).explode("experts")
    frame["experts"] = frame["experts"].astype("uint8")

    def top() -> object:
        own = frame[(frame["layer"] == 7) & (frame["experts"] == 3)]
        return own.groupby("token_id").size().nlargest(20)

    def pairs() -> object:
        own = frame[frame["layer"] == 7][["doc", "position", "experts"]]
        return own.merge(own, on=["doc", "position"]).groupby(["experts_x", "experts_y"]).size()

    def load() -> pandas.Series:
        return frame.groupby(["layer", "experts"]).size()

    def covered() -> object:
        shares = load().unstack(fill_value=0).to_numpy()
        return np.cumsum(-np.sort(-shares, axis=1), axis=1) / shares.sum(axis=1, keepdims=True)

    found = dict(zip(QUESTIONS, map(seconds_of, (top, pairs, covered, load)), strict=True))
    return {**found, "memory": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)}


def seconds_of(job: Callable[[], object]) -> float:
    """Returns seconds of a job."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


if __name__ == "__main__":
    what, folder = sys.argv[1], Path(sys.argv[2])
    print(json.dumps((ask if what == "ask" else pandas_questions)(folder)))
