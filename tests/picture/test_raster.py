"""Preview pictures as PNG: text is drawn on a machine without fonts, and what is no picture is refused."""

import pytest
import resvg_py

from app.picture.raster import FAMILY, draw, rasterise
from app.settings import ROOT

FONTS = ROOT / "static" / "vendor"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630" font-family="system-ui, sans-serif">'
    "{}</svg>"
)
WORDS = SVG.format('<text x="20" y="200" font-size="80">Où vont les jetons ? ↵ × 3.5</text>')


def test_text_is_drawn_with_the_shipped_font_alone(monkeypatch):
    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **options: real(**options, skip_system_fonts=True))
    assert draw(WORDS, 1200, str(FONTS)) != draw(SVG.format(""), 1200, str(FONTS))
    nowhere = real(svg_string=WORDS, width=1200, font_family=FAMILY, skip_system_fonts=True)
    assert bytes(nowhere) == draw(SVG.format(""), 1200, str(FONTS))  # so fonts did make the difference


def test_the_same_picture_is_the_same_bytes():
    assert rasterise(WORDS, 600, FONTS) == rasterise(WORDS, 600, FONTS)


@pytest.mark.parametrize("svg", ["", "no picture", "<svg"])
def test_what_is_no_picture_is_refused_and_says_why(svg):
    with pytest.raises(ValueError, match="svg: expected a picture, got"):
        rasterise(svg, 600, FONTS)


def test_the_server_process_does_not_draw_itself(monkeypatch):
    """resvg holds the interpreter's lock while it draws: every viewer would wait."""
    monkeypatch.delattr(resvg_py, "svg_to_bytes")
    assert rasterise(WORDS, 600, FONTS).startswith(b"\x89PNG")
