"""The declarations that the tests of the page's scripts read are those that the server sends."""

from __future__ import annotations

import json
import re

from app.request.schema import SECOND_PREFIX, declarations
from app.request.view_keys import VIEW_KEYS
from app.settings import ROOT
from app.sources.registry import KEYS_READ

FILE = ROOT / "tests" / "js" / "declarations.json"


def declared() -> list[dict[str, object]]:
    """Returns every key as the page receives it."""
    return [*declarations(KEYS_READ), *(key.to_json() for key in VIEW_KEYS)]


def test_scripts_are_tested_with_the_declarations_of_the_server():
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(declared())), (
        "write it anew: python -m tests.request.test_page_declarations"
    )


def test_embed_element_has_an_attribute_for_every_key():
    script = (ROOT / "static" / "embed.js").read_text(encoding="utf-8")
    block = re.search(r"export const KEYS = \[(.*?)\]", script, re.DOTALL)
    assert block is not None
    assert set(re.findall(r'"([\w.]+)"', block[1])) == {key["name"] for key in declared()}
    assert SECOND_PREFIX == "b."


if __name__ == "__main__":
    FILE.write_text(json.dumps(declared(), indent=2) + "\n", encoding="utf-8")
