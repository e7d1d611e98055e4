"""Nobody waits behind what takes long, and what nobody waits for is not computed."""

import asyncio
import threading

import pytest

from app.settings import Settings
from app.stream.workers import Workers
from app.web.application import create_app
from tests.run_async import run_apart

LONG = "source=live&experts=64&router=sigmoid_bias&updates=1"


@pytest.fixture
def workers(monkeypatch):
    """The two threads of a server made after this: one for what takes long and one for the rest."""
    made = Workers(threads=1)
    monkeypatch.setattr("app.web.application.Workers", lambda: made)
    yield made
    made.stop()


class Client:
    """One HTTP request to an application, by hand, so that it is known when its client goes."""

    def __init__(self, method, path, query="", body=b""):
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [],
        }
        self.coming = [{"type": "http.request", "body": body, "more_body": False}]
        self.gone = asyncio.Event()
        self.status = None

    async def receive(self):
        if self.coming:
            return self.coming.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.status = message.get("status", self.status)

    def ask(self, app):
        return asyncio.create_task(app(self.scope, self.receive, self.send))


async def until(true):
    """Let the loop go round until something is so."""
    while not true():
        await asyncio.sleep(0)


def test_a_job_does_not_wait_behind_those_that_take_long(workers):
    async def run():
        gate = threading.Event()
        long = [asyncio.create_task(workers.run(gate.wait, long=True)) for _ in range(8)]
        assert await workers.run(lambda: 5) == 5
        gate.set()
        assert await asyncio.gather(*long) == [True] * 8

    run_apart(run)


def test_a_load_is_told_while_others_settle_a_bias(workers):
    async def run():
        app, gate = create_app(Settings()), threading.Event()
        long = asyncio.create_task(workers.run(gate.wait, long=True))
        heavy = Client("GET", "/api/trace", "shape=kimi-k2&router=sigmoid_bias&updates=1")
        waiting = heavy.ask(app)
        light = Client("GET", "/api/load", "scenario=code&k=3&experts=11")
        await light.ask(app)
        assert light.status == 200 and heavy.status is None
        gate.set()
        await asyncio.gather(long, waiting)
        assert heavy.status == 200

    run_apart(run)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/trace"), ("GET", "/api/load"), ("GET", "/api/devices"), ("GET", "/preview.svg")],
)
def test_a_client_goes_while_its_request_waits_for_a_thread(workers, monkeypatch, method, path):
    opened = []
    monkeypatch.setattr("app.sources.registry.Sources.open", lambda sources, request: opened.append(request))

    async def run():
        app, gate = create_app(Settings()), threading.Event()
        long = asyncio.create_task(workers.run(gate.wait, long=True))
        await until(lambda: workers.jobs == 1 and workers.slow._work_queue.empty())
        client = Client(method, path, LONG)
        asked = client.ask(app)
        await until(lambda: not workers.slow._work_queue.empty())
        client.gone.set()
        await asked
        assert client.status == 499
        gate.set()
        await long
        assert workers.jobs == 0

    run_apart(run)
    assert not opened


def test_a_client_goes_while_the_load_of_its_text_is_counted(workers, monkeypatch):
    """The window that is just being routed is the last."""
    begun, gate, made = threading.Event(), threading.Event(), []

    def make():
        made.append("window")
        begun.set()
        gate.wait()
        raise AssertionError("nobody asks for the result")

    monkeypatch.setattr("app.web.load_routes.windows", lambda sources, request, text: [make, make, make])

    async def run():
        client = Client("POST", "/api/load", LONG, b"text")
        asked = client.ask(create_app(Settings()))
        await until(begun.is_set)
        client.gone.set()
        await until(lambda: any(task.cancelling() for task in asyncio.all_tasks()))
        gate.set()
        await asked
        assert client.status == 499

    run_apart(run)
    assert made == ["window"]
