"""The trace: checked on entry, the same after a trip through its file, the same bytes for the same values."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from app.shape import ModelShape
from app.trace import RoutingTrace, Token, TraceHeader, read_metadata
from tests.trace_factory import trace_of

MADE = trace_of(
    [[[0, 1], [2, -1]], [[3, 2], [1, 0]]], 4, dropped=np.zeros((2, 2, 2)), logits=np.ones((2, 2, 4))
)


def test_reader_of_a_written_trace_finds_every_value():
    back = RoutingTrace.from_bytes(MADE.to_bytes())
    assert back.header == MADE.header
    for name in ("scores", "experts", "weights", "logits", "dropped"):
        assert np.array_equal(getattr(back, name), getattr(MADE, name))
        assert getattr(back, name).dtype == getattr(MADE, name).dtype


def test_columns_that_a_source_has_not_are_not_in_the_file():
    back = RoutingTrace.from_bytes(trace_of([[[0]]], 2).to_bytes())
    assert back.logits is None and back.dropped is None


def test_stranger_reads_the_file_with_the_safetensors_library(tmp_path):
    path = tmp_path / "trace.safetensors"
    path.write_bytes(MADE.to_bytes())
    with safe_open(path, "numpy") as file:
        assert file.metadata()["format"] == "moescope.trace/1"
        assert json.loads(file.metadata()["tokens"])[1] == {"text": "t1"}
        assert json.loads(file.metadata()["model"])["total_p"] == MADE.header.shape.total_p
        assert np.array_equal(file.get_tensor("experts"), MADE.experts)


def test_writer_gives_the_same_bytes_in_another_process():
    code = (
        "from tests.test_trace import MADE; import sys, hashlib;"
        "sys.stdout.write(hashlib.sha256(MADE.to_bytes()).hexdigest())"
    )
    hashes = {subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2)}
    assert len(hashes) == 1


@given(st.text(), st.none() | st.text(max_size=5), st.none() | st.integers(0, 2**31))
def test_any_token_survives_the_file(text, group, number):
    made = trace_of([[[0]]], 2)
    header = TraceHeader((Token(text, group, number),), made.header.shape, {}, {})
    trace = RoutingTrace(header, made.scores, made.experts, made.weights)
    assert RoutingTrace.from_bytes(trace.to_bytes()).header.tokens == header.tokens


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("weights", np.zeros((2, 2, 3)), r"trace.weights: expected \(2, 2, 2\), got \(2, 2, 3\)"),
        ("scores", np.zeros((2, 2, 5)), r"trace.scores: expected \(2, 2, 4\)"),
        ("scores", np.full((2, 2, 4), np.nan), "trace.scores: expected finite numbers"),
        ("weights", np.full((2, 2, 2), np.inf), "trace.weights: expected finite numbers"),
        ("experts", np.full((2, 2, 2), 4, np.int32), "trace.experts: expected ids from 0 to 3"),
        ("experts", np.full((2, 2, 2), -2, np.int32), "trace.experts: expected ids from 0 to 3"),
    ],
)
def test_column_that_does_not_fit_is_refused_by_name(column, value, message):
    columns = {"scores": MADE.scores, "experts": MADE.experts, "weights": MADE.weights, column: value}
    with pytest.raises(ValueError, match=message):
        RoutingTrace(MADE.header, **columns)


def test_steps_stacked_again_are_the_trace():
    again = RoutingTrace.from_steps(MADE.header, (MADE.step(t) for t in range(2)))
    assert again.to_bytes() == MADE.to_bytes()


def test_too_few_steps_are_refused():
    with pytest.raises(ValueError, match="expected 2 steps, one a token, got 1"):
        RoutingTrace.from_steps(MADE.header, [MADE.step(0)])


@pytest.mark.parametrize("data", [b"", b"short", b"\x10" + bytes(7) + b'{"no": "meta"}  ', b"\xff" * 40])
def test_bytes_that_are_no_trace_are_refused(data):
    with pytest.raises(ValueError, match="expected a safetensors file"):
        RoutingTrace.from_bytes(data)


def test_file_of_another_format_is_refused_by_its_name():
    data = MADE.to_bytes().replace(b"moescope.trace/1", b"moescope.trace/9")
    with pytest.raises(ValueError, match=r"expected 'moescope.trace/1', got 'moescope.trace/9'"):
        RoutingTrace.from_bytes(data)


def test_metadata_is_read_without_the_tensors():
    assert json.loads(read_metadata(MADE.to_bytes())["origin"])["badge"] == "AUTHORED"


def test_model_json_carries_names_and_figures():
    model = MADE.header.model_json()
    assert model["router"] == "topk"
    assert model["total_p"] == ModelShape(2, 4, 2, 4, 2).total_p
