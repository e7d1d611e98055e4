"""A real vLLM server on this machine's CPU, in the ways in which a cluster runs one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.settings import ROOT
from app.sources.engines.cluster import EngineAddress

PYTHON = Path(os.environ.get("ENGINE_VENV", ".venv-vllm")) / "bin" / "python"
KEY = "a key of the tests"
START_SECS = 600
SERVE = ("-m", "vllm.entrypoints.openai.api_server", "--model")
HEADLESS = (str(Path(__file__).with_name("vllm_command.py")), "serve")
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
    "VLLM_PLUGINS": "moescope",
    "PYTHONUNBUFFERED": "1",
}
TWO = ("--distributed-executor-backend", "mp")
WAYS = {
    "one worker": (),
    "tensor parallel 2": ("--tensor-parallel-size", "2", *TWO),
    "pipeline parallel 2": ("--pipeline-parallel-size", "2", *TWO),
    "two nodes": ("--tensor-parallel-size", "2", *TWO, "--nnodes", "2"),
}


@dataclass
class VllmServer:
    """One server; `start` and `kill` may be called again and again, the port stays."""

    log: Path
    way: str = "one worker"
    model: Path = ROOT / "models" / "trio-16"
    extra: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> EngineAddress:
        return EngineAddress("cpu", self.url, KEY)

    def __enter__(self) -> VllmServer:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns once the plugin has checked itself, or refuses to serve."""
        options = (
            *("--served-model-name", self.model.name, "--enforce-eager", "--dtype", "float32"),
            *("--max-model-len", "512", *WAYS[self.way], *self.extra),
        )
        http = ("--host", "127.0.0.1", "--port", str(self.port), "--api-key", KEY)
        if self.way == "two nodes":
            options += ("--master-addr", "127.0.0.1", "--master-port", str(free_port()))
            self.run(*SERVE, str(self.model), *options, "--node-rank", "0", *http)
            self.run(*HEADLESS, str(self.model), *options, "--node-rank", "1", "--headless")
        else:
            self.run(*SERVE, str(self.model), *options, *http)
        try:
            self.wait()
        except BaseException:
            self.kill()
            raise

    def run(self, *command: str) -> None:
        with self.log.open("ab") as log:
            started = subprocess.Popen(
                [str(PYTHON), *command],
                env=os.environ | ENVIRONMENT | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(started)

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECS
        while time.monotonic() < deadline:
            ended = [process.returncode for process in self.processes if process.poll() is not None]
            if ended:
                raise RuntimeError(f"vLLM ended with {ended}:\n{self.log.read_text()[-4000:]}")
            if self.answers():
                return
            time.sleep(0.5)
        raise TimeoutError(f"vLLM was not ready in {START_SECS} s:\n{self.log.read_text()[-4000:]}")

    def answers(self) -> bool:
        """Returns whether the self-check is over."""
        headers = {"authorization": f"Bearer {KEY}"}
        request = urllib.request.Request(f"{self.url}/v1/moescope/info", headers=headers)
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            return b'"checking"' not in error.read()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kills the server and its workers without a warning."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()


def free_port() -> int:
    """Returns a port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
