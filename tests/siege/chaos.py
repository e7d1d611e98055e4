"""Signals, a clock that jumps, readers that do not read, lost packets: streams are whole all the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from websockets.sync.client import connect

from app.stream.wire import VERSION

from .besieged import ROOT, memory_mb, server

PAUSE_SECS = 20
SPACE = "moescope-siege"


def stream(url: str, **request: object) -> int:
    """One whole stream; the number of its steps."""
    with connect(f"{url.replace('http', 'ws')}/ws", open_timeout=60) as viewer:
        viewer.send(json.dumps({"op": "open", "version": VERSION, "id": 1, "request": request}))
        steps = 0
        while True:
            message = viewer.recv(timeout=120)
            if isinstance(message, bytes):
                steps += 1
            elif (told := json.loads(message))["op"] == "end":
                return steps
            else:
                assert told["op"] == "trace", told


def stopped_for_a_while() -> None:
    with server() as (process, url), connect(f"{url.replace('http', 'ws')}/ws") as viewer:
        viewer.send(json.dumps({"op": "open", "version": VERSION, "id": 1, "request": {}}))
        process.send_signal(signal.SIGSTOP)
        time.sleep(PAUSE_SECS)
        process.send_signal(signal.SIGCONT)
        began = time.monotonic()
        steps = stream(url)
        print(f"chaos: stopped for {PAUSE_SECS} s, {steps} steps {time.monotonic() - began:.2f} s after it")


def killed_and_ended() -> None:
    for number in (signal.SIGKILL, signal.SIGTERM):
        with server() as (process, url):
            stream(url)
            httpx.get(f"{url}/preview.svg?shape=512x128x2-d64-e64", timeout=60)
            found = Path(f"/proc/{process.pid}/task").glob("*/children")
            children = [pid for path in found for pid in path.read_text().split()]
            began = time.monotonic()
            process.send_signal(number)
            process.wait(30)
            while any(Path(f"/proc/{pid}").exists() for pid in children):
                assert time.monotonic() < began + 10, f"a process is left after {number.name}"
                time.sleep(0.01)
            took = time.monotonic() - began
            print(f"chaos: {number.name}: gone with {len(children)} processes after {took:.2f} s")


def slow_readers() -> None:
    """Fifty readers that read nothing hold nothing back and are let go."""
    with server(SEND_SECS="3") as (process, url):
        at = httpx.URL(url)
        lines = []
        for _ in range(50):
            line = socket.create_connection((at.host, at.port or 80))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.sendall(
                b"GET /api/stream?scenario=english&experts=512&k=512 HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            lines.append(line)
        began = time.monotonic()
        steps = stream(url)
        told = f"{steps} steps for another in {time.monotonic() - began:.2f} s"
        print(f"chaos: 50 readers that do not read, {told}; {memory_mb(process):.0f} MB")
        for line in lines:
            line.close()


def full_disk() -> None:
    """A server that can write nothing at all serves."""
    with server(("prlimit", "--fsize=0"), PYTHONDONTWRITEBYTECODE="1") as (_, url):
        print(f"chaos: no byte can be written to a file, {stream(url)} steps")


def jumping_clock() -> None:
    """The clock of the wall decides nothing: a server under a clock of ten years later."""
    if shutil.which("faketime") is None:
        print("chaos: clock jump not tried here (faketime is not installed)")
        return
    with server(("faketime", "+10 years")) as (_, url):
        print(f"chaos: ten years later, {stream(url)} steps")


def bad_network() -> None:
    """A tenth of the packets lost and 100 ms of delay, in a network namespace of its own."""
    ip = shutil.which("ip")
    if ip is None or os.geteuid() != 0:
        print("chaos: packet loss not tried here (needs root and iproute2)")
        return
    if subprocess.run([ip, "netns", "add", SPACE], capture_output=True, check=False).returncode:
        print("chaos: packet loss not tried here (no network namespaces)")
        return
    inside = [ip, "netns", "exec", SPACE]
    try:
        subprocess.run([*inside, ip, "link", "set", "lo", "up"], check=True)
        shaped = [*inside, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "10%", "delay", "50ms"]
        if subprocess.run(shaped, capture_output=True, check=False).returncode:
            print("chaos: packet loss not tried here (no netem)")
            return
        with server(tuple(inside)) as (_, url):
            code = f"from tests.siege.chaos import stream; print(stream({url!r}))"
            began = time.monotonic()
            done = subprocess.run(
                [*inside, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
            )
            took = time.monotonic() - began
            assert done.returncode == 0, done.stderr
            print(f"chaos: a tenth of the packets lost, 100 ms: {done.stdout.strip()} steps in {took:.1f} s")
    finally:
        subprocess.run([ip, "netns", "del", SPACE], check=False)


SCENES: tuple[Callable[[], None], ...] = (
    stopped_for_a_while,
    killed_and_ended,
    slow_readers,
    full_disk,
    jumping_clock,
    bad_network,
)


def run() -> None:
    """All of them, one after the other."""
    for scene in SCENES:
        scene()
