"""Captures over HTTP and the socket: dropped files, the folder of traces, two traces of one text."""

import base64
import io
import json
import os
from dataclasses import replace

import httpx
import numpy as np
import pytest

from app.settings import Settings
from app.shape import small_shape
from app.sources.engines.engine_trace import header_of
from app.sources.engines.recorder import EngineFacts, LayerMap, LayerRecord, steps_of
from app.trace import RoutingTrace, Token
from tests.live_server import serving
from tests.socket_client import ask, viewer, watch

LAYERS, EXPERTS, K, TOKENS = 3, 8, 2, 9
CONFIG = {
    "model_type": "mixtral",
    "architectures": ["MixtralForCausalLM"],
    "num_hidden_layers": LAYERS,
    "num_local_experts": EXPERTS,
    "num_experts_per_tok": K,
    "hidden_size": 8,
    "intermediate_size": 8,
    "vocab_size": 64,
}


def routed(seed=1):
    draw = np.random.default_rng(seed)
    return np.argsort(draw.random((TOKENS, LAYERS, EXPERTS)), axis=-1)[..., :K].astype(np.int32)


def answer(ids):
    """Returns an answer of vLLM whose last token was sampled."""
    file = io.BytesIO()
    np.save(file, ids.astype(np.uint8))
    tokens = list(range(len(ids) + 1))
    choice = {
        "index": 0,
        "text": "x",
        "token_ids": tokens[5:],
        "prompt_token_ids": tokens[:5],
        "routed_experts": base64.b64encode(file.getvalue()).decode(),
    }
    return json.dumps(
        {"id": "cmpl-1", "object": "text_completion", "model": "m", "choices": [choice]}
    ).encode()


def table(ids):
    """Returns a long table of a routing."""
    lines = ["token,layer,rank,expert,text"]
    for token, layer, rank in np.ndindex(*ids.shape):
        lines.append(f"{token},{layer},{rank},{ids[token, layer, rank]},w{token} ")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traces")
    (folder / "engine").mkdir()
    (folder / "engine" / "answer.json").write_bytes(answer(routed()))
    (folder / "engine" / "config.json").write_text(json.dumps(CONFIG))
    (folder / "one.csv").write_bytes(table(routed()))
    (folder / "again.csv").write_bytes(table(routed()))
    other = routed()
    other[4, 1] = [e for e in range(EXPERTS) if e not in routed()[4, 1]][:K]
    (folder / "other.csv").write_bytes(table(other))
    (folder / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    (folder / "counts.json").write_text(json.dumps({"logical_count": [[3, 0, 1, 2]] * 2}))
    secret = tmp_path_factory.mktemp("outside") / "secret.csv"
    secret.write_bytes(table(routed()))
    os.symlink(secret, folder / "link.csv")
    return folder


@pytest.fixture(scope="module")
def url(folder):
    with serving(Settings(port=0, traces=folder)) as url:
        yield url


@pytest.fixture(scope="module")
def client(url):
    with httpx.Client(base_url=url) as client:
        yield client


def framed(files, **header):
    listed = [{"name": name, "bytes": len(data)} for name, data in files.items()]
    text = json.dumps({"files": listed, **header}).encode()
    return len(text).to_bytes(4, "little") + text + b"".join(files.values())


def unframed(data):
    size = int.from_bytes(data[:4], "little")
    header, rest = json.loads(data[4 : 4 + size]), data[4 + size :]
    parts = []
    for length in header["parts"]:
        parts.append(rest[:length])
        rest = rest[length:]
    assert rest == b""
    return header, parts


def drop(client, files, **header):
    answer = client.post("/api/capture", content=framed(files, **header))
    assert answer.status_code == 200, answer.text
    return unframed(answer.content)


def test_a_dropped_answer_with_its_config_comes_back_as_a_trace(client):
    header, (steps, file) = drop(
        client, {"a.json": answer(routed()), "my-config.json": json.dumps(CONFIG).encode()}
    )
    assert (header["state"], header["format"], header["name"]) == ("shown", "vllm-http", "a.json")
    assert [each["code"] for each in header["findings"]] == ["last-token"]
    trace = RoutingTrace.from_bytes(file)
    assert np.array_equal(trace.experts[:TOKENS], routed())
    assert (header["trace"]["origin"]["badge"], trace.ids_only) == ("IDS ONLY", True)
    assert len(steps) % len(header["trace"]["tokens"]) == 0


def recorded_with_zero_experts(scored):
    """Returns the trace of an engine whose router chooses two of eight experts and of four zero experts."""
    draw = np.random.default_rng(1)
    ids = np.argsort(draw.random((LAYERS, TOKENS, 12)), axis=-1)[..., :2].astype(np.int32)
    ids[0, :, 1] = 8  # one place of this layer is never an expert
    ids[1] = [8, 9]  # no token has an expert here
    scores = draw.random((LAYERS, TOKENS, 12)).astype(np.float32)
    names, weights = [f"layers.{layer}.mlp" for layer in range(LAYERS)], np.full((TOKENS, 2), 0.5, np.float32)
    records = {
        name: LayerRecord(name, ids[at], weights, scores[at] if scored else None)
        for at, name in enumerate(names)
    }
    layers = LayerMap.of(list(records.values()), computed=8, zeros=4)
    facts = EngineFacts("transformers", "5.24.0", "float32")
    tokens = tuple(Token(f"[{id}]", id=id) for id in range(TOKENS))
    shape = replace(small_shape(8, 2), layers=LAYERS)
    header = header_of("longcat", "longcat_flash", facts, shape, layers, tokens)
    return RoutingTrace.from_steps(header, steps_of(records, layers, TOKENS)), ids.swapaxes(0, 1)


@pytest.mark.parametrize("scored", [True, False])
def test_choices_of_zero_experts_in_a_file_are_empty_and_the_page_is_told(client, scored):
    written, ids = recorded_with_zero_experts(scored)
    header, (_, file) = drop(client, {"longcat.safetensors": written.to_bytes()})
    assert (header["state"], header["findings"]) == ("shown", [])
    model = header["trace"]["model"]
    assert (model["experts"], model["top_k"], model["zero_experts"]) == (8, 2, 4)
    shown = RoutingTrace.from_bytes(file)
    assert np.array_equal(np.sort(shown.experts), np.sort(np.where(ids < 8, ids, -1)))
    assert (shown.weights[shown.experts < 0] == 0).all()
    assert scored is (shown.scores is not None)


@pytest.mark.parametrize(("router", "zeros"), [("zero_experts", 4), ("skip_expert", 1), ("topk_norm", None)])
def test_a_router_with_zero_experts_tells_how_many_and_a_file_of_it_too(client, router, zeros):
    query = {"source": "authored", "router": router, "experts": "8", "k": "1"}
    file = client.get("/api/trace", params=query).content
    assert RoutingTrace.from_bytes(file).header.model.get("zero_experts") == zeros
    header, _ = drop(client, {"authored.safetensors": file})
    assert header["trace"]["model"].get("zero_experts") == zeros


def test_a_dropped_answer_without_a_config_is_read_or_asked_about(client):
    header, parts = drop(client, {"x.npy": b"\x93NUMPY\x01\x00"})
    assert (header["state"], parts, header["findings"][0]["level"]) == ("refused", [], "error")


def test_a_dropped_long_trace_comes_back_as_its_first_part_and_the_counts_of_all(client):
    ids = np.tile(routed(), (600, 1, 1))
    header, (steps, file) = drop(client, {"long.csv": table(ids)})
    assert header["trace"]["origin"]["window"] == {"from": 0, "of": len(ids)}
    assert len(header["trace"]["tokens"]) == 256 and len(steps) % 256 == 0
    counts = [np.bincount(ids[:, layer].ravel(), minlength=EXPERTS).tolist() for layer in range(LAYERS)]
    assert header["whole"]["assigned"] == counts and header["whole"]["tokens"] == len(ids)
    assert len(RoutingTrace.from_bytes(file).experts) == len(ids)


def test_dropped_counts_come_back_as_counts(client):
    header, _ = drop(client, {"c.json": json.dumps({"logical_count": [[3, 0, 1, 2]] * 2}).encode()})
    assert (header["state"], header["counts"]) == ("counts", [[3, 0, 1, 2]] * 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xff\xff\xff{}",
        b"\x02\x00\x00\x00{}",
        framed({"a": b"12"})[:-1],
        (9).to_bytes(4, "little") + b"[" * 9,
        framed({"../../etc/passwd": b"12"}, choice=-1),
    ],
)
def test_a_broken_frame_is_refused(client, body):
    assert client.post("/api/capture", content=body).status_code == 422


def test_a_name_that_leads_outside_is_refused(client):
    header, _ = drop(client, {"../../x.csv": table(routed())})
    assert header["findings"][0]["code"] == "unsafe-file"


def listed(client, **query):
    for _ in range(20):
        found = client.get("/api/traces", params=query).json()
        if not found["unread"]:
            return found
    raise AssertionError("files stay unread")


def test_the_library_lists_files_with_what_is_in_them(client):
    found = listed(client)
    entries = {entry["name"]: entry for entry in found["entries"]}
    assert set(entries) == {
        *("engine/answer.json", "one.csv", "again.csv", "other.csv", "broken.npz", "counts.json")
    }
    assert entries["one.csv"]["same"] == ["again.csv"]
    assert entries["broken.npz"]["problem"]
    assert (entries["counts.json"]["kind"], entries["engine/answer.json"]["format"]) == (
        "counts",
        "vllm-http",
    )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"text": "W3"}, ["again.csv", "one.csv", "other.csv"]),
        ({"format": "vllm-http"}, ["engine/answer.json"]),
        ({"finding": "last-token"}, ["engine/answer.json"]),
        ({"text": "nowhere"}, []),
    ],
)
def test_the_library_is_searched(client, query, names):
    assert [entry["name"] for entry in listed(client, **query)["entries"]] == names


def test_ten_thousand_files_are_listed_page_by_page(tmp_path):
    for number in range(10_000):
        (tmp_path / f"{number:05}.csv").write_bytes(b"")
    with serving(Settings(port=0, traces=tmp_path)) as url:
        found = httpx.get(f"{url}/api/traces", params={"from": 9_990, "count": 5}).json()
    assert (found["files"], len(found["entries"])) == (10_000, 5)
    assert found["entries"][0]["name"] == "09990.csv"


def test_a_file_of_the_folder_streams_as_any_trace(url):
    with viewer(url) as socket:
        ask(socket, source="trace", trace="engine/answer.json")
        message, steps = watch(socket)
    assert np.array_equal(np.stack([step.experts for step in steps])[:TOKENS], routed())
    assert message["origin"]["badge"] == "IDS ONLY"
    assert [each["code"] for each in message["origin"]["findings"]] == ["last-token"]
    assert message["given"]["trace"] == "engine/answer.json"


def test_a_trace_in_the_address_needs_no_source(client):
    with_source = client.get("/api/trace", params={"source": "trace", "trace": "one.csv"})
    assert with_source.status_code == 200
    assert client.get("/api/trace", params={"trace": "one.csv"}).content == with_source.content
    assert np.array_equal(RoutingTrace.from_bytes(with_source.content).experts, routed())


@pytest.mark.parametrize(
    "name", ["link.csv", "../x", "/etc/passwd", "nothing.csv", "one.csv\0", "a" * 200, ".", "engine"]
)
def test_names_that_name_nothing_are_refused(client, name):
    answer = client.get("/api/trace", params={"source": "trace", "trace": name})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "trace"


@pytest.mark.parametrize("name", ["broken.npz", "counts.json"])
def test_files_without_a_trace_say_why(client, name):
    answer = client.get("/api/trace", params={"source": "trace", "trace": name})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "trace")
    assert client.get("/", params={"source": "trace", "trace": name}).status_code == 200


def test_counts_of_the_folder_are_served(client):
    assert (
        client.get("/api/trace-counts", params={"trace": "counts.json"}).json()["counts"]
        == [[3, 0, 1, 2]] * 2
    )
    assert client.get("/api/trace-counts", params={"trace": "../x"}).status_code == 422


def test_two_traces_are_compared(client):
    found = client.get("/api/trace-compare", params={"trace": "one.csv", "b.trace": "other.csv"}).json()
    assert (found["flips"], found["cells"]) == (1, [[4, 1, int(routed()[4, 1, 0])]])
    assert found["first_flip"] == {"token": 4, "layer": 1}
    assert client.get("/api/trace-compare", params={"trace": "one.csv"}).status_code == 422


def test_the_picture_of_a_wide_trace_is_drawn_and_follows_its_file(client, folder):
    file, view = folder / "wide.csv", {"source": "trace", "trace": "wide.csv", "width": "1200"}
    pictures = []
    for factor in (7, 11):
        rows = [
            f"{token},{layer},{(factor * token + layer + 255) % 256}" for token, layer in np.ndindex(6, 8)
        ]
        file.write_text("\n".join(["token,layer,expert", *rows]))
        answer = client.get("/preview.png", params=view)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
        pictures.append(answer.content)
    file.unlink()
    assert pictures[0] != pictures[1]


def test_a_server_without_a_folder_says_so(server_url):
    assert httpx.get(f"{server_url}/api/traces").json()["folder"] is False
    answer = httpx.get(f"{server_url}/api/trace", params={"source": "trace", "trace": "x"})
    assert "TRACES" in answer.json()["errors"][0]["message"]


def flipped(ids):
    """Returns the same routing but for one token in one layer."""
    other = ids.copy()
    other[4, 1] = [each for each in range(EXPERTS) if each not in ids[4, 1]][:K]
    return other


def comparing(client, files, sides):
    return client.post("/api/capture-compare", content=framed(files, sides=sides))


def test_two_dropped_captures_are_compared_and_nothing_is_kept(client, folder):
    before = sorted(path.name for path in folder.rglob("*"))
    found = comparing(client, {"a.csv": table(routed()), "b.csv": table(flipped(routed()))}, [None, None])
    assert found.status_code == 200, found.text
    body = found.json()
    assert (body["flips"], [cell[:2] for cell in body["cells"]]) == (1, [[4, 1]])
    assert body["by_layer"][1]["first_flip"] == 4
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_dropped_capture_is_compared_with_a_trace_of_the_server(client):
    library = {"source": "trace", "trace": "one.csv"}
    for sides in ([None, library], [library, None]):
        found = comparing(client, {"a.csv": table(flipped(routed()))}, sides).json()
        assert (found["flips"], found["cells"][0][:2]) == (1, [4, 1])


@pytest.mark.parametrize(
    "sides",
    [None, [], [None], [None, None], [{}, {}], "ab", [1, None], [None, {"source": "trace", "trace": "../x"}]],
)
def test_sides_that_do_not_fit_the_files_are_refused(client, sides):
    assert comparing(client, {"a.csv": table(routed())}, sides).status_code == 422


def test_a_file_that_is_none_is_refused_by_name(client):
    found = comparing(client, {"a.csv": table(routed()), "b.csv": b"x"}, [None, None])
    assert (found.status_code, "b.csv" in found.text) == (422, True)
