"""Another engine with equal routing records the same atlas as numpy."""

from types import SimpleNamespace

import numpy as np

from app.atlas.dataset.corpus import Corpus
from app.atlas.dataset.manifest import read
from app.atlas.recording.engine_routes import EngineRoutes
from app.atlas.recording.writer import record
from app.trace import Token
from tests.atlas.recorded import record_texts, rows_of


class Borrowed:
    """An engine that computes with numpy and says that it is another one."""

    def __init__(self, routes):
        self.routes = routes
        listing = routes.opened.listing
        self.name, self.family, self.digest, self.shape = listing.name, "mixtral", "abc", listing.shape
        self.facts = SimpleNamespace(to_json=lambda: {"engine": "other", "version": "1", "dtype": "float32"})
        self.encode = routes.opened.checkpoint.tokenizer.encode

    def token(self, id):
        return Token(self.routes.text(id), id=id)

    def trace(self, tokens):
        return self.routes.route(np.array([token.id for token in tokens], np.int32))


def test_atlas_of_an_engine_holds_what_the_engine_traces(tmp_path, models, texts, routes):
    engine = Borrowed(routes)
    corpus = Corpus.open(texts)
    record(tmp_path / "other", EngineRoutes(engine, engine.trace, routes.window), corpus, corpus.about())
    record_texts(tmp_path / "numpy", models, texts)
    assert rows_of(tmp_path / "other") == rows_of(tmp_path / "numpy")
    known = read(tmp_path / "other")
    assert (known.engine["name"], known.engine["dtype"]) == ("other", "float32")
    assert known.model["digest"] == "abc" and known.shape.experts == 6
