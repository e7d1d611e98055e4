"""An SVG picture as PNG, drawn by resvg with the fonts that the build ships and those of the machine."""

from __future__ import annotations

from pathlib import Path

import resvg_py

FAMILY = "Inter"


def rasterise(svg: str, width: int, fonts: Path) -> bytes:
    """A PNG file `width` pixels wide. Text is set in Inter from the folder `fonts`.

    Characters that Inter does not have come from the fonts of the machine, if it has any. Raises ValueError
    where `svg` is none.
    """
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=width,
            font_dirs=[str(fonts)],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
            monospace_family=FAMILY,
            style_sheet=f"text, tspan {{ font-family: {FAMILY}, sans-serif }}",
        )
    )
