"""Preview pictures in the themes of the page."""

import re
from pathlib import Path

import pytest

from app.picture.caption import BADGES, BRIGHT, DIM, GOLD
from app.picture.groups import TINTS
from app.picture.theme import COLOUR, CONTRAST, LIGHT, repaint
from app.picture.view_picture import ViewPicture
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry

DUSK = ("#2a1013", "#140b0d", "#0b0709")


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


def luminance(colour):
    """Returns relative luminance, WCAG 2.2."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_light_picture_has_a_colour_for_every_colour_of_the_dark_one(sources):
    for experts in ("8", "512"):
        keys = {"experts": experts, "k": "4"}
        dark = ViewPicture.of(keys, keys, sources).draw()
        light = ViewPicture.of(keys, {**keys, "theme": "light"}, sources).draw()
        assert set(COLOUR.findall(dark)) <= LIGHT.keys()
        assert repaint(dark, "light") == light != dark


def test_pictures_of_two_themes_are_kept_apart(sources):
    keys = [
        ViewPicture.of({}, {"theme": theme}, sources).key for theme in ("dark", "light", "contrast", "pink")
    ]
    assert len(set(keys)) == 3 and keys[3] == keys[0]


def test_groups_have_the_colours_of_the_scene_in_every_theme():
    script = Path("static/js/view/palettes.js").read_text(encoding="utf-8")
    declared = script[script.index("export const GROUPS") :]
    for theme, colours in {"dark": {}, "light": LIGHT, "contrast": CONTRAST}.items():
        row = re.search(rf"{theme}: \[([^\]]+)\]", declared)
        assert row is not None
        assert [colours.get(tint, tint) for tint in TINTS] == COLOUR.findall(row[1])


@pytest.mark.parametrize(("colours", "least"), [({}, 4.5), (LIGHT, 4.5), (CONTRAST, 7)])
def test_words_of_a_picture_stand_out(colours, least):
    for word in (BRIGHT, DIM, GOLD, *BADGES.values()):
        for ground in DUSK:
            assert contrast(colours.get(word, word), colours.get(ground, ground)) >= least, (word, ground)
