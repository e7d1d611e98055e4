"""A long trace in the folder of traces: mapped, shown by window, counted over all its tokens."""

import tracemalloc
from dataclasses import replace

import httpx
import numpy as np
import pytest

from app.settings import Settings
from app.shape import ModelShape
from app.sources.recorded.long_trace import BLOCK, LONG_TOKENS, WINDOW, LongTrace, map_trace
from app.sources.recorded.trace_folder import TraceFolder
from app.sources.recorded.trace_library import Query, TraceLibrary
from app.stream.wire import Open
from app.trace import RoutingTrace, Token, TraceHeader
from tests.live_server import serving
from tests.socket_client import viewer, watch

TOKENS, LAYERS, K, EXPERTS = 20_000, 12, 4, 64


def made(tokens=TOKENS, seed=1, scores=False, layers=LAYERS):
    """Returns a routing in which no token has one expert twice."""
    draw = np.random.default_rng(seed)
    first = draw.integers(0, EXPERTS, (tokens, layers, 1))
    experts = ((first + np.arange(K) * draw.integers(1, 15, (tokens, layers, 1))) % EXPERTS).astype(np.int32)
    origin = {"source": "recorded", "badge": "RECORDED", "note": "made", "layers": list(range(layers))}
    header = TraceHeader(
        tuple(Token(f" w{at}", id=at) for at in range(tokens)),
        ModelShape(layers, EXPERTS, K, d_model=4, d_expert=2),
        {"name": "made", "router": "recorded", "settings": {}},
        {**origin, "ids_only": not scores, "findings": []},
    )
    weights = np.full(experts.shape, 1 / K, np.float32)
    found = draw.random((tokens, layers, EXPERTS), np.float32) if scores else None
    return RoutingTrace(header, found, experts, weights)


@pytest.fixture(scope="module")
def trace():
    return made()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, trace):
    folder = tmp_path_factory.mktemp("long")
    (folder / "long.safetensors").write_bytes(trace.to_bytes())
    other = trace.experts.copy()
    other[15_000, 3] = other[15_000, 3][::-1]
    other[15_001, 3, 0] = (other[15_001, 3, 0] + 1) % EXPERTS
    (folder / "other.safetensors").write_bytes(replace(trace, experts=other).to_bytes())
    (folder / "short.safetensors").write_bytes(made(LONG_TOKENS).to_bytes())
    return folder


@pytest.fixture(scope="module")
def url(folder):
    with serving(Settings(port=0, traces=folder)) as url:
        yield url


def test_a_long_file_is_mapped_and_a_short_one_is_read(folder):
    assert isinstance(map_trace(folder / "long.safetensors"), LongTrace)
    assert map_trace(folder / "short.safetensors") is None
    assert isinstance(TraceFolder(folder).trace("short.safetensors"), RoutingTrace)


@pytest.mark.parametrize("around", [0, 1, WINDOW - 1, WINDOW, 17_777, TOKENS - 1, 10**9])
def test_a_window_has_the_rows_of_the_file_and_says_where_it_lies(folder, trace, around):
    part = map_trace(folder / "long.safetensors").window(around)
    begin = part.header.origin["window"]["from"]
    assert part.header.origin["window"] == {"from": begin, "of": TOKENS}
    assert begin % WINDOW == 0 and begin <= min(around, TOKENS - 1) < begin + WINDOW
    assert np.array_equal(part.experts, trace.experts[begin : begin + WINDOW])
    assert part.header.tokens == trace.header.tokens[begin : begin + WINDOW]


def test_counts_are_of_all_tokens(folder, trace):
    assigned, first = map_trace(folder / "long.safetensors").counts
    for layer in (0, LAYERS - 1):
        chosen = trace.experts[:, layer]
        assert np.array_equal(assigned[layer], np.bincount(chosen.ravel(), minlength=EXPERTS))
        assert np.array_equal(first[layer], np.bincount(chosen[:, 0], minlength=EXPERTS))


def test_counting_and_looking_take_memory_of_a_block_alone(folder, trace):
    mapped = map_trace(folder / "long.safetensors")
    tracemalloc.start()
    mapped.window(9000)
    assert mapped.counts.shape == (2, LAYERS, EXPERTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * BLOCK * LAYERS * K * 8 < trace.experts.nbytes * 2


def test_a_long_trace_of_any_format_is_shown_by_window(tmp_path, trace):
    np.save(tmp_path / "ids.npy", trace.experts)
    found = TraceFolder(tmp_path).trace("ids.npy")
    assert isinstance(found, LongTrace)
    assert np.array_equal(found.window(15_000).experts, trace.experts[14_848:15_104])


def test_the_library_names_a_long_trace_with_its_findings(tmp_path, trace):
    broken = trace.experts.copy()
    broken[:, 3] = 0
    (tmp_path / "broken.safetensors").write_bytes(replace(trace, experts=broken).to_bytes())
    (entry,) = TraceLibrary(TraceFolder(tmp_path)).answer(Query())["entries"]
    assert (entry["tokens"], entry["experts"], entry["codes"]) == (TOKENS, EXPERTS, ["zeros"])


def open_at(url, around, id=1):
    with viewer(url) as connection:
        asked = Open(op="open", version=2, id=id, request={"source": "trace", "trace": "long.safetensors"})
        connection.send(asked.model_copy(update={"around": around}).model_dump_json(by_alias=True))
        return watch(connection, id)


def test_a_viewer_is_sent_the_window_around_a_token(url, trace):
    message, steps = open_at(url, 17_000)
    begin = message["origin"]["window"]["from"]
    assert (begin, len(steps), len(message["tokens"])) == (16_896, WINDOW, WINDOW)
    assert message["tokens"][104]["text"] == " w17000"
    assert np.array_equal(steps[104].experts, trace.experts[17_000])
    assert open_at(url, 17_001)[0]["trace"] == message["trace"], "one window, one identity"
    assert open_at(url, 3)[0]["trace"] != message["trace"]


def test_a_viewer_over_http_is_sent_the_same_window(url):
    query = {"source": "trace", "trace": "long.safetensors", "around": "17000"}
    answer = httpx.get(f"{url}/api/stream", params=query)
    assert answer.status_code == 200 and b'"window":{"from":16896,"of":20000}' in answer.content
    wrong = httpx.get(f"{url}/api/stream", params=query | {"around": "-1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "around")


def test_the_counts_come_as_data(url, trace):
    answer = httpx.get(f"{url}/api/long-trace", params={"trace": "long.safetensors"}).json()
    assert (answer["tokens"], np.sum(answer["assigned"])) == (TOKENS, trace.experts.size)
    assert np.sum(answer["first"]) == TOKENS * LAYERS
    for name in ("short.safetensors", "../long.safetensors", ""):
        assert httpx.get(f"{url}/api/long-trace", params={"trace": name}).status_code == 422


def test_the_preview_of_a_link_shows_the_window_of_its_moment(url):
    query = {"source": "trace", "trace": "long.safetensors"}
    late = httpx.get(f"{url}/preview.svg", params=query | {"token": "17001"})
    assert late.status_code == 200 and "w17000" in late.text
    assert "w17000" not in httpx.get(f"{url}/preview.svg", params=query).text


def test_a_long_trace_is_not_sent_as_one_answer(url):
    answer = httpx.get(f"{url}/api/trace", params={"source": "trace", "trace": "long.safetensors"})
    assert answer.status_code == 422
    assert "moescope convert" in answer.json()["errors"][0]["message"]


def test_two_long_traces_are_compared_over_all_their_tokens(url):
    query = {"source": "trace", "trace": "long.safetensors", "b.trace": "other.safetensors"}
    found = httpx.get(f"{url}/api/trace-compare", params=query).json()
    assert (found["tokens"], found["flips"], found["cells"][0][:2]) == (TOKENS, 1, [15_001, 3])


def test_rows_that_are_wrong_are_refused_where_they_are_looked_at(tmp_path, trace):
    broken = trace.experts.copy()
    path = tmp_path / "broken.safetensors"
    path.write_bytes(trace.to_bytes())
    data = path.read_bytes()
    at = data.index(trace.experts.tobytes()[:64])
    row = at + 10_000 * broken[0].nbytes
    path.write_bytes(data[:row] + (999).to_bytes(4, "little") + data[row + 4 :])
    with serving(Settings(port=0, traces=tmp_path)) as url:
        query = {"source": "trace", "trace": "broken.safetensors"}
        assert b"RECORDED" in httpx.get(f"{url}/api/stream", params=query).content
        notice = httpx.get(f"{url}/api/stream", params=query | {"around": "10000"}).content
        assert b"rows that are wrong" in notice


def test_a_file_whose_columns_do_not_fit_its_tokens_is_not_mapped(tmp_path, trace):
    from safetensors.numpy import load, save

    data = trace.to_bytes()
    path = tmp_path / "cut.safetensors"
    size = int.from_bytes(data[:8], "little")
    path.write_bytes(data[: 8 + size + 100])
    assert map_trace(path) is None
    tensors = load(data)
    path.write_bytes(save({**tensors, "experts": tensors["experts"][:-1]}))
    assert map_trace(path) is None
