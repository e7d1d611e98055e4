"""The OpenAPI description is true: every operation is called at its limits and beyond."""

import json

import httpx
import pytest

from app.request.schema import KEY_HELP
from app.settings import Settings
from app.stream.wire import FRAME
from app.web.application import create_app

SPEC = create_app(Settings()).openapi()
GETS = sorted(path for path, operations in SPEC["paths"].items() if "get" in operations)
PYTHON = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def resolve(schema):
    """Returns a schema, behind its reference."""
    while "$ref" in schema:
        schema = SPEC["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def fits(value, schema):
    """Returns whether a JSON value is what a schema describes; of the words of JSON Schema, those that
    ours use."""
    schema = resolve(schema)
    if "anyOf" in schema:
        return any(fits(value, each) for each in schema["anyOf"])
    if schema.get("type") == "null":
        return value is None
    kind = schema.get("type")
    if kind and (not isinstance(value, PYTHON[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        here = all(fits(value[key], known[key]) for key in value if key in known)
        return here and set(schema.get("required", [])) <= set(value)
    return not isinstance(value, list) or all(fits(each, schema.get("items", {})) for each in value)


def parameters(path):
    return {each["name"]: each for each in SPEC["paths"][path]["get"].get("parameters", [])}


def choices(schema):
    """Returns the schemas that a parameter may have, without null."""
    return [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]


def wrong_values(schema):
    """Yields texts that are no value of a parameter, by what its schema says."""
    for each in choices(schema):
        if each.get("type") in ("integer", "number"):
            yield from ("x", "", "1e3")
            if "minimum" in each:
                yield str(int(each["minimum"]) - 1)
            if "maximum" in each:
                yield str(int(each["maximum"]) + 1)
        if each.get("type") == "integer":
            yield "2.5"
        if "enum" in each:
            yield "-".join(map(str, each["enum"]))
        if "maxLength" in each:
            yield "x" * (each["maxLength"] + 1)


def required(path):
    """Returns parameters that a request cannot do without, with a value from their description."""
    return {name: each.get("example", "") for name, each in parameters(path).items() if each.get("required")}


# A stream reads the keys of a trace as the socket does: it replaces what cannot be used, and says so.
READ_LENIENTLY = [("/api/stream", name) for name in parameters("/api/stream") if name in KEY_HELP]


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


def check(answer, path):
    """That an answer is one of those that are described, with that body and those headers."""
    responses = SPEC["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses, (
        f"{answer.url}: {answer.status_code} is not described: {answer.text[:200]}"
    )
    described = responses[str(answer.status_code)]
    for name in described.get("headers", {}):
        assert name.lower() in answer.headers, f"{answer.url}: no {name}"
    kind = answer.headers.get("content-type", "").split(";")[0]
    if answer.content or described.get("content"):
        assert kind in described["content"], f"{answer.url}: {kind}"
    if kind == "application/json":
        assert fits(answer.json(), described["content"][kind].get("schema", {})), answer.text[:300]


@pytest.mark.parametrize("path", GETS)
def test_an_operation_answers_as_described(client, path):
    answer = client.get(path, params=required(path))
    check(answer, path)
    if "200" in SPEC["paths"][path]["get"]["responses"] and not required(path):
        assert answer.status_code < 500


@pytest.mark.parametrize("path", [path for path in GETS if "304" in SPEC["paths"][path]["get"]["responses"]])
def test_an_operation_that_says_304_answers_it(client, path):
    first = client.get(path, params=required(path))
    again = client.get(path, params=required(path), headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    check(again, path)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (path, name, value)
        for path in GETS
        for name, each in parameters(path).items()
        if (path, name) not in READ_LENIENTLY
        for value in dict.fromkeys(wrong_values(each["schema"]))
    ],
    ids=lambda value: value[:20],
)
def test_a_value_beyond_the_described_limits_is_refused_by_name(client, path, name, value):
    answer = client.get(path, params={**required(path), name: value})
    assert answer.status_code == 422, answer.text[:200]
    check(answer, path)
    assert name in {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for path, name in READ_LENIENTLY
        for value in dict.fromkeys(wrong_values(parameters(path)[name]["schema"]))
    ],
    ids=lambda value: value[:20],
)
def test_a_stream_asked_for_a_value_beyond_the_described_limits_names_it_in_a_notice(client, name, value):
    answer = client.get("/api/stream", params={name: value})
    assert answer.status_code == 200, answer.text[:200]
    check(answer, "/api/stream")
    length = FRAME.unpack_from(answer.content)[1]
    trace = json.loads(answer.content[FRAME.size : FRAME.size + length])
    assert name in {notice["field"] for notice in trace["notices"]}


def test_the_defaults_are_values_and_every_key_is_described(client):
    found = parameters("/api/trace")
    for name, each in found.items():
        assert each["description"], name
        default = each["schema"].get("default")
        assert default is None or fits(default, {"anyOf": choices(each["schema"])}), name
    everything = {
        name: each["schema"]["default"]
        for name, each in found.items()
        if each["schema"].get("default") is not None
    }
    assert client.get("/api/trace", params=everything).status_code == 200


def test_nothing_is_described_that_is_not_there_and_the_socket_is_no_http():
    assert {"/api/trace", "/api/scenarios", "/api/models", "/healthz", "/preview.svg"} <= set(GETS)
    assert "/ws" not in SPEC["paths"]
