"""Renders an SVG picture as PNG with resvg, the shipped fonts and those of the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import resvg_py

FAMILY = "Inter"
PATIENCE_SECS = 30.0  # time limit; a picture takes a third of a second


def rasterise(svg: str, width: int, fonts: Path) -> bytes:
    """Returns a PNG file `width` pixels wide. Text is set in Inter from the folder `fonts`.

    Characters that Inter lacks use the machine's fonts, if any. A child process renders, because resvg
    holds the interpreter's lock. Raises ValueError if `svg` cannot be rendered.
    """
    command = [sys.executable, str(Path(__file__).resolve()), str(width), str(fonts)]
    try:
        drawn = subprocess.run(command, input=svg.encode(), capture_output=True, timeout=PATIENCE_SECS)
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"svg: expected a picture within {PATIENCE_SECS:g} seconds, got none") from error
    if drawn.returncode:
        last = drawn.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ValueError(f"svg: expected a picture, got {last}")
    return drawn.stdout


def draw(svg: str, width: int, fonts: str) -> bytes:
    """Renders in this process."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=width,
            font_dirs=[fonts],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
            monospace_family=FAMILY,
            style_sheet=f"text, tspan {{ font-family: {FAMILY}, sans-serif }}",
        )
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read().decode(), int(sys.argv[1]), sys.argv[2]))
