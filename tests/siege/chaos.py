"""Signals, a clock that jumps, readers that do not read, lost packets: streams are whole all the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from websockets.sync.client import connect

from app.stream.wire import VERSION

from .bad_line import THERE, NoLine, bad_line
from .besieged import memory_mb, server

PAUSE_SECS = 20


def stream(url: str, **request: object) -> int:
    """Reads one whole stream; returns the number of its steps."""
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


LARGE = "scenario=english&shape=512x128x128-d4096-e2048"


def slow_readers() -> None:
    """Fifty readers that read nothing hold nothing back, and are let go after the usual 30 s."""
    with server() as (process, url):
        at = httpx.URL(url)
        lines = []
        for number in range(50):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.bind((f"127.0.4.{1 + number % 5}", 0))
            line.connect((at.host, at.port or 80))
            line.sendall(f"GET /api/stream?{LARGE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            lines.append(line)
        began = time.monotonic()
        steps = stream(url)
        told = f"{steps} steps for another in {time.monotonic() - began:.2f} s"
        most = viewers = 0.0
        while (viewers or not most) and time.monotonic() < began + 150:
            time.sleep(0.5)
            viewers = figure(url, "viewers")
            most = max(most, viewers)
        secs = time.monotonic() - began
        print(f"chaos: 50 readers that do not read, {told}; of {most:.0f} seats all free after {secs:.0f} s")
        print(f"chaos: {memory_mb(process):.0f} MB then")
        assert most and not viewers, "none was taken, or some are still held"
        for line in lines:
            line.close()


def figure(url: str, name: str) -> float:
    """Returns a number of /metrics."""
    lines = httpx.get(f"{url}/metrics", timeout=60).text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"moescope_{name} "))


def full_disk() -> None:
    """A server that can write nothing at all serves; one whose temporary folder is full too."""
    with server(("prlimit", "--fsize=0"), PYTHONDONTWRITEBYTECODE="1") as (_, url):
        print(f"chaos: no byte can be written to a file, {stream(url)} steps")
    with tempfile.TemporaryDirectory() as folder:
        mounted = ["mount", "-t", "tmpfs", "-o", "size=64k", "moescope", folder]
        if os.geteuid() or subprocess.run(mounted, capture_output=True, check=False).returncode:
            print("chaos: a full temporary folder not tried here (needs root)")
            return
        try:
            subprocess.run(f"cat /dev/zero > {folder}/full", shell=True, capture_output=True, check=False)
            with server(TMPDIR=folder) as (_, url):
                for path in ("/preview.png?k=3", "/api/trace?source=live", "/api/atlases"):
                    assert httpx.get(url + path, timeout=120).status_code == 200, path
                print(f"chaos: no room in the temporary folder, {stream(url)} steps")
        finally:
            subprocess.run(["umount", folder], check=False)


def jumping_clock() -> None:
    """The clock of the wall decides nothing: it jumps by years, ahead and back, under a server that runs."""
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
    if library is None:
        print("chaos: clock jump not tried here (Debian's package libfaketime is not installed)")
        return
    with tempfile.TemporaryDirectory() as folder:
        clock = Path(folder) / "clock"
        clock.write_text("+0")
        env = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
        with server(FAKETIME_DONT_FAKE_MONOTONIC="1", **env) as (_, url):
            now, steps = year(url), []
            for jump in (0, 3, -3, 0):
                clock.write_text(f"{jump:+d}y")
                end = time.monotonic() + 30
                while year(url) != now + jump:
                    assert time.monotonic() < end, "the clock of the server does not follow"
                steps.append(stream(url))
            assert len(set(steps)) == 1
            print(f"chaos: the clock jumped from {now} to {now + 3}, {now - 3} and back: {steps} steps")


def year(url: str) -> int:
    """Returns what year the server has."""
    return int(httpx.get(f"{url}/healthz", timeout=60).headers["date"].split()[3])


def bad_network() -> None:
    """A tenth of the packets lost and 100 ms there and back, between two network namespaces."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        print("chaos: packet loss not tried here (needs root and iproute2)")
        return
    try:
        with bad_line(loss=0.1, delay_secs=0.05) as inside, server(inside, HOST=THERE) as (_, url):
            took = []
            for _ in range(5):
                began = time.monotonic()
                steps = stream(url, experts=64)
                took.append(time.monotonic() - began)
            print(f"chaos: 10 % of packets lost, 100 ms: {steps} steps, {min(took):.1f} to {max(took):.1f} s")
    except NoLine as error:
        print(f"chaos: packet loss not tried here ({error})")


def few_descriptors() -> None:
    """A server with 64 file descriptors answers some and refuses others; it resets nobody for ever."""
    with server(("prlimit", "--nofile=64:64")) as (_, url):
        at = httpx.URL(url)
        lines = [socket.create_connection((at.host, at.port or 80)) for _ in range(40)]
        refused = sum(bool(line.recv(12)) for line in lines[-20:])
        for line in lines:
            line.close()
        told = f"{refused} of 20 more clients told to wait"
        print(f"chaos: 64 descriptors, {told}; then {stream(url)} steps")


SCENES: tuple[Callable[[], None], ...] = (
    stopped_for_a_while,
    killed_and_ended,
    slow_readers,
    full_disk,
    jumping_clock,
    few_descriptors,
    bad_network,
)


def run() -> None:
    """All of them, one after the other."""
    for scene in SCENES:
        scene()
