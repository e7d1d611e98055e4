"""The HTTP interface and the socket of a real server, as well-behaved clients use them."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import numpy as np
import pytest
from safetensors.numpy import load
from websockets.exceptions import InvalidStatus

from app.request.schema import TraceRequest
from app.routing import LIMITS, ROUTERS
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.trace import RoutingTrace, read_metadata
from tests.live_server import serving
from tests.socket_client import ask, hear, viewer, watch


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


def test_a_trace_is_a_safetensors_file_that_says_what_it_is(client):
    answer = client.get("/api/trace", params={"scenario": "code", "experts": 64, "k": 4})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
    tensors, metadata = load(answer.content), read_metadata(answer.content)
    tokens, model = json.loads(metadata["tokens"]), json.loads(metadata["model"])
    assert metadata["format"] == "moescope.trace/1"
    assert json.loads(metadata["origin"])["badge"] == "AUTHORED"
    assert tensors["scores"].shape == tensors["logits"].shape == (len(tokens), 6, 64)
    assert tensors["experts"].shape == tensors["weights"].shape == (len(tokens), 6, 4)
    assert (model["experts"], model["top_k"], model["total_p"]) == (64, 4, 6 * 64 * model["expert_size"])
    assert "".join(token["text"] for token in tokens).startswith("def fibonacci")


def test_a_trace_that_the_reader_has_is_not_sent_again(client):
    first = client.get("/api/trace")
    again = client.get("/api/trace", headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/api/trace", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_etag_follows_the_content(client):
    tags = {client.get("/api/trace", params={"k": k}).headers["etag"] for k in (1, 2, 3, 2)}
    assert len(tags) == 3
    assert not any(tag.startswith("W/") for tag in tags)


def test_keys_of_the_view_do_not_matter_to_a_trace(client):
    plain = client.get("/api/trace")
    assert client.get("/api/trace?mode=all&camera=top&token=3&v=1").headers["etag"] == plain.headers["etag"]


def test_wrong_keys_are_refused_all_at_once(client):
    answer = client.get("/api/trace", params={"experts": 1, "k": 0, "scenario": "nope"})
    assert answer.status_code == 422
    errors = {error["field"]: error for error in answer.json()["errors"]}
    assert set(errors) == {"experts", "k", "scenario"}
    assert errors["experts"]["message"].startswith("experts: expected a whole number from 2 to 1024, got 1;")


def test_a_key_given_twice_is_refused(client):
    answer = client.get("/api/trace?k=1&k=2")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].startswith("k: expected one value, got several")


def test_the_scenarios_and_models_are_listed(client, sources):
    assert [each["name"] for each in client.get("/api/scenarios").json()] == list(sources.library.scenarios)
    assert [each["name"] for each in client.get("/api/models").json()] == list(sources.live.list_models())


def test_the_server_says_that_it_is_well(client):
    assert client.get("/healthz").json()["status"] == "ok"


def test_what_is_streamed_is_the_trace_of_the_file(server_url, client):
    request = {"scenario": "translate", "experts": 32, "k": 3}
    with viewer(server_url) as connection:
        ask(connection, id=5, **request)
        message, steps = watch(connection, id=5)
    trace = RoutingTrace.from_bytes(client.get("/api/trace", params=request).content)
    assert message["model"] == trace.header.model_json()
    assert message["origin"] == trace.header.origin
    assert message["tokens"] == [token.to_json() for token in trace.header.tokens]
    np.testing.assert_array_equal(np.stack([step.experts for step in steps]), trace.experts)
    np.testing.assert_allclose(np.stack([step.weights for step in steps]), trace.weights, atol=5e-4)
    np.testing.assert_allclose(np.stack([step.scores for step in steps]), trace.scores, atol=4e-3)


def test_viewer_resumes_in_the_middle(server_url):
    with viewer(server_url) as connection:
        ask(connection, id=1)
        whole, steps = watch(connection, id=1)
        ask(connection, id=2, start=4)
        rest, later = watch(connection, id=2)
        ask(connection, id=3, start=len(steps))
        nothing, none = watch(connection, id=3)
    assert (rest["trace"], rest["from"]) == (whole["trace"], 4)
    assert [step.experts.tolist() for step in later] == [step.experts.tolist() for step in steps[4:]]
    assert (nothing["from"], none) == (len(steps), [])


def test_viewer_resumes_after_the_end(server_url):
    with viewer(server_url) as connection:
        ask(connection, id=1, start=1000)
        error = hear(connection)
        assert (error["code"], error["field"]) == ("bad_request", "from")
        assert "start again from 0" in error["message"]


def test_viewer_asks_for_what_cannot_be_and_is_told_in_the_trace_of_what_can(server_url):
    with viewer(server_url) as connection:
        ask(connection, id=1, scenario="code", k=9)
        trace, steps = watch(connection, id=1)
    (notice,) = trace["notices"]
    assert notice["message"].startswith("k: expected 1 to 8, got 9")
    assert (notice["used"], trace["request"]["k"], steps[0].experts.shape) == (2, 2, (6, 2))
    assert trace["given"] == {"scenario": "code"}


def test_viewer_asks_for_a_prompt_that_is_too_long_and_is_told_in_the_trace_of_the_scenario(server_url):
    with viewer(server_url) as connection:
        ask(connection, id=1, source="live", prompt="a b " * 400)
        trace, _ = watch(connection, id=1)
    assert [notice["field"] for notice in trace["notices"]] == ["prompt"]
    assert trace["given"] == {"source": "live"}


def test_viewer_changes_the_number_of_experts_and_k_gives_way_without_a_notice(server_url):
    with viewer(server_url) as connection:
        open_with(connection, {"experts": 8, "k": 16}, changed=["experts"])
        trace, steps = watch(connection)
    assert (trace["given"], trace["notices"]) == ({"k": 8}, [])
    assert steps[0].experts.shape == (6, 8)


def test_viewer_opens_the_second_stack_of_a_view(server_url, client):
    keys = {"scenario": "code", "experts": 16, "k": 3}
    with viewer(server_url) as connection:
        open_with(connection, keys, second={"k": 1, "router": "best"})
        trace, steps = watch(connection)
    assert (trace["request"]["scenario"], trace["request"]["k"], trace["given"]) == ("code", 1, {"k": 1})
    assert [notice["field"] for notice in trace["notices"]] == ["b.router"]
    right = RoutingTrace.from_bytes(client.get("/api/trace", params={**keys, "k": 1}).content)
    np.testing.assert_array_equal(np.stack([step.experts for step in steps]), right.experts)


def open_with(connection, request, **more):
    """Open a trace with keys of a message beside the request."""
    connection.send(json.dumps({"op": "open", "version": 2, "id": 1, "request": request, **more}))


def test_viewer_changes_the_request_again_and_again(server_url):
    with viewer(server_url) as connection:
        for id in range(40):
            ask(connection, id=id, experts=512, k=id + 1)
        trace, steps = watch(connection, id=39)
    assert steps[0].experts.shape == (6, 40)
    assert len(steps) == len(trace["tokens"])


def test_many_viewers_at_once_get_the_same(server_url):
    def look(number):
        with viewer(server_url) as connection:
            ask(connection, id=number, scenario="paris")
            return [step.experts.tolist() for step in watch(connection, id=number)[1]]

    with ThreadPoolExecutor(20) as pool:
        seen = list(pool.map(look, range(60)))
    assert all(each == seen[0] for each in seen)


def test_a_foreign_page_connects(server_url):
    with pytest.raises(InvalidStatus, match="403"), viewer(server_url, origin="https://elsewhere.example"):
        pass
    with viewer(server_url, origin=server_url) as connection:
        ask(connection)
        watch(connection)


def test_messages_are_not_compressed_on_the_way(server_url):
    with viewer(server_url, compression="deflate") as connection:
        assert connection.protocol.extensions == []


def test_every_answer_carries_the_security_headers(client):
    for path in ("/", "/embed", "/api/trace", "/api/trace?k=0", "/healthz", "/nowhere", "/static/js/main.js"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "server" not in headers, path
        if not path.startswith("/static/"):
            assert "default-src 'none'" in headers["content-security-policy"], path


@pytest.mark.parametrize(
    "name",
    [
        "../pyproject.toml",
        "%2e%2e/app/web/application.py",
        "js/../../app/web/application.py",
        "vendor/.stamp",
        "js",
        "",
        "js/%00",
    ],
)
def test_files_outside_of_static_are_not_served(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_a_static_file_is_compressed_and_sent_once(client):
    plain = client.get("/static/js/trace/wire.js", headers={"accept-encoding": "identity"})
    small = client.get("/static/js/trace/wire.js", headers={"accept-encoding": "gzip, br"})
    assert plain.text == small.text
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "content-encoding" not in plain.headers
    assert int(small.headers["content-length"]) < 0.6 * int(plain.headers["content-length"])
    assert small.headers["etag"] != plain.headers["etag"]
    for first in (plain, small):
        encoding = first.headers.get("content-encoding", "identity")
        headers = {"if-none-match": first.headers["etag"], "accept-encoding": encoding}
        assert client.get("/static/js/trace/wire.js", headers=headers).status_code == 304


def test_the_defaults_of_the_interface_are_those_of_a_request(client):
    (operation,) = client.get("/openapi.json").json()["paths"]["/api/trace"].values()
    schemas = {each["name"]: each["schema"] for each in operation["parameters"]}
    defaults = {name: schema["default"] for name, schema in schemas.items() if "default" in schema}
    assert defaults == TraceRequest().model_dump(by_alias=True, exclude_none=True)


WRITTEN = {"source": "live", "prompt": "def fibonacci(n):", "continue": 12, "temperature": 0.7, "seed": 3}
NEEDS_A_MODEL = pytest.mark.skipif(
    not (Settings().models / "trio-8" / "model.safetensors").exists(), reason="needs models/trio-8"
)


@NEEDS_A_MODEL
def test_a_model_writes_on_and_each_token_comes_before_its_step(server_url, client):
    with viewer(server_url) as connection:
        ask(connection, id=1, **WRITTEN)
        message, steps = watch(
            connection, id=1
        )  # asserts that each token stands at the place of the next step
        ask(connection, id=2, start=len(message["tokens"]) + 5, **WRITTEN)
        rest, later = watch(connection, id=2)
    trace = RoutingTrace.from_bytes(client.get("/api/trace", params=WRITTEN).content)
    tokens = [token.to_json() for token in trace.header.tokens]
    assert message["tokens"] == rest["tokens"] == tokens[: trace.header.origin["prompt_tokens"]]
    assert message["tokens"] + message["written"] == tokens
    assert rest["written"] == message["written"][5:]
    np.testing.assert_array_equal(np.stack([step.experts for step in steps]), trace.experts)
    np.testing.assert_array_equal(np.stack([step.experts for step in later]), trace.experts[-len(later) :])


@NEEDS_A_MODEL
def test_viewer_stops_a_model_that_writes_and_is_served_something_else_at_once(server_url):
    with viewer(server_url) as connection:
        ask(connection, id=1, **{**WRITTEN, "continue": 256, "seed": 77})
        for _ in range(30):
            hear(connection)
        connection.send('{"op":"stop","id":1}')
        ask(connection, id=2)
        watch(connection, id=2)
        assert client_is_quiet(connection), "the stopped stream went on"


def client_is_quiet(connection):
    """Returns whether nothing comes before the answer to a message that is answered at once."""
    connection.send('{"op":"sing"}')
    return hear(connection)["code"] == "unknown_op"


@pytest.mark.parametrize("name", ["switch", "gshard", "expert_choice", "softmax_bias"])
def test_what_a_router_drops_leaves_empty_and_biases_is_streamed_as_in_the_file(server_url, client, name):
    keys = {"scenario": "code", "router": name} | ({"updates": 20} if name == "softmax_bias" else {})
    with viewer(server_url) as connection:
        ask(connection, id=1, **keys)
        message, steps = watch(connection, id=1)
    tensors = load(client.get("/api/trace", params=keys).content)
    trace = RoutingTrace.from_bytes(client.get("/api/trace", params=keys).content)
    assert message["model"] == trace.header.model_json()
    np.testing.assert_array_equal(np.stack([step.experts for step in steps]), trace.experts)
    assert trace.experts.shape[-1] == message["model"].get("choices", message["model"]["top_k"])
    if "dropped" in tensors:
        np.testing.assert_array_equal(np.stack([step.dropped for step in steps]), tensors["dropped"])
    if "bias" in tensors:
        np.testing.assert_allclose(message["bias"], tensors["bias"], atol=1e-6)
    assert ("bias" in message) == ("bias" in tensors) == (name == "softmax_bias")


def test_the_routers_are_listed_with_the_keys_that_they_read(client):
    found = {each["name"]: each for each in client.get("/api/routers").json()}
    assert list(found) == list(ROUTERS)
    keys = {each["name"] for each in parameters_of(client)}
    assert all(set(each["settings"]) <= keys for each in found.values())
    assert (found["switch"]["fixed_k"], found["switch"]["defaults"]) == (1, {"capacity": 1.25})
    assert found["expert_choice"]["varies"] and found["base"]["whole_batch"]


def parameters_of(client):
    (operation,) = client.get("/openapi.json").json()["paths"]["/api/trace"].values()
    return operation["parameters"]


def test_every_setting_has_its_limits_in_the_interface(client):
    schemas = {each["name"]: each["schema"] for each in parameters_of(client)}
    for name, limits in {**LIMITS, "continue": (0, 256), "temperature": (0, 2), "skew": (0, 20)}.items():
        assert (schemas[name]["minimum"], schemas[name]["maximum"]) == limits, name


def test_measurements_are_a_file_beside_the_models_and_nothing_where_there_is_none(tmp_path):
    with serving(replace(Settings(port=0), models=tmp_path)) as url, httpx.Client(base_url=url) as client:
        assert client.get("/api/measured").json() == {"models": {}}
        (tmp_path / "measured.json").write_text('{"models": {"trio-8": {"loss": {"mean": 3.2}}}}')
        answer = client.get("/api/measured")
        assert answer.json()["models"]["trio-8"]["loss"] == {"mean": 3.2}
        assert answer.headers["content-type"] == "application/json"
        tag = answer.headers["etag"]
        assert client.get("/api/measured", headers={"if-none-match": tag}).status_code == 304
