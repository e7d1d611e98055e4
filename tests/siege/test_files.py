"""Every format of file that is read: whatever bytes are in it, the rest is served and no reader runs away."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.problem import BadRequest
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace
from app.web.dropped_files import convert

MODEL = Settings().models / "trio-8"
CONFIG = json.loads((MODEL / "config.json").read_text())
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ODD = st.sampled_from([None, [], {}, [1], "8", -1, 0, 2**31, 2**63, 1e308, float("inf"), True, "x" * 999])


@pytest.fixture
def models(tmp_path):
    """Returns a folder with a model that works and one to be spoiled."""
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for file in ("config.json", "model.safetensors", "tokenizer.json"):
            shutil.copy(MODEL / file, tmp_path / name / file)
    return tmp_path


def survive(folder):
    """The good model is served; the bad one is, or is refused in words."""
    sources = SourceRegistry(load_scenarios(Settings().scenarios), folder)
    names = {each["name"] for each in sources.model_infos()}
    assert "good" in names
    assert "bad" in names or any(each["name"] == "bad" for each in sources.refused_infos())
    try:
        request = sources.parse({"source": "live", "model": "bad", "prompt": "a b c"})
        sources.open(request).trace()
    except BadRequest as error:
        assert str(folder) not in str(error)


@FUZZ
@given(st.dictionaries(st.sampled_from(sorted(CONFIG)), ODD, min_size=1, max_size=3))
def test_a_config_with_odd_values(models, changes):
    (models / "bad" / "config.json").write_text(json.dumps({**CONFIG, **changes}))
    survive(models)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # of long inputs in a failure
@FUZZ
@given(st.binary(max_size=300) | st.sampled_from([b"[" * 200_000, b'{"a":' * 100_000, b"null", b"\xff\xfe"]))
@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_of_any_bytes(models, file, data):
    (models / "bad" / file).write_bytes(data)
    survive(models)
    shutil.copy(MODEL / file, models / "bad" / file)


@FUZZ
@given(st.integers(0, 60_000), st.binary(min_size=1, max_size=8))
@pytest.mark.parametrize("file", ["tokenizer.json", "model.safetensors"])
def test_a_file_with_some_bytes_changed(models, file, at, change):
    data = bytearray((MODEL / file).read_bytes())
    data[at : at + len(change)] = change
    (models / "bad" / file).write_bytes(data)
    survive(models)
    shutil.copy(MODEL / file, models / "bad" / file)


@FUZZ
@given(
    st.text(max_size=200) | st.sampled_from(["a = " + "[" * 10_000, "[" * 5000, "a" * 100_000, "\ud7ff = 1"])
)
def test_a_scenario_of_any_text(tmp_path, text):
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    shutil.copy(Settings().scenarios / "code.toml", tmp_path / "code.toml")
    library = load_scenarios(tmp_path)
    assert "code" in library.scenarios and library.problems


TRACE = (MODEL / "snapshots" / "step-000001.safetensors").read_bytes()


@FUZZ
@given(st.integers(0, len(TRACE) - 1), st.binary(max_size=6), st.booleans())
def test_a_trace_file_that_is_cut_or_changed(at, change, cut):
    data = TRACE[:at] if cut else TRACE[:at] + change + TRACE[at + len(change) :]
    try:
        trace = RoutingTrace.from_bytes(data)
    except ValueError:
        return
    assert trace.experts.shape[:2] == trace.scores.shape[:2]


CAPTURES = sorted(
    path
    for folder in ("formats", "engines")
    for path in (ROOT / "tests" / "data" / folder).rglob("*")
    if path.is_file() and path.suffix != ".md" and path.stat().st_size < 100_000
)


def frame(name, data):
    """Returns what the page sends for a dropped file."""
    header = json.dumps({"files": [{"name": name, "bytes": len(data)}]}).encode()
    return len(header).to_bytes(4, "little") + header + data


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pickletools")  # of odd escapes in changed text
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CAPTURES), st.integers(0, 2**32), st.binary(max_size=8), st.booleans())
@example(
    ROOT / "tests/data/formats/pt-legacy-trio-16.pt", 197099, b"\0\0\0\0\0\0\0\1", False
)  # expert 65,536
def test_a_capture_that_is_cut_or_changed(path, at, change, cut):
    data = path.read_bytes()
    at %= len(data)
    spoiled = data[:at] if cut else data[:at] + change + data[at + len(change) :]
    try:
        answer = convert(frame(path.name, spoiled))
    except BadRequest:
        return
    size = int.from_bytes(answer[:4], "little")
    assert json.loads(answer[4 : 4 + size])["state"] in ("shown", "counts", "refused")
