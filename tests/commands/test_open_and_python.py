"""`moescope open`, and captures from Python."""

import argparse
import json

import numpy as np
import pytest

import app as moescope
from app.commands import open as open_command
from app.formats.findings import CaptureError
from app.settings import Settings
from app.sources.recorded.trace_folder import TraceFolder
from tests.web.test_captures import CONFIG, answer, routed, table


@pytest.fixture
def files(tmp_path):
    (tmp_path / "answer.json").write_bytes(answer(routed()))
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "table.csv").write_bytes(table(routed()))
    return tmp_path


def opened(*files, serve):
    options = argparse.Namespace(files=list(files), config=None, tokenizer=None)
    return open_command.run(Settings(), options, serve)


def test_open_serves_a_view_on_the_files_and_nothing_else(files, capsys):
    seen = []

    def serve(settings, query):
        folder = TraceFolder(settings.traces)
        seen.extend([query, folder.names(), folder.sizes("1/answer.json"), settings.traces])
        return 0

    assert opened(files / "answer.json", files / "table.csv", serve=serve) == 0
    query, names, sizes, place = seen
    assert query == "?source=trace&trace=1%2Fanswer.json&b.trace=2%2Ftable.csv"
    assert (names, sizes) == (["1/answer.json", "2/table.csv"], (8, 2))
    assert not place.exists()
    assert "last-token" in capsys.readouterr().out


def test_open_of_a_file_that_is_not_there_says_so(files, capsys):
    assert opened(files / "nothing", serve=None) == 2
    assert "check the path" in capsys.readouterr().err


def test_python_reads_judges_compares_and_saves_a_capture(files, tmp_path):
    trace = moescope.read(files / "answer.json")
    assert [finding.code for finding in trace.findings] == ["last-token"]
    assert np.array_equal(trace.routing.experts[:9], routed())
    assert trace.compare(moescope.read(files / "table.csv")).to_json()["flips"] == 0
    for ending in ("safetensors", "csv", "parquet", "json"):
        trace.save(tmp_path / f"saved.{ending}")
        again = moescope.read(tmp_path / f"saved.{ending}", experts=8)
        assert np.array_equal(again.routing.experts[:9], routed())
    with pytest.raises(ValueError, match="ending"):
        trace.save(tmp_path / "saved.txt")


def test_python_shows_a_trace_in_a_frame_that_cannot_reach_the_notebook(files):
    shown = moescope.read(files / "table.csv").show(height=300)._repr_html_()
    assert shown.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'sandbox="allow-scripts"' in shown
    assert "http://" not in shown.split("www.w3.org")[0]


def test_python_refuses_counts_as_a_trace(tmp_path):
    (tmp_path / "counts.json").write_text(json.dumps({"logical_count": [[3, 0, 1, 2]] * 2}))
    with pytest.raises(CaptureError, match="counts"):
        moescope.read(tmp_path / "counts.json")


def test_a_trace_whose_header_begins_like_a_pickle_is_read(files, tmp_path):
    data = moescope.read(files / "table.csv").routing.to_bytes()
    size = int.from_bytes(data[:8], "little")
    padded = (size // 256 + 1) * 256 + 128  # its length is 0x..80, as the first byte of a pickle
    assert padded >> 8 in range(2, 6)
    header = data[8 : 8 + size] + b" " * (padded - size)
    (tmp_path / "odd.safetensors").write_bytes(padded.to_bytes(8, "little") + header + data[8 + size :])
    assert np.array_equal(moescope.read(tmp_path / "odd.safetensors").routing.experts, routed())
