"""The words that each language must define. The caller fills in the `{names}` of a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """Every word of the server's pages and pictures in one language."""

    language: str  # BCP 47, as in the key `lang` and <html lang>
    locale: str  # as in Open Graph
    name: str  # of the language, in that language

    # Titles and descriptions of views
    recorded_title: str
    live_title: str
    about_authored: str
    about_live: str
    about_recorded: str
    about_trace: str
    shape: str
    altered: str
    router: str
    on_shape: str
    own_shape: str
    frame_title: str

    # Without JavaScript
    product_about: str
    script_missing: str
    script_failed: str
    script_needs: str
    open_full: str
    picture_above: str
    trace_file: str
    trace_link: str

    # References
    references: str
    references_about: str
    of_routers: str
    of_models: str
    other_works: str

    # Pictures
    badges: Mapping[str, str]
    meanings: Mapping[str, str]  # by source
    total_p: str
    active_p: str
    experts_hit: str
    one_layer: str
    layers: str
    total_made: str
    active_made: str
    of: str
    hits_made: str

    # Numbers
    decimal: str
    group: str
    units: tuple[tuple[float, str], ...]

    def count(self, number: float) -> str:
        """Returns three digits of a count: 1179648 -> 1.18M (static/js/words/format.js)."""
        for size, unit in self.units:
            if number >= 0.9995 * size:
                value = number / size
                digits = f"{value:,.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f}"
                return self.separated(digits) + unit
        return str(int(number))

    def exactly(self, number: int) -> str:
        """Returns every digit, in groups of three: 1179648 -> 1,179,648."""
        return self.separated(f"{number:,}")

    def separated(self, digits: str) -> str:
        return digits.translate({ord(","): self.group, ord("."): self.decimal})
