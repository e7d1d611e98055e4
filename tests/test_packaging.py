"""Packaging: the bundles, the lock file, the container."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

import hatch_build

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns a bundle that is fresh: its stamp names what it was made from."""
    for name in hatch_build.BUILT:
        (tmp_path / name).touch()
    (tmp_path / ".stamp").write_text(hatch_build.source_digest())
    monkeypatch.setattr(hatch_build, "VENDOR", tmp_path)
    return tmp_path


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_fresh_bundle_needs_no_node(bundle: Path, no_node: None) -> None:
    assert hatch_build.VendorBuildHook.dependencies(None) == []


@pytest.mark.parametrize("lost", ["three.js", "moescope.js", "Inter-Regular.ttf", ".stamp"])
def test_a_stale_bundle_without_node_asks_for_the_wheel_that_holds_it(
    bundle: Path, no_node: None, lost: str
) -> None:
    (bundle / lost).unlink()
    assert hatch_build.VendorBuildHook.dependencies(None) == [hatch_build.NODE_WHEEL]


def test_a_changed_entry_makes_the_bundle_stale(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = bundle / "three.entry.js"
    entry.write_text("export { Scene } from 'three';\n")
    monkeypatch.setattr(hatch_build, "ENTRY", entry)
    assert not hatch_build.vendor_is_fresh()


def test_a_changed_script_of_the_page_makes_the_bundle_stale(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hatch_build, "STATIC", bundle)
    (bundle / "js").mkdir()
    (bundle / "js" / "main.js").write_text("export {};\n")
    assert not hatch_build.vendor_is_fresh()


@pytest.mark.parametrize(("version", "enough"), [("v18.20.4", False), ("v20.0.0", True), ("v126.1.0", True)])
def test_an_old_node_on_path_does_not_count(
    version: str, enough: bool, tmp_path: Path, no_node: None
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tmp_path / name).chmod(0o755)
    assert bool(hatch_build.node_on_path()) is enough


def test_the_lock_file_names_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/three"]["version"] == "0.187.0"
    assert not [name for name, each in packages.items() if "resolved" in each]


def test_the_container_copies_what_is_there_and_nothing_that_its_context_leaves_out() -> None:
    context = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert Path(source).parts[0] in context, source


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_container_is_healthy_when_readyz_answers(status: int, healthy: bool) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    healthcheck = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    assert healthcheck
    _, *arguments = json.loads(healthcheck[1])
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        environment = {"PORT": str(server.server_port)}
        done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
        server.shutdown()
    assert (done.returncode == 0) is healthy, done.stderr


def test_shaders_in_a_bundle_lose_indentation_and_comments_and_nothing_else() -> None:
    shader = "`\n  // a comment\n  float a = b / c; // kept\n\t\tvec2 d;\n`"
    lean = hatch_build.lean_shaders(f"const a={shader},b=`two\n  lines`;")
    assert lean == "const a=`\nfloat a = b / c; // kept\nvec2 d;\n`,b=`two\n  lines`;"


def test_shaders_of_built_in_materials_are_emptied_and_other_constants_stay() -> None:
    script = 'var fog = "#ifdef FOG\\n\\tvec4 a;\\n#endif";\nconst name = "three";\nconst two = ["a\\nb"];\n'
    lean = hatch_build.without_chunks(script)
    assert lean == 'var fog = "";\nconst name = "three";\nconst two = ["a\\nb"];\n'


def test_classes_of_key_frames_lose_the_assignments_that_keep_them_in_a_bundle() -> None:
    script = "Loader.NAME = 'a';\nPropertyBinding.prototype.All = [\n\ta.b,\n];\nColor.NAMES = all;\n"
    assert hatch_build.without_key_frames(script) == "Color.NAMES = all;\n"


def test_unused_parts_of_the_renderer_are_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build, "UNUSED", {"class Headset": "enabled = false;"})
    script = "class Headset {\n\n\twear() {\n\t}\n\n}\nclass Scene {\n}\n"
    assert hatch_build.without_unused(script) == "class Headset { enabled = false; }\nclass Scene {\n}\n"
    with pytest.raises(SystemExit, match="has changed"):
        hatch_build.without_unused("class Scene {\n}\n")
