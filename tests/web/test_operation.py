"""Health, readiness, metrics, log and request ids; and cache headers."""

import json
import logging
import re
import threading

import httpx
import pytest

from app.settings import Settings
from app.stream.workers import Workers
from tests.live_server import serving


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/embed",
        "/healthz",
        "/readyz",
        "/api/trace",
        "/api/models",
        "/preview.svg",
        "/openapi.json",
        "/nope",
    ],
)
def test_head_is_get_without_the_body(client, path):
    get, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_a_server_is_alive_and_ready_and_not_ready_when_all_threads_hang(monkeypatch):
    gate, workers = threading.Event(), Workers(threads=1)
    monkeypatch.setattr("app.web.application.make_workers", lambda settings: workers)
    with serving(Settings(port=0)) as url, httpx.Client(base_url=url) as client:
        assert client.get("/readyz").json()["status"] == "ok"
        workers.threads.submit(gate.wait)
        answer = client.get("/readyz")
        gate.set()
        assert answer.status_code == 503 and "no small trace within" in answer.json()["status"]
        assert client.get("/healthz").status_code == 200


def test_metrics_count_requests_and_work(client):
    client.get("/api/trace?k=3")
    text = client.get("/metrics").text
    for name in ("requests_total", "viewers ", "heavy_jobs ", "cost_admitted_seconds_total", "errors_total"):
        assert f"moescope_{name}" in text
    assert re.search(r'moescope_requests_total\{route="/api/",status="200"\} [1-9]', text)


def test_a_request_has_one_id_in_the_answer_and_in_the_log(server_url, caplog):
    with caplog.at_level(logging.INFO, "moescope.access"):
        given = httpx.get(f"{server_url}/healthz", headers={"x-request-id": "abcdef-123456"})
        made = httpx.get(f"{server_url}/api/trace?scenario=code&prompt=secret")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "moescope.access"]
    assert given.headers["x-request-id"] == "abcdef-123456"
    assert {given.headers["x-request-id"], made.headers["x-request-id"]} <= {line["id"] for line in lines}
    assert all({"time", "client", "method", "path", "status", "bytes", "secs"} <= set(line) for line in lines)
    assert "secret" not in caplog.text


def test_a_failure_has_an_id_and_is_counted(monkeypatch, caplog):
    def fail(*_):
        raise ZeroDivisionError("boom")

    with serving(Settings(port=0)) as url:
        monkeypatch.setattr("app.sources.registry.SourceRegistry.scenario_infos", fail)
        answer = httpx.get(f"{url}/api/scenarios")
        metrics = httpx.get(f"{url}/metrics").text
    assert answer.status_code == 500 and "boom" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] in caplog.text
    assert "moescope_errors_total 1.0" in metrics


def test_a_hashed_file_is_kept_for_ever_and_another_version_of_it_not(client):
    page = client.get("/").text
    names = re.findall(r'(?:href|src)="(static/vendor/[^"]+\.[0-9a-f]{16}\.(?:css|js))"', page)
    assert len(names) == 2, "the bundle is stale: run make"
    for name in names:
        assert client.get(f"/{name}").headers["cache-control"] == "public, max-age=31536000, immutable"
        other = re.sub(r"[0-9a-f]{16}", "0" * 16, name)
        assert client.get(f"/{other}").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/api/trace", "/api/stream", "/preview.svg", "/preview.png", "/api/load", "/api/devices", "/"]
)
def test_shared_caches_may_keep_what_is_the_same_for_all(client, path):
    answer = client.get(path)
    assert answer.headers["cache-control"].startswith("public, max-age=0, s-maxage=300")
    assert client.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_a_page_of_a_server_that_trusts_any_name_is_not_shared():
    with serving(Settings(port=0, hosts=("*",))) as url:
        assert httpx.get(url).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/?shape=1x513x513-d16-e16",
        "/embed?shape=1x513x513-d16-e16",
        "/api/trace?shape=1x513x513-d16-e16",
        "/preview.svg?shape=1x513x513-d16-e16",
        "/oembed?url=http%3A%2F%2F127.0.0.1%2F%3Fshape%3D1x513x513-d16-e16",
        "/static/" + "a" * 5000,
        "/static/" + "%F0%9F%98%80" * 100,
        "/?scenario=%ED%A0%80",
        "/api/trace?prompt=%ED%A0%80&source=live",
    ],
)
def test_what_once_failed_is_answered(client, path):
    assert client.get(path).status_code in (200, 404, 422)


def test_no_answer_names_a_place_on_the_disk(tmp_path):
    bad = {
        "list": '{"model_type":[1]}',
        "deep": "[" * 200_000,
        "text": '{"model_type":"mixtral","hidden_size":"big"}',
        "number": '{"model_type":"mixtral","num_hidden_layers":[32]}',
        "huge": '{"model_type":"mixtral","num_hidden_layers":2000000000}',
        "binary": "\x00\x01",
        "empty": "",
    }
    for name, config in bad.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(config)
    with serving(Settings(port=0, models=tmp_path)) as url, httpx.Client(base_url=url) as client:
        entries = {each["name"]: each.get("refused") for each in client.get("/api/models").json()}
        assert set(bad) <= set(entries) and all(entries[name] for name in bad)
        for name in bad:
            answer = client.get("/api/trace", params={"source": "live", "model": name})
            assert answer.status_code == 422
            assert str(tmp_path) not in answer.text
        assert str(tmp_path) not in json.dumps(entries)
        assert client.get("/api/trace").status_code == 200


def test_a_server_without_a_scenario_that_can_be_read_is_alive_and_not_ready(tmp_path):
    (tmp_path / "deep.toml").write_text("a = " + "[" * 10_000)
    with serving(Settings(port=0, scenarios=tmp_path)) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200
        answer = httpx.get(f"{url}/readyz")
        assert answer.status_code == 503 and answer.json()["status"] != "ok"
