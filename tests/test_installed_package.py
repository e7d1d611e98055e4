"""The wheel in an environment of its own, driven from another folder: nothing of the checkout is in reach."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 50_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the wheel, built as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder of the commands of a fresh environment that holds the wheel."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip("--python", str(folder / "bin" / "python"), "install", str(wheel))
    return folder / "bin"


@pytest.fixture(scope="module")
def address(installed: Path, tmp_path_factory: pytest.TempPathFactory):
    """Yields the address of a server that the installed command started in an empty folder."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    env = {"PATH": os.environ["PATH"], "HOME": str(elsewhere), "PORT": "0", "OPEN": "0"}
    command = [str(installed / "moescope")]
    with subprocess.Popen(command, cwd=elsewhere, env=env, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield re.findall(r"http://\S+", process.stdout.readline())[0]
        process.terminate()


def pip(*arguments: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([sys.executable, "-m", "pip", *quiet, *arguments], check=True, timeout=600)


def test_wheel_is_one_package_under_its_limit(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "moescope",
        next(n.split("/")[0] for n in names if "dist" in n),
    }
    assert wheel.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("path", ["/", "/embed", "/preview.svg?scenario=code", "/preview.png?experts=64"])
def test_installed_command_serves_from_another_folder(address: str, path: str) -> None:
    assert httpx.get(address + path, timeout=60).status_code == 200


def test_installed_page_loads_its_bundle(address: str) -> None:
    page = httpx.get(address).text
    (script,) = re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert httpx.get(httpx.URL(address).join(script)).status_code == 200


def test_installed_command_computes_a_live_trace_at_64_experts(address: str) -> None:
    with connect(address.replace("http", "ws") + "/ws", open_timeout=60) as socket:
        request = {"source": "live", "experts": 64, "prompt": "Where do the tokens go?"}
        socket.send(json.dumps({"op": "open", "version": 2, "id": 1, "request": request}))
        opened = json.loads(socket.recv(timeout=60))
        assert (opened["op"], opened["origin"]["badge"], opened["model"]["experts"]) == ("trace", "LIVE", 64)
        assert isinstance(socket.recv(timeout=60), bytes)


def test_installed_package_is_imported_under_its_own_name(installed: Path, tmp_path: Path) -> None:
    code = "import moescope, importlib.util; print(moescope.__version__, importlib.util.find_spec('app'))"
    command = [str(installed / "python"), "-c", code]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed.split()[1] == "None"
