"""Recording: rows equal the engine's, and a killed run resumes without duplicate or lost rows."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.atlas.dataset import corpus as corpora
from app.atlas.dataset import manifest as manifests
from app.atlas.dataset.corpus import Corpus, Document
from app.atlas.dataset.manifest import AtlasError
from app.atlas.dataset.queries import Atlas
from app.atlas.dataset.schema import routing_schema
from app.atlas.recording import writer
from app.atlas.recording.writer import record
from app.metrics.margins import margins, score_entropy
from tests.atlas.recorded import open_routes, record_texts, rows_of, write_texts


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(corpora, "PART_DOCUMENTS", 4)


def test_rows_are_those_that_the_engine_routes_document_by_document(tmp_path, models, routes, texts):
    record_texts(tmp_path, models, texts)
    rows = rows_of(tmp_path)
    at = 0
    for document in Corpus.open(texts):
        ids = np.array(routes.encode(document.text), np.int32)
        windows = -(-len(ids) // routes.window)
        position = 0
        for window in range(windows):
            piece = ids[window * len(ids) // windows : (window + 1) * len(ids) // windows]
            trace = routes.route(piece)
            margin, entropy = margins(trace.scores, trace.experts), score_entropy(trace.scores)
            for token in range(len(piece)):
                for layer in range(3):
                    doc, place, found_layer, id, experts, weights, far, even = rows[at]
                    assert (doc, place, found_layer, id) == (document.number, position, layer, piece[token])
                    assert experts == trace.experts[token, layer].tolist()
                    np.testing.assert_allclose(weights, trace.weights[token, layer], atol=1e-3)
                    assert far == pytest.approx(margin[token, layer], abs=1e-3)
                    assert even == pytest.approx(entropy[token, layer], abs=1e-3)
                    at += 1
                position += 1
    assert at == len(rows)


def test_file_has_the_published_schema_and_a_row_group_per_layer(atlas):
    file = pq.ParquetFile(atlas.folder / atlas.manifest.parts[0].path("routing"))
    assert file.schema_arrow.equals(routing_schema(6))
    assert file.schema_arrow.field("weights").type == pa.list_(pa.float16())
    assert file.num_row_groups == 3
    assert routing_schema(512).field("experts").type.value_type == pa.uint16()


def test_documents_longer_than_the_window_are_cut_and_say_in_how_many(tmp_path, models, routes):
    text = "a" * 200  # tokens are bytes; a window holds 64
    record(tmp_path, routes, [Document(0, text=text)], {"digest": "x"})
    (found,) = Atlas(tmp_path).ask("select tokens, windows from documents")["windows"].tolist()
    assert found == 4
    assert len(rows_of(tmp_path)) == 200 * 3


def test_progress_is_told_after_each_part(tmp_path, models, texts, small_parts):
    seen = []
    record_texts(tmp_path, models, texts, report=seen.append)
    assert [each.documents for each in seen] == list(range(4, 41, 4))
    assert seen[-1].of == 40
    assert seen[-1].rows == len(rows_of(tmp_path))


def test_a_complete_atlas_is_left_as_it_is(tmp_path, models, texts, monkeypatch):
    record_texts(tmp_path, models, texts)
    monkeypatch.setattr(writer, "make_part", lambda *given: pytest.fail("nothing is to be made"))
    assert record_texts(tmp_path, models, texts).complete


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_run_that_stops_at_any_write_goes_on_to_the_same_files(
    tmp_path, models, texts, small_parts, monkeypatch
):
    record_texts(tmp_path / "whole", models, texts)
    real = os.replace
    stops = 0
    for stop in range(1, 200):
        folder = tmp_path / "stopped"
        shutil.rmtree(folder, ignore_errors=True)
        calls = 0

        def replace_until(source, target, stop=stop):
            nonlocal calls
            calls += 1
            if calls == stop:
                raise Killed
            real(source, target)

        monkeypatch.setattr(os, "replace", replace_until)
        try:
            record_texts(folder, models, texts)
            break  # more writes than there are
        except Killed:
            stops += 1
        monkeypatch.setattr(os, "replace", real)
        if stop % 7 == 0:  # every seventh is compared; all of them are resumed
            record_texts(folder, models, texts)
            assert files_of(folder) == files_of(tmp_path / "whole")
    monkeypatch.setattr(os, "replace", real)
    assert stops > 40  # four tables and a manifest for each of ten parts


def files_of(folder):
    """Returns bytes of each file but for the lock and what a stopped run left beside its place."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".parquet", ".json")
    }


RECORD = """
import sys
from pathlib import Path
from app.atlas.dataset import corpus
from tests.atlas.recorded import record_texts
corpus.PART_DOCUMENTS = 4
folder, models, texts = map(Path, sys.argv[1:])
record_texts(folder, models, texts, report=lambda progress: print(progress.documents, flush=True))
"""


def test_run_killed_twenty_times_at_random_moments_leaves_the_rows_of_one_that_was_not(
    tmp_path, models, routes
):
    texts = write_texts(tmp_path / "texts.jsonl", count=400, seed=5, longest=300)
    folder, whole = tmp_path / "killed", tmp_path / "whole"
    source = random.Random(1)
    kills = 0
    for _ in range(20):
        command = [sys.executable, "-c", RECORD, folder, models, texts]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(source.randint(1, 3)):  # after so many parts, in the middle of the next
            process.stdout.readline()
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        manifests.check_files(folder, manifests.read(folder))  # valid after every kill
    assert kills == 20
    for each in (folder, whole):
        subprocess.run(
            [sys.executable, "-c", RECORD, each, models, texts], check=True, stdout=subprocess.DEVNULL
        )
    assert files_of(folder) == files_of(whole)


def test_interrupted_run_leaves_an_atlas_that_can_be_asked(tmp_path, models, texts, small_parts):
    def stop(progress):
        if progress.documents >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_texts(tmp_path, models, texts, report=stop)
    found = Atlas(tmp_path)
    assert found.manifest.documents == 8 and not found.manifest.complete
    assert found.load[0].sum() == found.tokens * 3 * 2


def test_another_model_or_corpus_is_refused_by_name_and_nothing_is_lost(tmp_path, models, texts):
    record_texts(tmp_path, models, texts)
    before = files_of(tmp_path)
    other = write_texts(tmp_path / "other.jsonl", seed=9)
    with pytest.raises(AtlasError, match=r"corpus: expected .* as recorded there"):
        record_texts(tmp_path, models, other)
    with pytest.raises(AtlasError, match="window: expected 64, as recorded there, got 32"):
        record(tmp_path, open_routes(models, 32), Corpus.open(texts), Corpus.open(texts).about())
    renamed = {**manifests.read(tmp_path).to_json()}
    renamed["model"] = {**renamed["model"], "digest": "another"}
    (tmp_path / manifests.FILE).write_text(json.dumps(renamed), encoding="utf-8")
    with pytest.raises(AtlasError, match=r"model: expected .*another"):
        record_texts(tmp_path, models, texts)
    assert {**files_of(tmp_path), manifests.FILE: b""} == {**before, manifests.FILE: b""}


def test_second_writer_is_refused_while_the_first_writes(tmp_path, models, texts):
    with manifests.writing(tmp_path), pytest.raises(AtlasError, match="expected to be the only writer"):
        record_texts(tmp_path, models, texts)


def test_text_without_a_token_is_refused_by_its_document(tmp_path, routes, monkeypatch):
    monkeypatch.setattr(type(routes), "encode", lambda self, text: [])
    with pytest.raises(AtlasError, match="document 3: text: expected at least 1 token"):
        record(tmp_path, routes, [Document(3, text="?")], {"digest": "x"})


def test_empty_corpus_is_refused(tmp_path, routes):
    with pytest.raises(AtlasError, match="got an empty corpus"):
        record(tmp_path, routes, [], {"digest": "x"})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "manifest.json").write_text("{"), "expected JSON"),
        (
            lambda folder: (folder / "manifest.json").write_text('{"format": "moescope.atlas/9"}'),
            "format: expected",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text('{"format": "moescope.atlas/1"}'),
            "expected the fields",
        ),
        (lambda folder: (folder / "manifest.json").unlink(), "expected an atlas with manifest.json"),
        (
            lambda folder: (folder / "load" / "part-000000.parquet").unlink(),
            "part 0: expected load/part-000000",
        ),
        (
            lambda folder: (folder / "routing" / "part-000000.parquet").write_bytes(b"PAR1"),
            r"routing/part-000000.parquet: expected a Parquet file",
        ),
        (
            lambda folder: shutil.copy(
                folder / "documents" / "part-000000.parquet", folder / "load" / "part-000000.parquet"
            ),
            r"load/part-000000.parquet: expected 18 rows, as recorded, got 40",
        ),
    ],
)
def test_data_set_that_is_spoiled_is_refused_by_name(tmp_path, models, texts, spoil, message):
    record_texts(tmp_path, models, texts)
    spoil(tmp_path)
    with pytest.raises(AtlasError, match=message):
        Atlas(tmp_path)


def test_file_that_is_spoiled_inside_is_named_when_it_is_read(tmp_path, models, texts):
    record_texts(tmp_path, models, texts)
    path = tmp_path / "routing" / "part-000000.parquet"
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(content)
    with pytest.raises(AtlasError, match=r"routing/part-000000.parquet: expected a Parquet file"):
        next(Atlas(tmp_path).rows(0))
