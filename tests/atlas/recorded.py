"""A tiny model, texts, and an atlas of them, for the tests of this folder."""

import json
import random
from functools import cache

from app.atlas.dataset.corpus import Corpus
from app.atlas.recording.routes import NumpyRoutes
from app.atlas.recording.writer import record
from app.sources.live.models import Models
from tests.sources.live.tiny_checkpoints import write_checkpoint

MODEL = "tiny-6"


def write_texts(path, count=40, seed=0, longest=90):
    """Returns a corpus of random words: two domains, one text in four without."""
    source = random.Random(seed)
    words = ["def", "return", "le", "la", "the", "of", "été", "42", "(", "):", "\n"]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            line = {"text": " ".join(source.choices(words, k=source.randint(1, longest)))}
            if number % 4:
                line["domain"] = ("code", "prose")[number % 2]
            file.write(json.dumps(line) + "\n")
    return path


@cache
def open_routes(folder, longest=64):
    """Returns a model of 3 layers of 6 experts whose tokens are bytes, in windows of `longest`."""
    if not (folder / MODEL).exists():
        write_checkpoint(folder / MODEL, seed=3)
    return NumpyRoutes(Models(folder).open(MODEL), longest)


def record_texts(folder, models, texts, **more):
    """Records a corpus as an atlas."""
    corpus = Corpus.open(texts)
    return record(folder, open_routes(models), corpus, corpus.about(), **more)


def rows_of(folder):
    """Returns every row of routing in the order (doc, position, layer), as Python values."""
    from app.atlas.dataset.queries import Atlas

    found = Atlas(folder).ask(
        "select doc, position, layer, token_id, experts, weights, margin, entropy from routing "
        "order by doc, position, layer"
    )
    lists = ("experts", "weights")
    columns = (
        [each.tolist() for each in column] if name in lists else column.tolist()
        for name, column in found.items()
    )
    return list(zip(*columns, strict=True))
