"""A flat picture of a whole trace: towers lit by load, the path of one token, the figures.

SVG 1.1 without styles and scripts, because every page's policy and every renderer accepts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..metrics.counts import counts
from ..trace import Counts, Ints, RoutingTrace
from ..wording import ENGLISH, Wording
from .caption import captions
from .groups import LANE, ServedGroups, banded_cap, n, patterns, trail
from .layout import Doubles, FlatLayout, place
from .moment import Moment, first_ring, until

WIDTH, HEIGHT = 1200, 630
AXIS = 420.0  # x of the stack's centre
TOP, BOTTOM, RADIUS = 84.0, 556.0, 322.0  # of the stack
LEVELS = 6  # of brightness: 0 for an unused tower, the last for the path of the last token
FINE = 3500  # towers beyond which each is a dot instead of a cylinder
FEW = 16  # lines of a token per layer beyond which they are faint

TOWERS = (  # foot, top, cap and rim of a tower at each level
    ("#1c080b", "#3b1317", "#4a191d", "#6e2529"),
    ("#20090c", "#5e1a1b", "#7c2520", "#953730"),
    ("#24090c", "#7e251c", "#a03320", "#b24632"),
    ("#280a0d", "#a0331d", "#c84526", "#d65a3c"),
    ("#2c0b0d", "#c64425", "#ee6038", "#f57a52"),
    ("#4a1410", "#ff6a3c", "#fff0dc", "#ffd9a0"),
)
HALOS = (0.0, 0.0, 0.0, 0.08, 0.16, 0.8)  # opacity of the glow at each level

CAP_STRENGTH = (0.0, 0.55, 0.7, 0.85, 0.95, 0.0)  # of a group's colour at each level; the path shows heat

Levels = NDArray[np.int64]
Draw = Callable[[FlatLayout, Levels, int, ServedGroups | None], Iterator[str]]


def draw_preview(
    trace: RoutingTrace,
    words: Wording = ENGLISH,
    title: str = "",
    moment: Moment | None = None,
    grouped: bool = True,
) -> str:
    """Returns an SVG document, 1200 by 630. `title`: replaces the trace's own.

    `moment`: playback position; None: the end. In the close part of the shot one ring is drawn.
    `grouped`: caps and trails have the colours of token groups, if the author named two or more; else those
    of heat.
    """
    shown = trace
    if moment is not None:
        moment = moment.within(*trace.experts.shape[:2])
        shown = trace = until(trace, moment)
        if moment.ring:
            shown, grouped = first_ring(trace, moment), False
    hits = int((count_uses(trace) > 0).sum())
    beside = (AXIS + 26, height_of(place(shown.header.shape, TOP, BOTTOM, RADIUS), moment) + 7)
    groups = served_groups(trace, grouped)
    tints = None if groups is None else groups.underlines()
    text = captions(trace, hits, main_token(trace, moment), beside, words, title, tints)
    stack = draw_stack(shown, TOP, BOTTOM, RADIUS, moment=moment, groups=groups)
    return "".join((*foundation(), *stack, *text, "</svg>"))


def draw_stack(
    trace: RoutingTrace,
    top: float,
    bottom: float,
    radius: float,
    mark: str = "t",
    moment: Moment | None = None,
    groups: ServedGroups | None = None,
) -> Iterator[str]:
    """Yields one stack, centred at AXIS. `mark`: id prefix of its towers.

    `groups`: groups whose colours caps and trails have; None: those of heat.
    """
    flat = place(trace.header.shape, top, bottom, radius)
    path = trace.experts[main_token(trace, moment)]
    levels = levels_of(count_uses(trace), path)
    draw = draw_dots if levels.size > FINE else partial(draw_cylinders, mark=mark)
    yield "<defs>"
    yield from (symbol(flat, level, mark) for level in range(LEVELS))
    if groups is not None:
        yield from patterns(mark)
    yield "</defs>"
    yield from axis(flat, bottom)
    for layer in range(len(path)):
        yield from draw_layer(path[layer], flat, levels, layer, draw, groups)
    yield from particles(flat, moment)


def served_groups(trace: RoutingTrace, grouped: bool = True) -> ServedGroups | None:
    """Returns the groups that a picture shows; None for a stack of thousands of towers."""
    shape = trace.header.shape
    return ServedGroups.of(trace) if grouped and shape.layers * shape.experts <= FINE else None


def main_token(trace: RoutingTrace, moment: Moment | None = None) -> int:
    """Returns the token whose path is drawn: that of the moment, else the last word."""
    if moment is not None:
        return moment.token
    words = [i for i, token in enumerate(trace.header.tokens) if any(map(str.isalnum, token.text))]
    return words[-1] if words else len(trace.header.tokens) - 1


def count_uses(trace: RoutingTrace) -> Counts:
    """Counts the tokens that each expert of each layer served: [L, N]."""
    return counts(trace, kept=True)


def levels_of(uses: Counts, path: Ints) -> Levels:
    """Returns the brightness of each tower: [L, N].

    The scale is a square root, on which small loads are easier to distinguish.
    """
    share = np.sqrt(uses / max(1, uses.max()))
    levels = np.where(uses > 0, 1 + np.minimum(LEVELS - 3, (share * (LEVELS - 2)).astype(np.int64)), 0)
    for layer, experts in enumerate(path):
        levels[layer, experts[experts >= 0]] = LEVELS - 1
    return levels


def foundation() -> Iterator[str]:
    """Yields the document, its colours and its background."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" '
        'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif"><defs>'
        '<radialGradient id="dusk" cx=".35" cy=".5" r=".75"><stop stop-color="#2a1013"/>'
        '<stop offset=".55" stop-color="#140b0d"/><stop offset="1" stop-color="#0b0709"/></radialGradient>'
        '<radialGradient id="glow"><stop stop-color="#ff7a48" stop-opacity=".85"/><stop offset=".35" '
        'stop-color="#ff5233" stop-opacity=".3"/><stop offset="1" stop-color="#ff5233" stop-opacity="0"/>'
        '</radialGradient><radialGradient id="gold"><stop stop-color="#fff0dc"/><stop offset=".3" '
        'stop-color="#ffd9a0" stop-opacity=".5"/><stop offset="1" stop-color="#ffa85c" stop-opacity="0"/>'
        "</radialGradient>"
    )
    for level, (foot, top, _, _) in enumerate(TOWERS):
        yield (
            f'<linearGradient id="b{level}" x2="0" y2="1"><stop stop-color="{top}"/>'
            f'<stop offset="1" stop-color="{foot}"/></linearGradient>'
        )
    yield f'</defs><rect width="{WIDTH}" height="{HEIGHT}" fill="url(#dusk)"/>'


def symbol(flat: FlatLayout, level: int, mark: str) -> str:
    """Returns a cylinder. Its origin is the centre of its top."""
    half, oval = cap_oval(flat)
    halo = f'<ellipse rx="{n(half * 3.2)}" ry="{n(half * 2.6)}" fill="url(#glow)" opacity="{HALOS[level]}"/>'
    body = f"M{n(-half)} 0v{n(flat.height)}a{n(half)} {n(oval)} 0 0 0 {n(flat.width)} 0v{n(-flat.height)}z"
    rim = f'stroke="{TOWERS[level][3]}" stroke-width=".8"'
    return (
        f'<g id="{mark}{level}">{halo if HALOS[level] else ""}'
        f'<path d="{body}" fill="url(#b{level})" stroke-opacity=".45" {rim}/>'
        f'<ellipse rx="{n(half)}" ry="{n(oval)}" fill="{TOWERS[level][2]}" {rim}/></g>'
    )


def cap_oval(flat: FlatLayout) -> tuple[float, float]:
    """Returns the two radii of the top of a tower."""
    half = flat.width / 2
    return half, half * max(0.16, min(0.4, flat.radius[1] / flat.radius[0] + 0.12))


def draw_layer(
    chosen: Ints, flat: FlatLayout, levels: Levels, layer: int, draw: Draw, groups: ServedGroups | None
) -> Iterator[str]:
    """Yields one ring: its outline, towers, trails, and the path of the main token."""
    plane = flat.planes[layer]
    rx, ry = flat.radius
    yield (
        f'<ellipse cx="{n(AXIS)}" cy="{n(plane)}" rx="{n(rx)}" ry="{n(ry)}" fill="none" stroke="#8a2a2c" '
        'stroke-opacity=".4"/>'
    )
    yield from draw(flat, levels[layer], layer, groups)
    used = np.flatnonzero((levels[layer] > 0) & (levels[layer] < LEVELS - 1))
    if groups is not None:
        yield from trails(flat, groups, layer)
    elif levels.size <= FINE:
        opacity = n(min(0.34, 4 / max(1, len(used))))
        yield f'<path d="{beams(flat, used, layer)}" stroke="#d8431f" stroke-opacity="{opacity}"/>'
    lines = beams(flat, chosen[chosen >= 0], layer)
    if len(chosen) > FEW:
        yield f'<path d="{lines}" stroke="#ff9a5c" stroke-opacity=".3"/>'
        return
    wide = min(1.0, flat.lift / 12)  # thinner if rings are close together
    yield f'<path d="{lines}" stroke="#ff5233" stroke-opacity=".22" stroke-width="{n(7 * wide)}"/>'
    opacity, width = n(0.2 + 0.8 * wide), n(1 + 0.8 * wide)
    yield f'<path d="{lines}" stroke="#ffb888" stroke-opacity="{opacity}" stroke-width="{width}"/>'


def trails(flat: FlatLayout, groups: ServedGroups, layer: int) -> Iterator[str]:
    """Yields the lines to all used towers, those of each group in a separate lane."""
    served = groups.tokens[:, layer]  # [G, N]
    lanes = np.cumsum(served > 0, axis=0) - 1  # [G, N]
    middle = (np.count_nonzero(served, axis=0) - 1) / 2  # [N]
    opacity = min(0.75, 12 / max(1, int(np.count_nonzero(served.sum(axis=0)))))
    for group in range(len(served)):
        used = np.flatnonzero(served[group])
        if len(used):
            shift = LANE * (lanes[group, used] - middle[used])
            yield from trail(group, beams(flat, used, layer, shift), opacity)


def beams(flat: FlatLayout, experts: NDArray[np.integer], layer: int, shift: Doubles | None = None) -> str:
    """Returns lines from the router plane to the tops of some towers, each lowered by its shift."""
    lower = np.zeros(len(experts)) if shift is None else shift
    plane = flat.planes[layer]
    return "".join(
        f"M{n(AXIS)} {n(plane - flat.lift + down)}"
        f"L{n(AXIS + flat.x[layer, e])} {n(plane + flat.y[layer, e] + down)}"
        for e, down in zip(experts, lower, strict=True)
    )


def top_of(flat: FlatLayout, layer: int, expert: np.integer[Any]) -> tuple[str, str]:
    """Returns the centre of a tower's top: x, y."""
    return n(AXIS + flat.x[layer, expert]), n(flat.planes[layer] + flat.y[layer, expert])


def draw_cylinders(
    flat: FlatLayout, levels: Levels, layer: int, groups: ServedGroups | None, mark: str = "t"
) -> Iterator[str]:
    """Yields the towers of one ring, back to front."""
    oval = cap_oval(flat)
    for e in flat.order[layer]:
        x, y = top_of(flat, layer, e)
        yield f'<use href="#{mark}{levels[e]}" x="{x}" y="{y}"/>'
        strength = CAP_STRENGTH[levels[e]]
        bands = groups.bands(layer, int(e)) if groups is not None and strength else []
        if bands:
            yield f'<g opacity="{strength}">'
            yield from banded_cap(bands, (float(x), float(y)), oval, mark)
            yield "</g>"


def draw_dots(flat: FlatLayout, levels: Levels, layer: int, groups: ServedGroups | None) -> Iterator[str]:
    """Yields the ring's towers as dots, one path per level, for stacks of thousands."""
    for level, (_, top, cap, _) in enumerate(TOWERS):
        towers = np.flatnonzero(levels == level)
        dots = "".join(f"M{' '.join(top_of(flat, layer, e))}h0" for e in towers)
        colour, width = (cap, 5.0) if level == LEVELS - 1 else (top, min(4.0, flat.width))
        if dots:
            yield f'<path d="{dots}" stroke="{colour}" stroke-width="{n(width)}" stroke-linecap="round"/>'


def axis(flat: FlatLayout, bottom: float) -> Iterator[str]:
    """Yields the axis along which tokens rise."""
    start, end = bottom + 8, exit_of(flat)
    yield (
        f'<path d="M{n(AXIS)} {n(start)}V{n(end)}" stroke="#ffa85c" stroke-opacity=".16" stroke-width="9"/>'
        f'<path d="M{n(AXIS)} {n(start)}V{n(end)}" stroke="#ffd9a0" stroke-opacity=".7" stroke-width="1.4"/>'
    )


def exit_of(flat: FlatLayout) -> float:
    """Returns the height of a token that has left the last layer."""
    return float(flat.planes[-1] - flat.radius[1] - 26)


def height_of(flat: FlatLayout, moment: Moment | None) -> float:
    """Returns the height of the token: at the router plane of the moment, or above the stack."""
    return exit_of(flat) if moment is None else float(flat.planes[moment.layer] - flat.lift)


def particles(flat: FlatLayout, moment: Moment | None = None) -> Iterator[str]:
    """Yields a spark at each router that the token passed, and the token itself."""
    size = n(min(13, flat.lift))
    met = flat.planes if moment is None else flat.planes[: moment.layer + 1]
    for plane in met:
        yield f'<circle cx="{n(AXIS)}" cy="{n(plane - flat.lift)}" r="{size}" fill="url(#gold)"/>'
    end = height_of(flat, moment)
    yield f'<circle cx="{n(AXIS)}" cy="{n(end)}" r="30" fill="url(#gold)"/>'
    yield f'<circle cx="{n(AXIS)}" cy="{n(end)}" r="5" fill="#fff8ee"/>'
