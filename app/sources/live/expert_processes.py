"""Processes that compute the experts of a large model, beside the one that asks.

Threads share the lock of the interpreter and wait for it after each call of numpy; processes do not. The
tokens, the outputs and the list of jobs are in memory that all processes share. A pipe holds the numbers of
the jobs that nobody has taken: who reads a number does that job. The asking process takes jobs as well.

Letters: A assignments, D width of the residual stream, J jobs: one expert each, with its rows of A.
"""

from __future__ import annotations

import mmap
import os
import select
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np

from ...trace import Floats, Ints

ROOM = 64 << 20  # bytes of shared memory; only what is used of them is taken from the system
MOST_JOBS = 1024  # their numbers fit into the pipe
MOST_PROCESSES = 8  # each takes 31 MB, and they read weights from the same memory
PROGRAM = f"{__package__}.expert_process"  # the package has another name where it is installed
ANSWER = b"."  # ready for orders, or no job is left
ORDER = Struct("<3i")  # layer, A, J
NUMBER = Struct("<H")  # index of a job

Order = tuple[int, int, int]
Job = tuple[int, int, int]  # expert, first row, last row + 1
Expert = Callable[[int, int, Floats], object]  # layer, expert, tokens [., D], which it replaces by outputs


class Board:
    """The shared memory of one model."""

    def __init__(self, memory: int, width: int) -> None:
        """Maps the memory of a file descriptor. `width`: D."""
        self.pages = mmap.mmap(memory, ROOM)
        self.width = width

    def fits(self, rows: int, jobs: int) -> bool:
        """Returns whether there is room for A rows and J jobs."""
        return jobs <= MOST_JOBS and 16 * MOST_JOBS + 8 * rows * self.width <= ROOM

    def arrays(self, order: Order) -> tuple[Ints, Ints, Floats, Floats]:
        """Returns jobs [J, 3], whether each is done [J], tokens [A, D] and outputs [A, D]."""
        _, rows, jobs = order
        numbers = np.frombuffer(self.pages, np.int32, 4 * MOST_JOBS)
        values = np.frombuffer(self.pages, np.float32, 2 * rows * self.width, 16 * MOST_JOBS)
        tokens, outputs = values.reshape(2, rows, self.width)
        return numbers[: 3 * jobs].reshape(jobs, 3), numbers[3 * MOST_JOBS :][:jobs], tokens, outputs

    def do(self, order: Order, number: int, expert: Expert) -> None:
        """Does one job."""
        jobs, done, tokens, outputs = self.arrays(order)
        which, start, end = jobs[number].tolist()
        outputs[start:end] = tokens[start:end]
        expert(order[0], which, outputs[start:end])
        done[number] = 1

    def take(self, queue: int, order: Order, expert: Expert) -> None:
        """Takes jobs from the queue and does them, until there is none."""
        with suppress(BlockingIOError):
            while True:
                (number,) = NUMBER.unpack(os.read(queue, NUMBER.size))
                self.do(order, number, expert)


class ExpertProcesses:
    """Processes that have the same checkpoint open. They end with this object, and with this process."""

    def __init__(self, folder: Path, identity: str, width: int, count: int) -> None:
        """Starts `count` processes. `identity`: that of the open weights. Raises OSError if it is refused."""
        memory = os.memfd_create("experts")
        os.ftruncate(memory, ROOM)
        self.board = Board(memory, width)
        self.queue, self.numbers = os.pipe()
        os.set_blocking(self.queue, False)
        self.processes: list[subprocess.Popen[bytes]] = []
        weakref.finalize(self, end, self.processes, (self.queue, self.numbers))
        arguments = map(str, (folder.resolve(), identity, memory, self.queue, width))
        command = [sys.executable, "-m", PROGRAM, *arguments]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        root = Path(__file__).resolve().parents[3]
        try:
            for _ in range(min(count, MOST_PROCESSES)):
                started = subprocess.Popen(command, cwd=root, pass_fds=(memory, self.queue), **pipes)
                self.processes.append(started)
        finally:
            os.close(memory)
        self.loading = list(self.processes)

    def ready(self, rows: int, jobs: int) -> bool:
        """Returns whether the processes run and have room for a layer. Does not wait for them."""
        self.loading = [process for process in self.loading if not self.answered(process, wait=False)]
        return bool(self.processes) and not self.loading and self.board.fits(rows, jobs)

    def run(self, layer: int, tokens: Floats, jobs: Sequence[Job], expert: Expert) -> None:
        """Replaces tokens [A, D] by the outputs of their experts; `expert` does the jobs of this process."""
        order = layer, len(tokens), len(jobs)
        listed, done, inputs, outputs = self.board.arrays(order)
        listed[:], done[:], inputs[:] = jobs, 0, tokens
        os.write(self.numbers, b"".join(map(NUMBER.pack, range(len(jobs)))))
        for process in self.processes:
            assert process.stdin is not None, "it has a pipe"
            with suppress(OSError):  # it ended, which its missing answer says
                process.stdin.write(ORDER.pack(*order))
        try:
            self.board.take(self.queue, order, expert)
            for process in list(self.processes):
                self.answered(process, wait=True)
        except BaseException:
            end(self.processes)
            raise
        for number in np.flatnonzero(done == 0).tolist():  # jobs of a process that ended
            self.board.do(order, number, expert)
        tokens[:] = outputs

    def answered(self, process: subprocess.Popen[bytes], wait: bool) -> bool:
        """Returns whether a process answered. If it ended instead, all are ended."""
        if process not in self.processes:
            return True
        assert process.stdout is not None, "it has a pipe"
        if not wait and not select.select([process.stdout], [], [], 0)[0]:
            return False
        if process.stdout.read(len(ANSWER)) != ANSWER:
            end(self.processes)
        return True


def end(processes: list[subprocess.Popen[bytes]], descriptors: Sequence[int] = ()) -> None:
    """Ends processes and empties their list."""
    while processes:
        process = processes.pop()
        process.kill()
        process.communicate()  # closes the pipes and waits
    for descriptor in descriptors:
        os.close(descriptor)
