"""Ray Data makes the same files as one process: needs the extra `ray` (`make atlas-ray`)."""

from functools import partial

import pytest

from app.atlas.dataset import corpus as corpora
from app.atlas.dataset.queries import Atlas
from tests.atlas.recorded import open_routes, record_texts, rows_of

pytest.importorskip("ray")
from app.atlas.recording.ray_run import with_ray

pytestmark = pytest.mark.ray


@pytest.mark.filterwarnings("ignore")
def test_parts_that_ray_makes_are_equal_to_the_row(tmp_path, models, texts, routes, monkeypatch):
    monkeypatch.setattr(corpora, "PART_DOCUMENTS", 8)
    record_texts(tmp_path / "one", models, texts)
    run = with_ray(tmp_path / "many", partial(open_routes, models))
    record_texts(tmp_path / "many", models, texts, run=run)
    assert rows_of(tmp_path / "many") == rows_of(tmp_path / "one")
    assert Atlas(tmp_path / "many").manifest == Atlas(tmp_path / "one").manifest
