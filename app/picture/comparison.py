"""A picture of two traces side by side. app/picture/preview.py draws each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..shape import ModelShape
from ..trace import RoutingTrace
from ..wording import ENGLISH, Wording
from .caption import BRIGHT, DIM, badges, badges_width, clean, cut, prompt, text
from .moment import Moment, until
from .preview import AXIS, HEIGHT, WIDTH, count_uses, draw_stack, foundation, main_token, served_groups

TOP, BOTTOM, RADIUS = 158.0, 472.0, 218.0  # of each stack
MARKS = ("t", "u")  # id prefixes of each stack's towers
HALF = WIDTH / 2
NAME = 30  # limit on the name of a side, characters
TITLE = 60


@dataclass(frozen=True)
class StackPicture:
    """One of two traces."""

    trace: RoutingTrace
    name: str  # text that distinguishes it


def draw_pair(
    sides: tuple[StackPicture, StackPicture],
    words: Wording = ENGLISH,
    title: str = "",
    moment: Moment | None = None,
    grouped: bool = True,
) -> str:
    """Returns an SVG document of a preview's size. `title`: of the view; default: the first trace's own.

    `moment`: playback position in both; None: the end. `grouped`: as in `draw_preview`.
    """
    first = sides[0].trace.header
    title = title or str(first.origin.get("title") or first.model.get("name") or "")
    parts = [
        *foundation(),
        text(60, 62, 25, BRIGHT, "Moescope"),
        text(218, 62, 22, DIM, cut(clean(title), TITLE)),
    ]
    parts.append(f'<path d="M{HALF:g} 92V{HEIGHT - 76}" stroke="#f3e9e6" stroke-opacity=".14"/>')
    for i, side in enumerate(sides):
        parts += draw_half(side, HALF * i, MARKS[i], words, moment, grouped)
    token = main_token(sides[0].trace, moment and moment.within(*sides[0].trace.experts.shape[:2]))
    groups = served_groups(sides[0].trace, grouped)
    tints = None if groups is None else groups.underlines()
    parts += prompt([clean(each.text) for each in first.tokens], token, tints)
    return "".join((*parts, "</svg>"))


def draw_half(
    side: StackPicture,
    left: float,
    mark: str,
    words: Wording,
    moment: Moment | None = None,
    grouped: bool = True,
) -> Iterator[str]:
    """Yields one half: badge, name, stack, figures."""
    trace = side.trace
    if moment is not None:
        moment = moment.within(*trace.experts.shape[:2])
        trace = until(trace, moment)
    yield f'<g transform="translate({left:g})">'
    origin = trace.header.origin
    yield from badges(origin, "", words, (60, 84))
    yield text(60 + badges_width(origin, words) + 16, 106, 19, BRIGHT, cut(clean(side.name), NAME))
    yield f'<g transform="translate({HALF / 2 - AXIS:g})">'
    yield from draw_stack(trace, TOP, BOTTOM, RADIUS, mark, moment, served_groups(trace, grouped))
    yield "</g>"
    yield from figures_row(trace.header.shape, int((count_uses(trace) > 0).sum()), words)
    yield "</g>"


def figures_row(shape: ModelShape, hits: int, words: Wording) -> Iterator[str]:
    """Yields the counters in one row."""
    of = words.of.format(pairs=words.exactly(shape.layers * shape.experts))
    columns = (
        (words.total_p, words.count(shape.total_p), ""),
        (words.active_p, words.count(shape.active_p), ""),
        (words.experts_hit, words.exactly(hits), of),
    )
    for column, (label, figure, rest) in enumerate(columns):
        x = 60 + 160 * column
        yield (
            f'<text x="{x}" y="508" font-size="13" letter-spacing="1.2" fill="{DIM}">{label}</text>'
            f'<text x="{x}" y="538" font-size="27" font-weight="600" fill="{BRIGHT}">{figure}'
            f'<tspan dx="6" font-size="17" font-weight="400" fill="{DIM}">{rest.strip()}</tspan></text>'
        )
