"""Groups of tokens in a flat picture: colour and pattern of caps and trails, as the scene draws them.

A group keeps the colour and pattern of the page's token strip. Both number groups by their first tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from ..metrics.counts import counts
from ..trace import Counts, RoutingTrace

TINTS = ("#8ccaf6", "#0fa596", "#f2e84a", "#b56cf7", "#d2f6f8", "#62709c")  # GROUPS of palettes.js, dark
DASHES = (
    "",
    "9 5",
    "2 4",
    "",
    "",
    "9 4 2 4",
)  # dash patterns; the fourth group has two lines, the fifth a wide one
DOUBLE, WIDE = 3, 4
CAPS = (  # clip that covers part of a cap, in a tile of 6 by 6
    "",
    "M0 4.6H6",
    "M0 0H6M0 6H6M0 0V6M6 0V6",
    "M4.6 0V6",
    "M0 0H2.2V2.2H0zM6 0H3.8V2.2H6z",
    "M-1 1L1 -1M0 6L6 0M5 7L7 5",
)
GROUND = "#140b0d"
LEAST = 0.1  # minimum share of a cap
LANE = 2.2  # pixels between the lines of two groups


@dataclass(frozen=True)
class ServedGroups:
    """The number of tokens of each group that every expert served.

    `tokens` is [G, L, N]; `numbers` is [T], the group of each token or -1.
    """

    tokens: Counts
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, trace: RoutingTrace) -> ServedGroups | None:
        """Returns the counts; None if the trace has fewer than two groups."""
        names = dict.fromkeys(token.group for token in trace.header.tokens if token.group)
        if len(names) < 2:
            return None
        place = {name: i % len(TINTS) for i, name in enumerate(names)}
        numbers = tuple(place[token.group] if token.group else -1 for token in trace.header.tokens)
        groups = range(min(len(names), len(TINTS)))
        return cls(np.stack([counts(only(trace, numbers, group), kept=True) for group in groups]), numbers)

    def underlines(self) -> list[str]:
        """Returns the underline colour of each token, "" for one without a group: [T]."""
        return ["" if number < 0 else TINTS[number] for number in self.numbers]

    def bands(self, layer: int, expert: int) -> list[tuple[int, float]]:
        """Returns the groups that a tower served, and their shares of its cap."""
        own = self.tokens[:, layer, expert]
        found = [(int(group), max(LEAST, own[group] / own.sum())) for group in np.flatnonzero(own)]
        whole = sum(share for _, share in found)
        return [(group, share / whole) for group, share in found]


def only(trace: RoutingTrace, numbers: tuple[int, ...], group: int) -> RoutingTrace:
    """Returns the trace without the choices of tokens of other groups."""
    own = np.equal(numbers, group)[:, None, None]
    return replace(trace, experts=np.where(own, trace.experts, -1).astype(trace.experts.dtype))


def patterns(mark: str) -> Iterator[str]:
    """Yields the fill patterns of caps."""
    for group, (tint, open_) in enumerate(zip(TINTS, CAPS, strict=True)):
        lines = f'<path d="{open_}" stroke="{GROUND}" stroke-width="2.4" fill="{GROUND}" opacity=".7"/>'
        yield (
            f'<pattern id="{mark}g{group}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="M0 0H6V6H0z" fill="{tint}"/>{lines if open_ else ""}</pattern>'
        )


def banded_cap(
    bands: list[tuple[int, float]], place: tuple[float, float], oval: tuple[float, float], mark: str
) -> Iterator[str]:
    """Yields the bands of a cap from left to right. `place`: its centre, `oval`: its two radii."""
    (x, y), (rx, ry) = place, oval
    done = 0.0
    for group, share in bands:
        left, right = 2 * done - 1, min(1.0, 2 * (done + share) - 1)
        done += share
        up, down = (ry * sqrt(max(0.0, 1 - edge * edge)) for edge in (left, right))
        a, b = f"{n(x + rx * left)} {n(y - up)}", f"{n(x + rx * right)} {n(y - down)}"
        sweep = f"A{n(rx)} {n(ry)} 0 0 1 "
        # the upper edge to the right, down, the lower edge back to the left
        yield (
            f'<path d="M{a}{sweep}{b}V{n(y + down)}{sweep}{n(x + rx * left)} {n(y + up)}z" '
            f'fill="url(#{mark}g{group})"/>'
        )


def trail(group: int, path: str, opacity: float) -> Iterator[str]:
    """Yields the lines to the towers that a group used."""
    wide = {DOUBLE: 3.4, WIDE: 3.0}.get(group, 1.5)
    dash = f' stroke-dasharray="{DASHES[group]}"' if DASHES[group] else ""
    style = f'stroke-opacity="{n(opacity)}" stroke-width="{n(wide)}"{dash}'
    yield f'<path d="{path}" fill="none" stroke="{TINTS[group]}" {style}/>'
    if group == DOUBLE:
        yield f'<path d="{path}" fill="none" stroke="{GROUND}" stroke-opacity=".8" stroke-width="1.4"/>'


def n(value: float) -> str:
    """Formats a number to one decimal in the fewest characters."""
    return f"{value:.1f}".removesuffix(".0")
