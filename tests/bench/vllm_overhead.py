"""What recording costs a vLLM server on this machine. `make engine-vllm` installs one."""

from __future__ import annotations

import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from app.sources.engines.cluster import Ask, Cluster
from tests.sources.engines.vllm_server import KEY, PYTHON, VllmServer

REQUESTS, TOKENS, TIMES = 16, 100, 3
PROMPT = "The river is cold and the house is old."


def complete(server: VllmServer, **fields: object) -> None:
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    asked = {"model": "trio-16", "prompt": PROMPT, "max_tokens": TOKENS, "ignore_eos": True, **fields}
    request = urllib.request.Request(f"{server.url}/v1/completions", json.dumps(asked).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        answer.read()


def best(work) -> float:
    """Returns the shortest of a few runs, in seconds."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        with ThreadPoolExecutor(REQUESTS) as threads:
            list(threads.map(work, range(REQUESTS)))
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Prints seconds for 16 requests of 100 tokens, and for one prompt through the client."""
    if not PYTHON.exists():
        print("no vLLM here: make engine-vllm installs it")
        return
    with TemporaryDirectory() as folder, VllmServer(Path(folder) / "log") as server:
        plain = best(lambda _: complete(server))
        print(f"{plain:.2f} s: {REQUESTS} requests of {TOKENS} tokens, hooks set, none recorded")
        recorded = best(lambda n: complete(server, vllm_xargs={"moescope": f"{n}"}))
        print(f"{recorded:.2f} s: the same, all of them recorded")
        cluster = Cluster([server.address])
        start = time.perf_counter()
        steps = len(list(cluster.open("cpu", Ask(PROMPT, TOKENS)).steps()))
        print(f"{time.perf_counter() - start:.2f} s: one prompt through the client, {steps} steps")
        cluster.stop()


if __name__ == "__main__":
    main()
