"""Takes the pictures of README and the film of the directed shot from the running page: `make pictures`.

The clock of the page is stepped by hand, so that every run takes the same moments. The film needs ffmpeg.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from app.settings import Settings  # noqa: E402
from tests.chromium import chromium_path  # noqa: E402
from tests.e2e.conftest import FLAGS  # noqa: E402
from tests.live_server import serving  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 720}
FRAMES_PER_SEC, SECS = 20, 11.0
MOST_BYTES = 2_000_000
SEEN = "sessionStorage.setItem('moescope.opened', '1')"

# Name and address of each picture; every one stands at its moment.
PICTURES = {
    "sequence-8": "/?scenario=translate&token=13&layer=4",
    "top-64": "/?scenario=english&experts=64&mode=all&camera=top&layer=3",
    "deepseek-v3": "/?shape=deepseek-v3&scenario=english&token=8&layer=30&panel=models",
    "compare": "/?scenario=code&mode=all&layer=6&b.source=live",
    "decision": "/?scenario=english&shot=4.6",
    "phone": "/?scenario=translate&token=10&layer=3",
}
PHONE = {"width": 390, "height": 844}


def open_page(browser: Browser, address: str, size: dict[str, int], *, visited: bool) -> Page:
    """Opens an address, and waits until its picture stands or its shot is about to begin."""
    context = browser.new_context(viewport=size, device_scale_factor=1 if size is SIZE else 2)
    page = context.new_page()
    if visited:
        page.add_init_script(SEEN)
    page.goto(address)
    page.wait_for_selector('html[data-state="ready"]', state="attached", timeout=120_000)
    return page


def take(browser: Browser, url: str, name: str) -> None:
    """Takes one picture, JPEG."""
    page = open_page(browser, url + PICTURES[name], PHONE if name == "phone" else SIZE, visited=True)
    page.evaluate("moescope.pause()")
    page.evaluate("moescope.idle()")
    page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=86)
    page.context.close()


def film(browser: Browser, url: str) -> None:
    """Takes the directed shot frame by frame, and writes it as WebM."""
    page = open_page(browser, f"{url}/?scenario=english", SIZE, visited=False)
    page.evaluate("moescope.hold()")
    with tempfile.TemporaryDirectory() as folder:
        for frame in range(int(SECS * FRAMES_PER_SEC)):
            page.screenshot(path=f"{folder}/{frame:04}.jpg", type="jpeg", quality=92)
            page.evaluate(f"moescope.step({1 / FRAMES_PER_SEC})")
        write(folder, FOLDER / "shot.webm")
    page.context.close()


def write(folder: str, film: Path) -> None:
    """Puts the frames of a folder together. Raises SystemExit without ffmpeg, or if the film is too large."""
    if not shutil.which("ffmpeg"):
        sys.exit("ffmpeg: expected the program on PATH, for the film; install it")
    rate = ["-framerate", str(FRAMES_PER_SEC)]
    vp9 = ["-c:v", "libvpx-vp9", "-crf", "34", "-b:v", "0", "-pix_fmt", "yuv420p", "-cpu-used", "4"]
    command = ["ffmpeg", "-loglevel", "error", "-y", *rate, "-i", f"{folder}/%04d.jpg", *vp9, str(film)]
    subprocess.run(command, check=True)
    if film.stat().st_size > MOST_BYTES:
        sys.exit(f"{film}: expected at most {MOST_BYTES} bytes, got {film.stat().st_size}; raise -crf")


def main(names: list[str]) -> None:
    """Takes those that are named, `shot` being the film; all without a name."""
    with serving(Settings(port=0)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for name in names or [*PICTURES, "shot"]:
            if name == "shot":
                film(browser, url)
            else:
                take(browser, url, name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
