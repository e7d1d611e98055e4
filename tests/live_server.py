"""A real server on a free port, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from app.commands.serve import address_of, build_server, listen
from app.settings import Settings

STOP_SECS = 60


@contextmanager
def hosting(settings: Settings) -> Iterator[tuple[str, uvicorn.Server]]:
    """Yields the address of a server that runs with these settings, on any free port, and the server
    itself."""
    listener = listen(settings)
    server = build_server(settings)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield (
            address_of(settings.host, listener.getsockname()[1]),
            server,
        )  # connections wait until it accepts
    finally:
        server.should_exit = True
        thread.join(STOP_SECS)
        listener.close()
    assert not thread.is_alive(), "the server did not stop"


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Yields the address of a server that runs with these settings."""
    with hosting(settings) as (url, _):
        yield url
