import os
import re

import httpx
import pytest

from app.page.bundle import BUNDLES, EMBEDDED, FULL, is_fresh, page_digest
from app.page.hashed_names import plain_name
from app.settings import ROOT
from app.web.assets import Assets
from app.web.page_routes import scripts

STATIC = ROOT / "static"


def weigh(url, path="/"):
    """Returns bytes of the page, its styles and its scripts as they cross the wire, compressed, headers
    too."""
    weights = {}
    with httpx.Client(base_url=url, headers={"accept-encoding": "gzip, br"}) as client:
        page = client.get(path).text
        for address in {path, *re.findall(r'(?:src|href)="(static/[^"]+)"', page)}:
            with client.stream("GET", address) as answer:
                assert answer.status_code == 200, address
                head = sum(len(key) + len(value) + 4 for key, value in answer.headers.raw)
                weights[address] = head + sum(map(len, answer.iter_raw()))
    return weights


@pytest.mark.skipif(not is_fresh(STATIC), reason="the scripts changed after the last build")
@pytest.mark.parametrize("path", ["/", "/embed"])
def test_a_page_weighs_less_than_250_kB_until_the_first_beam(server_url, path):
    weights = weigh(server_url, path)
    assert any(plain_name(name)[0] == f"static/{BUNDLES['en']}" for name in weights)
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
        "bundle": f"static/{BUNDLES['fr']}",
        "style": f"static/vendor/{FULL}",
    }
    script.write_text('import "./another.js";\n', encoding="utf-8")
    os.utime(script, ns=(1, 1))
    assert scripts(static, embed=True) == {
        "bundle": None,
        "style": f"static/css/{EMBEDDED}",
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
