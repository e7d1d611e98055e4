"""Processes for heavy work: one job at a time each, with a deadline that ends the job and its process.

A job is a module-level function of this package; its first argument is the result of `SETUP` in the
process. Only this package writes to the pipes, so unpickling is safe.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock
from typing import Any, BinaryIO

CHECK_SECS = 0.05  # interval of checks whether the result is still needed
START_SECS = 60.0  # time limit for setting up a process on a busy machine
GRACE_SECS = 1.0
PR_SET_PDEATHSIG = 1
NICE = 10  # lower priority than the threads that serve small work


class TookTooLong(Exception):
    """A job exceeded its deadline and was ended."""


class Abandoned(Exception):
    """A job was ended because its result is not needed any more."""


class ProcessDied(Exception):
    """The process of a job ended before the job: out of memory, or a truncated mapped file."""


class WorkerProcess:
    """One process, started at first use."""

    ready = False

    def __init__(self, setup: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-m", __name__]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=root, **pipes)
        assert self.process.stdin and self.process.stdout
        self.input: BinaryIO = self.process.stdin  # type: ignore[assignment]
        self.output: BinaryIO = self.process.stdout  # type: ignore[assignment]
        self.send((setup, arguments))

    def send(self, value: object) -> None:
        try:
            send(self.input, value)
        except OSError as error:
            raise ProcessDied from error

    def begin(self, deadline: float) -> None:
        """Waits for the setup, even if the job is not needed any more, because the next one needs it.

        Raises TookTooLong or ProcessDied.
        """
        if not self.ready:
            self.receive(deadline, Event())
            self.ready = True

    def receive(self, deadline: float, cancelled: Event) -> tuple[bool, Any]:
        """Waits for the result of a job. Raises TookTooLong, Abandoned or ProcessDied.

        An abandoned job has a moment to end by itself, because starting another process takes longer.
        """
        grace = float("inf")
        while not select.select([self.output], [], [], CHECK_SECS)[0]:
            now = time.monotonic()
            if cancelled.is_set():
                grace = min(grace, now + GRACE_SECS)
            if now > grace:
                raise Abandoned
            if now > deadline:
                raise TookTooLong
        result: tuple[bool, Any] | None = read_message(self.output)
        if result is None:
            raise ProcessDied
        return result

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.input, self.output):
            with suppress(OSError):
                pipe.close()


class Processes:
    """Processes with the same setup. Threads call its methods, which block."""

    def __init__(self, setup: Callable[..., Any], arguments: tuple[Any, ...], deadline_secs: float) -> None:
        self.setup = setup
        self.arguments = arguments
        self.deadline_secs = deadline_secs
        self.idle: list[WorkerProcess] = []
        self.busy: set[WorkerProcess] = set()
        self.lock = Lock()
        self.stopped = False

    def run(self, function: Callable[..., Any], arguments: tuple[Any, ...], cancelled: Event) -> Any:
        """Returns the result of a job. Raises the job's exception, TookTooLong, Abandoned or ProcessDied."""
        worker = self.take()
        try:
            worker.begin(time.monotonic() + START_SECS)
            worker.send((function, arguments))
            done, result = worker.receive(time.monotonic() + self.deadline_secs, cancelled)
        except (TookTooLong, Abandoned, ProcessDied):
            worker.kill()
            raise
        else:
            with self.lock:
                self.idle.append(worker)
        finally:
            self.busy.discard(worker)
            if self.stopped:
                self.stop()
        if not done:
            raise result
        return result

    def take(self) -> WorkerProcess:
        """Returns an idle process that still runs, else a new one. The system may have ended an idle one."""
        with self.lock:
            while self.idle:
                worker = self.idle.pop()
                if worker.process.poll() is None:
                    break
                worker.kill()
            else:
                worker = WorkerProcess(self.setup, self.arguments)
            self.busy.add(worker)
            return worker

    def stop(self) -> None:
        """Ends all processes, also busy ones."""
        self.stopped = True
        with self.lock:
            for worker in self.idle:
                worker.kill()
            self.idle.clear()
            for worker in self.busy:
                worker.process.kill()


def send(stream: BinaryIO, value: object) -> None:
    """Writes one value in the format of `read_message`."""
    data = pickle.dumps(value)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def read_message(stream: BinaryIO) -> Any:
    """Returns one pickled value; None at the end of the stream."""
    size = stream.read(8)
    if len(size) < 8:
        return None
    data = stream.read(int.from_bytes(size, "little"))
    return pickle.loads(data)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Runs jobs until the pipe closes."""
    first = read_message(source)
    if first is None:
        return
    setup, arguments = first
    state = setup(*arguments)
    send(sink, (True, None))
    while (job := read_message(source)) is not None:
        function, arguments = job
        send(sink, result_of(function, state, arguments))


def result_of(function: Callable[..., Any], state: Any, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(state, *arguments)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return False, RuntimeError(f"{type(error).__name__}: {error}")
        return False, error


def end_with_parent() -> None:
    """Asks Linux to end this process when the server ends, even during a job (prctl(2))."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    os.nice(NICE)
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of libraries must not mix with the answers
    with suppress(KeyboardInterrupt, BrokenPipeError):
        serve(sys.stdin.buffer, output)
