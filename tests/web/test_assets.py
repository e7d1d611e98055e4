import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from app.page.bundle import BUNDLES, EMBEDDED, FULL, is_fresh, page_digest
from app.page.modules import THREE, imported, without_comments
from app.settings import ROOT
from app.web.assets import Assets
from app.web.page_routes import scripts

STATIC = ROOT / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
ESBUILD = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"


def minified(folder: Path, out: Path):
    """Every script of a folder as esbuild writes it: without comments, as it understands the language."""
    scripts = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.js"))]
    options = [
        "--minify-syntax",
        "--minify-whitespace",
        f"--outdir={out}",
        "--outbase=.",
        "--log-level=error",
        "--tsconfig-raw={}",
    ]
    subprocess.run(["node", str(ESBUILD), *scripts, *options], cwd=folder, check=True, timeout=60)
    return {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in out.rglob("*.js")}


@pytest.mark.skipif(not (ESBUILD.exists() and shutil.which("node")), reason="esbuild is not installed")
def test_a_script_without_comments_is_the_same_script(tmp_path):
    lean = tmp_path / "lean"
    for path in SCRIPTS:
        target = lean / path.relative_to(STATIC / "js")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(without_comments(path.read_text(encoding="utf-8")), encoding="utf-8")
    ours, right = minified(lean, tmp_path / "a"), minified(STATIC / "js", tmp_path / "b")
    assert len(ours) == len(SCRIPTS)
    rest = re.compile(
        r"/\*[\s\S]*?\*/|\s+"
    )  # comments that are left stand in shaders, where they mean nothing
    for name in right:
        assert rest.sub("", ours[name]) == rest.sub("", right[name]), name


def test_what_is_left_stays_on_its_line():
    begin = "/** Says\n * much. */\nconst a = 1; // one\n  // alone\n/*! licence */\n"
    lean = without_comments(begin + 'const b = "/* no */"; /* end */\n')
    assert lean.split("\n") == [
        "", "", "const a = 1; // one", "", "/*! licence */", 'const b = "/* no */"; /* end */', "",
    ]  # fmt: skip


@pytest.mark.parametrize("panels", ["panels/page.js", "panels/embed.js"])
def test_a_page_names_the_scripts_that_it_imports_and_no_others(panels):
    named = imported(STATIC / "js", panels)
    assert named[0] == f"../{THREE}"
    assert len(named) == len(set(named))
    assert {"main.js", "wire.js", "scene/stage.js", panels} <= set(named)
    assert "types.js" not in named
    for name in named[1:]:
        text = (STATIC / "js" / name).read_text(encoding="utf-8")
        for other in re.findall(r'^import .*from "(\.[^"]+)";$', text, re.MULTILINE):
            target = (
                (STATIC / "js" / name).parent.joinpath(other).resolve().relative_to(STATIC / "js").as_posix()
            )
            assert target in named, f"{name} imports {other}"


def weigh(url, path="/"):
    """Bytes of the page, its styles and its scripts as they cross the wire, compressed, headers too."""
    weights = {}
    with httpx.Client(base_url=url, headers={"accept-encoding": "gzip, br"}) as client:
        page = client.get(path).text
        for address in {path, *re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}:
            with client.stream("GET", address) as answer:
                assert answer.status_code == 200, address
                head = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
                weights[address] = head + sum(map(len, answer.iter_raw()))
    return weights


@pytest.mark.skipif(not is_fresh(STATIC), reason="the scripts changed after the last build")
@pytest.mark.parametrize("path", ["/", "/embed"])
def test_a_page_weighs_less_than_250_kB_until_the_first_beam(server_url, path):
    weights = weigh(server_url, path)
    assert f"/static/{BUNDLES['en']}" in weights
    assert sum(weights.values()) < 235_000, weights  # leaves room for the trace and a while to grow


def test_a_page_loads_the_bundle_only_while_it_is_what_the_scripts_say(tmp_path):
    static = tmp_path / "static"
    (static / "js" / "panels").mkdir(parents=True)
    (static / "vendor").mkdir()
    script = static / "js" / "main.js"
    script.write_text('import "./other.js";\n', encoding="utf-8")
    assert scripts(static, embed=False)["bundle"] is None, "there is none"
    for name in BUNDLES.values():
        (static / name).write_text(f"/* {page_digest(static)} */", encoding="utf-8")
    for name in (FULL, EMBEDDED):
        (static / "vendor" / name).touch()
    assert scripts(static, embed=False, language="fr") == {
        "bundle": f"/static/{BUNDLES['fr']}",
        "modules": [],
        "style": f"/static/vendor/{FULL}",
    }
    script.write_text('import "./another.js";\n', encoding="utf-8")
    os.utime(script, ns=(1, 1))
    assert scripts(static, embed=True) == {
        "bundle": None,
        "modules": [f"../{THREE}", "main.js"],
        "style": f"/static/css/{EMBEDDED}",
    }


def test_a_page_loads_its_styles_one_by_one_after_one_was_edited(tmp_path):
    static = tmp_path / "static"
    for folder in ("js", "css", "vendor"):
        (static / folder).mkdir(parents=True)
    (static / "css" / "page.css").write_text("a{}", encoding="utf-8")
    for name in (*BUNDLES.values(), f"vendor/{FULL}", f"vendor/{EMBEDDED}"):
        (static / name).write_text(f"/* {page_digest(static)} */", encoding="utf-8")
    assert is_fresh(static)
    (static / "css" / "page.css").write_text("b{}", encoding="utf-8")
    os.utime(static / "css" / "page.css", ns=(2, 2))
    assert not is_fresh(static)


@pytest.mark.skipif(not is_fresh(STATIC), reason="the scripts changed after the last build")
def test_a_bundle_has_the_words_of_its_language_and_of_no_other():
    english, french = ((STATIC / name).read_text(encoding="utf-8") for name in BUNDLES.values())
    assert "Show the default view" in english and "Afficher la vue par d" not in english
    assert "Afficher la vue par d" in french and "Show the default view" not in french


def test_a_script_is_sent_as_the_build_squeezed_it_to_who_takes_that(tmp_path):
    (tmp_path / "a.js").write_text("const a = 1; " * 100, encoding="utf-8")
    (tmp_path / "a.js.br").write_bytes(b"squeezed")
    os.utime(tmp_path / "a.js", ns=(1, 1))
    asset = Assets(tmp_path).find("a.js")
    assert asset.encoded("gzip, br")[::2] == (b"squeezed", "br")
    assert asset.encoded("gzip, br;q=0")[2] == "gzip"
    assert asset.encoded("")[::2] == (asset.content, None)
    os.utime(tmp_path / "a.js")
    os.utime(tmp_path / "a.js.br", ns=(1, 1))
    assert Assets(tmp_path).find("a.js").encoded("br")[2] is None, "it is of an older file"


def test_our_scripts_are_sent_without_comments_and_others_as_they_are():
    assets = Assets(STATIC)
    ours, three = assets.find("js/wire.js"), assets.find(THREE)
    assert b"@typedef" not in ours.content and b"encodeOpen" in ours.content
    assert three.content == (STATIC / THREE).read_bytes()
