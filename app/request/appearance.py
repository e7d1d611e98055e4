"""The keys of the URL that say in which colours a view is shown, as static/js/palettes.js has them."""

from __future__ import annotations

from collections.abc import Mapping

THEMES = ("dark", "light", "contrast")
PALETTES = ("ember", "cobalt", "mono")


def look_of(query: Mapping[str, str]) -> dict[str, str]:
    """Theme and palette of a view; the first of each where the query says none that there is."""
    theme, palette = query.get("theme", ""), query.get("palette", "")
    return {
        "theme": theme if theme in THEMES else THEMES[0],
        "palette": palette if palette in PALETTES else PALETTES[0],
    }


def own_look(query: Mapping[str, str]) -> dict[str, str]:
    """Of these keys, those that are not at their default."""
    plain = look_of({})
    return {key: value for key, value in look_of(query).items() if value != plain[key]}
