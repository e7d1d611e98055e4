"""Small jobs do not wait for long ones, and abandoned jobs are not computed."""

import asyncio
import os
import signal
import threading

import pytest

from app.problem import BadRequest
from app.settings import Settings
from app.stream.processes import Processes
from app.stream.workers import EndedEarly, OwnQueueFull, TooMuch, Workers
from app.web.application import create_app
from tests.run_async import run_apart
from tests.stream.jobs import die, divide, getpid, nap, refuse, spin


@pytest.fixture
def workers(monkeypatch):
    """Yields the one thread of a server made after this, and no processes: everything is small work."""
    made = Workers(threads=1)
    monkeypatch.setattr("app.web.application.make_workers", lambda settings: made)
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


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/trace"), ("GET", "/api/load"), ("GET", "/api/devices"), ("GET", "/preview.svg")],
)
def test_a_client_goes_while_its_request_waits_for_a_thread(workers, monkeypatch, method, path):
    opened = []
    monkeypatch.setattr(
        "app.sources.registry.SourceRegistry.open", lambda sources, request: opened.append(request)
    )

    async def run():
        app, gate = create_app(Settings()), threading.Event()
        long = asyncio.create_task(workers.run(gate.wait))
        await until(lambda: workers.jobs == 1)
        client = Client(method, path)
        asked = client.ask(app)
        await until(lambda: workers.jobs == 2)
        client.gone.set()
        await asked
        assert client.status == 499
        gate.set()
        await long
        assert workers.jobs == 0

    run_apart(run)
    assert not opened


def test_the_client_with_little_work_does_not_wait_behind_the_one_with_much(workers):
    async def run():
        gate, done = threading.Event(), []
        first = asyncio.create_task(workers.run(gate.wait, "greedy", 1.0))
        await until(lambda: workers.jobs == 1)
        jobs = [workers.run(lambda: done.append("greedy"), "greedy", 1.0) for _ in range(20)]
        tasks = [asyncio.create_task(job) for job in jobs]
        await until(lambda: workers.jobs == 21)
        tasks.append(asyncio.create_task(workers.run(lambda: done.append("modest"), "modest", 0.01)))
        await until(lambda: workers.jobs == 22)
        gate.set()
        await asyncio.gather(first, *tasks)
        assert done.index("modest") == 0

    run_apart(run)


def heavy_workers(deadline_secs=30.0, **limits):
    """Returns one process that needs no sources."""
    processes = Processes(dict, (), deadline_secs)
    return Workers(1, processes=processes, light_secs=0.1, **limits)


def test_heavy_work_is_done_in_another_process():
    async def run():
        workers = heavy_workers()
        assert await workers.compute(getpid, client="a", cost=1.0) != os.getpid()
        with pytest.raises(ZeroDivisionError):
            await workers.compute(divide, 0, client="a", cost=1.0)
        assert await workers.compute(divide, 4, client="a", cost=1.0) == 0.25
        with pytest.raises(BadRequest, match="k: expected 1 to 8, got 9"):
            await workers.compute(refuse, client="a", cost=1.0)
        workers.stop()

    run_apart(run)


def test_a_deadline_ends_the_process_and_the_next_job_gets_another():
    async def run():
        workers = heavy_workers(deadline_secs=1.0)
        with pytest.raises(EndedEarly, match="ended after 1 s"):
            await workers.compute(spin, client="a", cost=1.0)
        workers.processes.deadline_secs = 30.0
        assert await workers.compute(divide, 2, client="a", cost=1.0) == 0.5
        workers.stop()

    run_apart(run)


def test_a_process_that_dies_is_told_and_replaced():
    async def run():
        workers = heavy_workers()
        with pytest.raises(EndedEarly, match="process of this work ended"):
            await workers.compute(die, client="a", cost=1.0)
        assert await workers.compute(divide, 2, client="a", cost=1.0) == 0.5
        workers.stop()

    run_apart(run)


def test_a_process_that_was_killed_while_it_was_idle_fails_nobody():
    async def run():
        workers = heavy_workers()
        first = await workers.compute(getpid, client="a", cost=1.0)
        (worker,) = workers.processes.idle
        os.kill(first, signal.SIGKILL)
        worker.process.wait()
        assert await workers.compute(getpid, client="a", cost=1.0) != first
        workers.stop()

    run_apart(run)


def test_a_client_that_goes_ends_its_heavy_work():
    async def run():
        workers = heavy_workers()
        task = asyncio.create_task(workers.compute(spin, client="a", cost=1.0))
        await until(lambda: any(worker.ready for worker in workers.processes.busy))
        (worker,) = workers.processes.busy
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() and worker.process.poll() is not None
        assert workers.heavy.jobs == 0
        workers.stop()

    run_apart(run)


def test_a_short_job_that_nobody_waits_for_leaves_its_process_for_the_next(monkeypatch):
    monkeypatch.setattr("app.stream.processes.GRACE_SECS", 30.0)  # a busy machine makes a short job long

    async def run():
        workers = heavy_workers()
        first = await workers.compute(getpid, client="a", cost=1.0)
        task = asyncio.create_task(workers.compute(nap, client="a", cost=1.0))
        await until(lambda: workers.processes.busy)
        task.cancel()
        await asyncio.wait([task])
        assert await workers.compute(getpid, client="a", cost=1.0) == first
        workers.stop()

    run_apart(run)


def test_more_than_the_ceiling_is_refused_with_the_estimate():
    with pytest.raises(TooMuch, match=r"request: expected at most 2 s of work, got an estimate of 31 s"):
        Workers(1, most_secs=2.0).check(31.0)


def test_a_client_may_have_only_so_much_waiting_and_others_still_get_in():
    async def run():
        workers = heavy_workers(client_secs=5.0, queue_secs=100.0)
        tasks = [asyncio.create_task(workers.compute(spin, client="a", cost=2.0)) for _ in range(2)]
        await until(lambda: workers.heavy.jobs == 2)
        with pytest.raises(OwnQueueFull, match="4 s of your work are waiting") as refused:
            await workers.compute(spin, client="a", cost=2.0)
        assert refused.value.retry_secs >= 4 and refused.value.estimate_secs == 2.0
        other = asyncio.create_task(workers.compute(divide, 2, client="b", cost=2.0))
        await until(lambda: workers.heavy.jobs == 3)
        for task in tasks:
            task.cancel()
        assert await other == 0.5
        workers.stop()

    run_apart(run)
