"""The text in a picture: badge, title, four figures, prompt. All text is escaped."""

from __future__ import annotations

import textwrap
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from html import escape
from itertools import accumulate
from typing import Any

from ..shape import ModelShape
from ..trace import RoutingTrace, Token
from ..wording import Wording

COLUMN = 842  # x of the figures
LINE = 23  # characters of a title that fit beside the stack
PROMPT = 82  # columns of the prompt that fit below the stack
BRIGHT, DIM, GOLD = "#f3e9e6", "#a58f8b", "#ffd9a0"
NIGHT = "#140b0d"  # background of text
BADGES = {
    "AUTHORED": "#b3a6cc",
    "LIVE": "#7fd694",
    "RECORDED": "#ffd9a0",
    "ALTERED": "#ff8a6a",
}  # other badges are dim
VISIBLE = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽"}


def captions(
    trace: RoutingTrace,
    hits: int,
    token: int,
    beside: tuple[float, float],
    words: Wording,
    title: str = "",
    tints: list[str] | None = None,
) -> Iterator[str]:
    """Yields all text. `token` is the one whose path is drawn; its text is `beside` it, at (x, y).

    `title` replaces the trace's own title, in English. `tints`: underline colour of each prompt token.
    """
    header, shape = trace.header, trace.header.shape
    yield text(60, 62, 25, BRIGHT, "Moescope")
    yield from badges(header.origin, words.meanings.get(str(header.origin.get("source")), ""), words)
    title = title or str(header.origin.get("title") or header.model.get("name") or "")
    for row, line in enumerate(textwrap.wrap(clean(title), LINE, max_lines=2, placeholder="…")):
        yield text(COLUMN, 146 + 30 * row, 24, BRIGHT, line)
    yield from figures(shape, hits, words)
    yield from prompt([clean(each.text) for each in header.tokens], token, tints)
    seam = f'stroke="{NIGHT}" stroke-width="5" stroke-linejoin="round" paint-order="stroke"'
    yield f"<g {seam}>{text(*beside, 21, GOLD, show(header.tokens[token]))}</g>"  # may overlap a tower


def text(x: float, y: float, size: float, colour: str, words: str) -> str:
    """Returns a line of bold text."""
    place = f'x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-weight="600" fill="{colour}"'
    return f"<text {place}>{escape(words)}</text>"


def badge(
    name: str, meaning: str, words: Wording, place: tuple[float, float] = (COLUMN, 40)
) -> Iterator[str]:
    """Yields the badge of the routing's origin. `place`: its upper left corner."""
    x, y = place
    colour, name = BADGES.get(name, DIM), words.badges.get(name, name)
    width = badge_width(name)
    yield (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="32" rx="16" fill="none" stroke="{colour}"/>'
        f'<text x="{x + width / 2:g}" y="{y + 21.5:g}" font-size="14.5" font-weight="600" '
        f'letter-spacing="1.2" text-anchor="middle" fill="{colour}">{escape(name)}</text>'
        f'<text x="{x:g}" y="{y + 56:g}" font-size="15" fill="{DIM}">{escape(meaning)}</text>'
    )


def badges(
    origin: Mapping[str, Any], meaning: str, words: Wording, place: tuple[float, float] = (COLUMN, 40)
) -> Iterator[str]:
    """Yields the badge of the origin, and that of an alteration if there is one."""
    first = str(origin.get("badge", ""))
    yield from badge(first, meaning, words, place)
    if origin.get("alter"):
        yield from badge(
            "ALTERED", "", words, (place[0] + badge_width(words.badges.get(first, first)) + 8, place[1])
        )


def badge_width(name: str) -> float:
    """Returns the width of a badge with this word, px."""
    return 34 + 11.2 * len(name)


def badges_width(origin: Mapping[str, Any], words: Wording) -> float:
    """Returns the width of all badges of a routing, px."""
    first = str(origin.get("badge", ""))
    more = badge_width(words.badges["ALTERED"]) + 8 if origin.get("alter") else 0
    return badge_width(words.badges.get(first, first)) + more


def figures(shape: ModelShape, hits: int, words: Wording) -> Iterator[str]:
    """Yields the counters of the page and their derivations."""
    pairs = shape.layers * shape.experts
    layers = words.one_layer if shape.layers == 1 else words.layers.format(count=shape.layers)
    sizes = {"layers": layers, "size": words.count(shape.expert_size)}
    shared = f" + {shape.shared}" if shape.shared else ""
    total = words.total_made.format(experts=f"{shape.experts}{shared}", **sizes)
    active = words.active_made.format(k=f"{shape.top_k}{shared}", **sizes)
    rows = (
        (words.total_p, words.count(shape.total_p), "", total),
        (words.active_p, words.count(shape.active_p), "", active),
        (
            words.experts_hit,
            words.exactly(hits),
            words.of.format(pairs=words.exactly(pairs)),
            words.hits_made.format(percent=f"{100 * hits / pairs:.0f}"),
        ),
    )
    for row, (label, figure, of, made) in enumerate(rows):
        y = 236 + 112 * row
        yield (
            f'<text x="{COLUMN}" y="{y}" font-size="14.5" letter-spacing="1.4" fill="{DIM}">{label}</text>'
            f'<text x="{COLUMN}" y="{y + 42}" font-size="42" font-weight="600" fill="{BRIGHT}">{figure}'
            f'<tspan font-size="22" font-weight="400" fill="{DIM}">{of}</tspan></text>'
            f'<text x="{COLUMN}" y="{y + 66}" font-size="15" fill="{DIM}">{made}</text>'
        )


def prompt(texts: list[str], token: int, tints: list[str] | None = None) -> Iterator[str]:
    """Yields the prompt on one line around one bright token, shortened to fit.

    `tints`: underline colour of each token, "" for none.
    """
    room = PROMPT - columns(texts[token])
    before, after = "".join(texts[:token]), "".join(texts[token + 1 :])
    end = cut(after, max(room - columns(before), min(room // 3, columns(after))))
    start = cut_start(before, room - columns(end))
    tints = tints or [""] * len(texts)
    skipped = len(before) - len(start)
    past = "".join(
        underlined(piece, tint, DIM) for piece, tint in pieces(start, texts[:token], tints[:token], skipped)
    )
    coming = "".join(
        underlined(piece, tint, DIM) for piece, tint in pieces(end, texts[token + 1 :], tints[token + 1 :])
    )
    now = underlined(cut(texts[token], PROMPT), tints[token], GOLD)
    bright = f'<tspan fill="{GOLD}" font-weight="600">{now}</tspan>'
    yield (
        '<clipPath id="line"><rect x="60" y="572" width="1100" height="44"/></clipPath>'
        f'<text x="60" y="602" font-size="23" fill="{DIM}" xml:space="preserve" clip-path="url(#line)">'
        f"{past}{bright}{coming}</text>"
    )


def pieces(shown: str, texts: list[str], tints: list[str], skipped: int = 0) -> Iterator[tuple[str, str]]:
    """Yields the shown part of each text, with its tint. `skipped`: characters left out at the start."""
    start = -skipped
    for each, tint in zip(texts, tints, strict=True):
        piece = shown[max(0, start) : max(0, start + len(each))]
        if piece:
            yield piece, tint
        start += len(each)


def underlined(words: str, tint: str, colour: str) -> str:
    """Returns coloured text with an underline in the tint, not under its leading space."""
    bare = words.lstrip()
    if not tint or not bare:
        return escape(words)
    line = f'<tspan text-decoration="underline" fill="{tint}">'
    return f'{escape(words[: -len(bare)])}{line}<tspan fill="{colour}">{escape(bare)}</tspan></tspan>'


def show(token: Token) -> str:
    """Returns a token without surrounding spaces, unless it has nothing else."""
    text = clean(token.text)
    return cut(text.strip(), 24) or "␣" * len(text)


def clean(text: str) -> str:
    """Returns text on one line, without characters that XML forbids or that change the writing direction."""
    seen = (VISIBLE.get(character, character) for character in text)
    return "".join(character if character.isprintable() else "·" for character in seen)


def cut(text: str, width: int) -> str:
    """Returns the beginning of a text that fits."""
    if columns(text) <= width:
        return text
    used = list(accumulate(map(columns, text)))
    return text[: bisect_right(used, max(0, width - 1))] + "…"


def cut_start(text: str, width: int) -> str:
    """Returns the end of a text that fits."""
    return cut(text[::-1], width)[::-1]


def columns(text: str) -> int:
    """Returns the width of a text in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
