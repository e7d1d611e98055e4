"""Pages that others write: sandboxes, embedder policies, networks without WebSockets, sites under a path."""

from __future__ import annotations

import http.server
import shutil

import pytest

from app.settings import Settings
from tests.e2e.conftest import Contexts
from tests.e2e.other_origin import served
from tests.live_server import serving
from tests.web.test_nginx import FORWARDED, UNDER_A_PATH, nginx

# What WordPress writes for an oEmbed provider that it does not know, and Ghost for an HTML card.
WORDPRESS = """<!doctype html><html lang="en"><title>A post</title><div class="wp-block-embed__wrapper">
<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted" title="A view"
 src="{src}" width="600" height="450"></iframe></div>"""
GHOST = """<!doctype html><html lang="en"><title>A post</title><figure class="kg-card kg-embed-card">
<iframe src="{src}" width="600" height="450" title="A view" loading="lazy"></iframe></figure>"""
COEP = {"cross-origin-embedder-policy": "require-corp", "cross-origin-opener-policy": "same-origin"}
CREDENTIALLESS = {**COEP, "cross-origin-embedder-policy": "credentialless"}


def article(html: str, headers: dict[str, str]) -> type[http.server.BaseHTTPRequestHandler]:
    class Article(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {"content-type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Article


@pytest.mark.parametrize("html", [WORDPRESS, GHOST], ids=["wordpress", "ghost"])
@pytest.mark.parametrize(
    "headers", [{}, COEP, CREDENTIALLESS], ids=["plain", "require-corp", "credentialless"]
)
def test_an_embed_shows_its_scene_in_somebody_elses_post(
    new_context: Contexts, server_url: str, html: str, headers: dict[str, str]
) -> None:
    page = new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with served(
        article(html.format(src=f"{server_url}/embed?scenario=code"), headers), "localhost"
    ) as address:
        page.goto(address)
        frame = page.frame_locator("iframe")
        frame.locator("html[data-state=ready]").wait_for(state="attached")
    page.close()
    assert errors == []


@pytest.mark.parametrize("path", ["/?scenario=code", "/embed?scenario=code&b.k=1"])
def test_a_network_without_websockets_still_shows_the_scene_and_the_page_says_so(
    new_context: Contexts, server_url: str, path: str
) -> None:
    page = new_context().new_page()
    page.add_init_script(
        "window.WebSocket = class { readyState = 0; close() {} constructor() {} send() { throw 0; } }"
    )
    page.goto(server_url + path)
    page.locator("html[data-state=ready]").wait_for(state="attached")
    page.get_by_text("so traces use HTTP").first.wait_for(state="attached")


def test_a_refused_socket_falls_back_as_well(new_context: Contexts, server_url: str) -> None:
    page = new_context().new_page()
    page.add_init_script(
        "window.WebSocket = class extends WebSocket { constructor(url) { super(url + 'x'); } }"
    )
    page.goto(f"{server_url}/?scenario=code")
    page.locator("html[data-state=ready]").wait_for(state="attached")


def test_a_server_that_asks_for_http_opens_no_socket(new_context: Contexts) -> None:
    with serving(Settings(port=0, transport="http")) as url:
        page = new_context().new_page()
        sockets: list[object] = []
        page.on("websocket", lambda found: sockets.append(found))
        page.goto(f"{url}/?scenario=code")
        page.locator("html[data-state=ready]").wait_for(state="attached")
        page.close()
    assert sockets == []


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed: .ci/nginx installs it")
def test_the_page_works_under_a_path_behind_nginx(new_context: Contexts, tmp_path) -> None:
    with (
        serving(Settings(port=0, proxies="127.0.0.1")) as url,
        nginx(tmp_path, UNDER_A_PATH.format(url=url, slash="/", headers=FORWARDED)) as front,
    ):
        page = new_context().new_page()
        sockets: list[object] = []
        failed: list[str] = []
        page.on("websocket", lambda found: sockets.append(found))
        page.on("response", lambda found: failed.append(found.url) if found.status >= 400 else None)
        for path in ("", "embed?scenario=code", "article", "references"):
            page.goto(f"{front}/moe/{path}")
            if path in ("", "embed?scenario=code"):
                page.locator("html[data-state=ready]").wait_for(state="attached")
            else:
                page.wait_for_load_state("networkidle")
        page.close()
    assert failed == [] and len(sockets) >= 2
