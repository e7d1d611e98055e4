"""The scene alone on a page, its clock stepped by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

AREA = {"width": 480, "height": 300}

# What the tests ask of the page: `shot` draws a frame and answers its pixels, `step` draws one unseen,
# `blind` keeps WebGL from drawing where only the count of calls and bytes matters.
READING = """() => {
window.open_ = (...shape) => Object.assign(window, prepare("stage", shape));
window.blind = () => {
  for (const name of ["drawElements", "drawArrays"]) WebGL2RenderingContext.prototype[name] = () => {};
};
window.step = (patch) => scene.draw({ ...Object.assign(frame, patch) });
window.shot = (patch) => {
  step(patch);
  const gl = canvas.getContext("webgl2"), pixels = new Uint8Array(4 * canvas.width * canvas.height);
  gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  return pixels;
};
window.digest = (pixels) => pixels.reduce((sum, value) => (sum * 31 + value) % 4294967291, 7);
window.bright = (pixels) => {
  let count = 0;
  for (let i = 0; i < pixels.length; i += 4) count += pixels[i] > 235 && pixels[i + 1] > 140;
  return count;
};
}"""

Stage = Callable[..., Page]  # opens a scene of a shape: layers, experts, top-k, tokens, mode


def open_stage(page: Page, stage_url: str, shape: tuple[Any, ...]) -> Page:
    """Returns the page with a scene of this shape, not drawn yet."""
    page.goto(f"{stage_url}/tests/bench/stage/index.html")
    page.wait_for_function("window.prepare !== undefined")
    page.evaluate(READING)
    page.evaluate("(shape) => void open_(...shape)", list(shape))
    return page
