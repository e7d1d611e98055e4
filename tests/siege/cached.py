"""A hundred thousand requests of fifty views through nginx's cache: how many reach the server."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.web.test_nginx import CACHED, NGINX, nginx

from .besieged import ROOT, server

REQUESTS, VIEWS, CLIENTS = 100_000, 50, 4

READER = """
import http.client, sys
host, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
line = http.client.HTTPConnection(host)
for number in range(first, first + count):
    view = number % 50
    paths = ("/embed", "/api/stream", "/preview.svg")
    keys = f"scenario={('code', 'english')[view % 2]}&experts={8 + view // 2}"
    headers = {"Host": host, "Accept-Encoding": "gzip"}
    line.request("GET", f"{paths[number // 50 % 3]}?{keys}", headers=headers)
    answer = line.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
"""


def run() -> None:
    """Prints how many of the requests the server itself answered."""
    if NGINX is None:
        print("cached: not tried here (nginx is not installed)")
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        server(CACHE_SECS="3600") as (_, url),
        nginx(Path(folder), CACHED.format(url=url)) as front,
    ):
        began = time.monotonic()
        share = REQUESTS // CLIENTS
        command = [sys.executable, "-c", READER, front.removeprefix("http://")]
        readers = [subprocess.Popen([*command, str(i * share), str(share)], cwd=ROOT) for i in range(CLIENTS)]
        assert all(reader.wait(300) == 0 for reader in readers)
        text = httpx.get(f"{url}/metrics").text
        lines = [line for line in text.splitlines() if line.startswith("moescope_requests_total")]
        reached = sum(float(line.split()[-1]) for line in lines)
        rate = REQUESTS / (time.monotonic() - began)
        print(f"cached: {REQUESTS} requests of {VIEWS} views, {reached:.0f} reached the server; {rate:.0f}/s")
        assert reached <= 3 * VIEWS + 5
