"""Pages of another origin, as articles that embed us are."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def served(handler: Callable[..., http.server.BaseHTTPRequestHandler], host: str) -> Iterator[str]:
    """Yields the address, without a slash at its end, of a server that answers so on a free port."""
    server = http.server.ThreadingHTTPServer((host, 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def host_page(html: str) -> Iterator[str]:
    """Yields the address of a page on another host name than the server's, and so of another origin."""

    class Article(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with served(Article, "localhost") as address:
        yield f"{address}/"
