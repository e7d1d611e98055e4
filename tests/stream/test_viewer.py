"""The loop of one client, with a socket and a source that the test controls."""

import asyncio
import json
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from app.byte_cache import Cache
from app.request.read import read
from app.shape import small_shape
from app.sources.pending_trace import PendingTrace
from app.stream.session import Session
from app.stream.viewer import ClientDisconnected, Viewer
from app.stream.wire import unpack_step
from app.stream.workers import Busy, Workers
from app.trace import Step, Token, TraceHeader
from tests.request.offered import offered
from tests.run_async import run_apart
from tests.socket_client import PATIENCE_SECS

TOKENS = 5


def step():
    return Step(np.zeros((6, 8), np.float32), np.zeros((6, 2), np.int32), np.zeros((6, 2), np.float32))


@dataclass
class Made:
    """A source of steps that a test lets through one by one; `asked` has one for each step waited for."""

    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    made: list[str] = field(default_factory=list)
    failure: Exception | None = None

    def read(self, keys, changed, second):
        return read({**keys, **second}, offered(("english", "code"), {}), changed)

    def elsewhere(self, request):
        return False

    def open(self, request, around=None):
        header = TraceHeader(tuple(Token("x") for _ in range(TOKENS)), small_shape(8, 2), {"name": "m"}, {})
        return PendingTrace(request.scenario, header, lambda: self.steps(request.scenario), Cache(0))

    def steps(self, name):
        for _ in range(TOKENS):
            self.asked.release()
            assert self.gate.acquire(timeout=PATIENCE_SECS)
            if self.failure:
                raise self.failure
            self.made.append(name)
            yield step()


class HeldSocket:
    """A socket: what is put into `come` is received; `gone` has what was sent; `room` lets frames through."""

    def __init__(self):
        self.come = asyncio.Queue()
        self.gone = asyncio.Queue()
        self.room = asyncio.Event()
        self.room.set()
        self.closed = None
        self.tried = 0

    async def receive(self):
        return await self.come.get()

    async def send(self, message):
        self.tried += 1
        await self.room.wait()
        await self.gone.put(message)

    async def close(self, code, reason):
        self.closed = (code, reason)
        await self.come.put(None)

    def open(self, id, scenario="english", start=0):
        request = {"scenario": scenario}
        self.come.put_nowait(
            json.dumps({"op": "open", "version": 2, "id": id, "request": request, "from": start})
        )

    async def hear(self):
        message = await asyncio.wait_for(self.gone.get(), 20)
        return json.loads(message) if isinstance(message, str) else unpack_step(message)[:2]


def play(scene, send_secs=20.0, **sources):
    """Run a scene with a viewer's socket and sources; afterwards the viewer leaves."""

    async def run():
        socket, made = HeldSocket(), Made(**sources)
        session = Session()
        workers = Workers(threads=1)
        viewer = Viewer(socket, session, made, workers, send_secs)
        serving = asyncio.create_task(viewer.serve())
        try:
            await scene(socket, made)
        finally:
            made.gate.release(100)
            await socket.come.put(None)
            await asyncio.wait_for(serving, 20)
            workers.stop()
        assert workers.jobs == 0

    run_apart(run)


def test_viewer_is_sent_each_step_as_it_is_made():
    async def scene(socket, made):
        socket.open(1)
        assert (await socket.hear())["op"] == "trace"
        for token in range(TOKENS):
            made.gate.release()
            assert await socket.hear() == (1, token)
        assert await socket.hear() == {"op": "end", "id": 1, "tokens": TOKENS}

    play(scene)


def test_viewer_opens_another_trace_and_the_one_thread_is_free_for_it():
    async def scene(socket, made):
        socket.open(1)
        await socket.hear()
        made.gate.release()
        assert await socket.hear() == (1, 0)
        for _ in range(2):
            assert await asyncio.to_thread(made.asked.acquire, timeout=PATIENCE_SECS)
        socket.open(2, "code")  # while the thread waits for step 1 of the first
        made.gate.release()
        trace = await socket.hear()
        assert (trace["op"], trace["id"]) == ("trace", 2)
        made.gate.release(TOKENS)
        assert [await socket.hear() for _ in range(TOKENS)] == [(2, token) for token in range(TOKENS)]
        assert made.made.count("english") == 2, "the first went on"

    play(scene)


def test_viewer_stops_and_nothing_more_is_made_or_sent():
    async def scene(socket, made):
        socket.open(1)
        await socket.hear()
        made.gate.release()
        await socket.hear()
        socket.come.put_nowait('{"op":"stop","id":1}')
        made.gate.release(100)
        socket.come.put_nowait('{"op":"sing"}')  # answered after the stop
        assert (await socket.hear())["code"] == "unknown_op"
        assert socket.gone.empty()
        assert len(made.made) <= 2

    play(scene)


def test_viewer_takes_nothing_and_no_more_is_made_than_waits_to_be_sent():
    async def scene(socket, made):
        socket.open(1)
        await socket.hear()
        socket.room.clear()
        made.gate.release(100)
        while not made.made:
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert len(made.made) == 1
        socket.room.set()
        assert [await socket.hear() for _ in range(TOKENS)] == [(1, token) for token in range(TOKENS)]

    play(scene)


def test_viewer_takes_nothing_for_too_long():
    async def scene(socket, made):
        socket.room.clear()
        socket.open(1)
        while not socket.closed:
            await asyncio.sleep(0)
        assert socket.closed == (1008, "not reading: nothing was taken for 0.01 seconds")

    play(scene, send_secs=0.01)


def test_viewer_takes_nothing_but_goes_on_asking(monkeypatch):
    async def scene(socket, made):
        socket.room.clear()
        for id in range(2000):
            socket.open(id)
            tried = socket.tried
            while socket.tried == tried and not socket.closed:
                await asyncio.sleep(0)
            if socket.closed:
                break
        assert socket.closed == (1008, "not reading: nothing was taken for 0.01 seconds")

    monkeypatch.setattr("app.stream.session.BURST", 1e9)
    play(scene, send_secs=0.01)


def test_computing_fails_and_the_viewer_is_told_without_details(caplog):
    async def scene(socket, made):
        socket.open(1)
        await socket.hear()
        made.gate.release()
        error = await socket.hear()
        assert (error["op"], error["code"], error["id"]) == ("error", "internal", 1)
        assert "secret" not in error["message"]
        made.failure = None
        made.gate.release(TOKENS)
        socket.open(2)
        assert (await socket.hear())["id"] == 2

    play(scene, failure=RuntimeError("secret"))
    assert "secret" in caplog.text


def test_viewer_goes_while_a_step_is_on_its_way():
    async def scene(socket, made):
        async def fail(message):
            raise ClientDisconnected

        socket.open(1)
        await socket.hear()
        socket.send = fail
        made.gate.release(1)

    play(scene)


def test_too_many_jobs_wait():
    async def run():
        workers, gate = Workers(threads=1, waiting=2), threading.Event()
        waiting = [asyncio.create_task(workers.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="2 jobs are waiting; try again"):
            await workers.run(gate.wait)
        gate.set()
        assert await asyncio.gather(*waiting) == [True, True]
        assert await workers.run(lambda: 5) == 5
        workers.stop()

    run_apart(run)


def test_a_cancelled_job_that_waits_never_starts_and_one_that_runs_is_waited_for():
    async def run():
        workers, gate, done = Workers(threads=1), threading.Event(), []
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def first():
            loop.call_soon_threadsafe(begun.set)
            gate.wait()
            done.append("first")

        running = asyncio.create_task(workers.run(first))
        waiting = asyncio.create_task(workers.run(lambda: done.append("second")))
        await begun.wait()
        running.cancel()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not running.done()
        gate.set()
        await asyncio.wait([running])
        assert running.cancelled() and waiting.cancelled()
        assert done == ["first"]
        workers.stop()

    run_apart(run)
