"""A real server on a free port, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.__main__ import address_of, build_server, listen
from app.settings import Settings

START_SECS = 20


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The address of a server that runs with these settings, on any free port, as long as the block does."""
    listener = listen(settings)
    server = build_server(settings)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield address_of(settings.host, listener.getsockname()[1])  # connections wait until it accepts
    finally:
        server.should_exit = True
        thread.join(START_SECS)
        listener.close()
    assert not thread.is_alive(), "the server did not stop"
