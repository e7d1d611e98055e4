"""Comparison of two atlases against slow loops over tokens, and refusals."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from app.atlas.dataset.corpus import Corpus
from app.atlas.dataset.manifest import AtlasError
from app.atlas.dataset.queries import Atlas
from app.atlas.questions.comparison import compare
from app.atlas.recording.routes import NumpyRoutes
from app.atlas.recording.writer import record
from app.sources.live.models import Models
from tests.atlas.recorded import record_texts, write_texts
from tests.sources.live.tiny_checkpoints import write_checkpoint


@pytest.fixture(scope="module")
def pair(tmp_path_factory, models, texts):
    """Returns the same corpus routed by two models of one shape."""
    folder = tmp_path_factory.mktemp("pair")
    write_checkpoint(folder / "models" / "other-6", seed=8)
    record_texts(folder / "one", models, texts)
    corpus = Corpus.open(texts)
    other = NumpyRoutes(Models(folder / "models").open("other-6"), 64)
    record(folder / "other", other, corpus, corpus.about())
    return Atlas(folder / "one"), Atlas(folder / "other")


def test_flips_and_overlap_of_the_same_tokens_are_those_of_a_loop(pair):
    found = compare(*pair)
    one, other = (atlas.trace(10**6).tolist() for atlas in pair)
    moved = [[set(a) != set(b) for a, b in zip(x, y, strict=True)] for x, y in zip(one, other, strict=True)]
    alike = [
        [len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in zip(x, y, strict=True)]
        for x, y in zip(one, other, strict=True)
    ]
    shared = [
        [len(set(a) & set(b)) / 2 for a, b in zip(x, y, strict=True)] for x, y in zip(one, other, strict=True)
    ]
    assert found["same_corpus"]
    np.testing.assert_allclose(found["flips"], np.mean(moved, axis=0), atol=1e-5)
    np.testing.assert_allclose(found["overlap"], np.mean(alike, axis=0), atol=1e-5)
    np.testing.assert_allclose(found["saturation"], np.mean(shared, axis=0), atol=1e-5)
    assert found["tokens_flipped"] == pytest.approx(np.mean([any(each) for each in moved]), abs=1e-5)


def test_divergence_of_two_loads_is_that_of_scipy(pair):
    found = compare(*pair)["divergence"]
    expected = jensenshannon(pair[0].load[0], pair[1].load[0], base=2, axis=-1) ** 2
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_atlas_is_equal_to_itself(pair):
    found = compare(pair[0], pair[0])
    assert found["divergence"] == found["flips"] == [0, 0, 0]
    assert (found["saturation"], found["tokens_flipped"]) == ([1, 1, 1], 0)


def test_other_corpora_are_compared_by_their_loads_alone(pair, tmp_path, models):
    record_texts(tmp_path / "out", models, write_texts(tmp_path / "other.jsonl", seed=4))
    found = compare(pair[0], Atlas(tmp_path / "out"))
    assert not found["same_corpus"] and "flips" not in found and len(found["divergence"]) == 3


def test_models_of_other_shapes_are_refused(pair, monkeypatch):
    class Wider:
        shape = pair[0].shape.with_routing(8, 2)

    with pytest.raises(AtlasError, match=r"other: expected \(3, 6\) layers and experts, got \(3, 8\)"):
        compare(pair[0], Wider())
