"""The key `lang` on the server: pages, pictures, scenarios and exported files in French."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from app.settings import Settings
from app.sources.authored.scenario import Scenario, load_scenarios
from app.wording import ENGLISH, LANGUAGES, wording_of
from app.wording.french import FRENCH

SCENARIOS = load_scenarios(Settings().scenarios).scenarios
FORBIDDEN = re.compile(
    r"(?:^| )[:;!?%»]|« |[^\W\d_)][;!?]|[^\W\d_)]:(?=\s|$)|[^\W\d_]'[^\W\d_]"
)  # as in tests/js/words/french.test.js


def strings(value: Any) -> Iterator[str]:
    """Yields every text in a value."""
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)


def french(value: Any) -> Iterator[str]:
    """Yields every text under a key `fr`."""
    if isinstance(value, dict) and "fr" in value:
        yield from strings(value["fr"])
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from french(each)


def places(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def get(url: str, path: str, **params: str) -> str:
    answer = httpx.get(url + path, params=params)
    assert answer.status_code == 200
    return answer.text


def test_every_sentence_of_the_server_has_the_same_facts_in_french() -> None:
    for field in fields(ENGLISH):
        ours, theirs = getattr(ENGLISH, field.name), getattr(FRENCH, field.name)
        if isinstance(ours, str) and field.name not in ("decimal", "group"):
            assert places(theirs) == places(ours), field.name
            assert not FORBIDDEN.search(re.sub(r"\{\w+\}", "x", theirs)), theirs
    assert FRENCH.badges.keys() == ENGLISH.badges.keys()
    assert FRENCH.meanings.keys() == ENGLISH.meanings.keys()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_every_scenario_tells_its_story_and_names_its_groups_in_french(scenario: Scenario) -> None:
    assert scenario.fr is not None
    assert set(scenario.fr.groups) == set(scenario.groups)


@pytest.mark.parametrize("path", sorted(Settings().scenarios.rglob("*.toml")), ids=lambda path: path.stem)
def test_french_of_a_file_has_the_spaces_of_french(path: Path) -> None:
    told = list(french(tomllib.loads(path.read_text(encoding="utf-8"))))
    assert told
    assert [text for text in told if FORBIDDEN.search(text)] == []


def test_scenario_without_french_is_shown_in_english_and_says_so() -> None:
    scenario = SCENARIOS["code"].model_copy(update={"fr": None})
    assert scenario.info("fr") == {**scenario.info(), "lang": "en"}
    assert "lang" not in SCENARIOS["code"].info("fr")


def test_language_is_that_of_the_key_and_english_for_anything_else() -> None:
    assert [wording_of({"lang": name}).language for name in ("fr", "en", "", "FR", "de")] == [
        *("fr", "en", "en", "en", "en")
    ]
    assert wording_of({}).language == "en" and set(LANGUAGES) == {"en", "fr"}


def test_numbers_are_written_as_in_the_language() -> None:
    assert (ENGLISH.count(1179648), FRENCH.count(1179648)) == ("1.18M", "1,18\u202fM")
    assert (ENGLISH.count(1.6e12), FRENCH.count(1.6e12)) == ("1.60T", "1\u202f600\u202fMd")
    assert (ENGLISH.exactly(24576), FRENCH.exactly(24576)) == ("24,576", "24\u202f576")


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_french_page_is_french_before_any_script_runs(server_url: str, path: str) -> None:
    text = get(server_url, path, scenario="paris", lang="fr")
    assert re.search(r'<html\s+lang="fr"', text) and "<title>Paris, deux fois · Moescope</title>" in text
    without_script = re.findall(r"<noscript>(.*?)</noscript>", text, re.DOTALL)[-1]
    assert "a besoin de JavaScript" in without_script
    assert not re.search(r"\b(the|of|and|which)\b", re.sub(r"<[^>]*>", "", without_script))
    assert '"title":"Paris, deux fois"' in text.replace('": "', '":"')


def test_page_in_one_language_leads_to_the_other(server_url: str) -> None:
    for language in ("en", "fr"):
        found = dict(
            re.findall(r'hreflang="(\w+)" href="([^"]*)"', get(server_url, "/", k="3", lang=language))
        )
        assert found == {"en": f"{server_url}/?k=3", "fr": f"{server_url}/?k=3&amp;lang=fr"}


def test_languages_of_the_browser_do_not_decide(server_url: str) -> None:
    answer = httpx.get(server_url, headers={"accept-language": "fr"})
    assert re.search(r'<html\s+lang="en"', answer.text)


def test_preview_of_a_french_view_is_captioned_in_french(server_url: str) -> None:
    both = [get(server_url, "/preview.svg", scenario="code", lang=language) for language in ("fr", "en")]
    french_words, english_words = ("".join(ElementTree.fromstring(picture).itertext()) for picture in both)
    for word in ("SCÉNARISÉ", "P_TOTAL", "1,18\u202fM", "sur 48", "6 couches"):
        assert word in french_words
    assert "AUTHORED" in english_words and "SCÉNARISÉ" not in english_words


def test_oembed_of_a_french_view_is_titled_in_french(server_url: str) -> None:
    answer = httpx.get(f"{server_url}/oembed", params={"url": f"{server_url}/?scenario=depth&lang=fr"}).json()
    assert answer["title"] == "Du mot au sujet"
    assert "lang=fr" in answer["html"] and "lang=fr" in answer["thumbnail_url"]
    assert 'title="Moescope\u00a0: Du mot au sujet"' in answer["html"]
