"""One recorded corpus for all tests of the folder."""

import numpy as np
import pytest

from app.atlas.dataset.queries import Atlas
from tests.atlas.recorded import open_routes, record_texts, write_texts


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return tmp_path_factory.mktemp("atlas-models")


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    return write_texts(tmp_path_factory.mktemp("atlas-texts") / "texts.jsonl")


@pytest.fixture(scope="session")
def atlas(tmp_path_factory, models, texts):
    folder = tmp_path_factory.mktemp("atlas") / "recorded"
    from app.atlas.dataset import corpus

    part_documents = corpus.PART_DOCUMENTS
    corpus.PART_DOCUMENTS = 16  # several parts of a small corpus
    try:
        record_texts(folder, models, texts)
    finally:
        corpus.PART_DOCUMENTS = part_documents
    return Atlas(folder)


@pytest.fixture(scope="session")
def whole(atlas):
    """Returns all rows as arrays, by document and position: doc, position, ids [T], experts [T, L, K]."""
    layers = [list(atlas.rows(layer)) for layer in range(atlas.shape.layers)]
    joined = {
        name: np.concatenate([getattr(rows, name) for rows in layers[0]])
        for name in ("doc", "position", "ids")
    }
    for name in ("experts", "weights"):
        joined[name] = np.stack(
            [np.concatenate([getattr(rows, name) for rows in layer]) for layer in layers], axis=1
        )
    return joined


@pytest.fixture(scope="session")
def routes(models):
    return open_routes(models)
