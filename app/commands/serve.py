"""`serve`: serves the page until it is stopped."""

from __future__ import annotations

import argparse
import logging
import os
import resource
import socket
import sys
import threading
import webbrowser
from textwrap import wrap

import uvicorn

from ..export.trace_page import page_of
from ..settings import Settings, declared, default_of
from ..sources.authored.scenario import load_scenarios
from ..stream.wire import MESSAGE_BYTES
from ..web.application import create_app
from ..web.http_protocol import ROOM, ConnectionCounts, http_protocol
from ..web.websocket_protocol import WebSocketProtocol

STOP_SECS = 5  # limit on the wait for clients at shutdown
MOST_DESCRIPTORS = 65_536


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `serve` to the command line."""
    parser = commands.add_parser(
        "serve",
        help="serve the page (the default)",
        description="Serve the page. Settings are environment variables:",
        epilog=settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def settings_help() -> str:
    """Returns the help on every setting, with its default."""
    lines = []
    for each in declared():
        default = default_of(each)
        told = f"{each.metadata['help']} [{default}]" if default else str(each.metadata["help"])
        first, *others = wrap(told, 76)
        lines += [f"{each.metadata['name']:<20} {first}", *(f"{'':<20} {line}" for line in others)]
    return "\n".join(lines)


def run(settings: Settings) -> int:
    """Serves until told to stop; returns the exit status."""
    return serve(settings)


def serve(settings: Settings, query: str = "") -> int:
    """Serves until stopped. `query`: the view to open."""
    try:
        listener = listen(settings)
    except OSError as error:
        at = f"{settings.host}:{settings.port}"
        if isinstance(error, socket.gaierror) or "assign" in (error.strerror or ""):
            return fail(f"HOST: cannot listen at {at}: {error.strerror}; name an address of this machine")
        return fail(f"PORT: cannot listen at {at}: {error.strerror}; try PORT=0")
    for problem in load_scenarios(settings.scenarios).problems:
        print(problem, file=sys.stderr)
    for warning in warnings(settings, descriptor_limit()):
        print(warning, file=sys.stderr)
    address = address_of(settings.host, listener.getsockname()[1]) + settings.root_path
    address += f"/{query}" if query else ""
    print(f"Moescope is at {address}", flush=True)
    if settings.open_browser and has_display():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    if settings.access_log:
        log_access()
    build_server(settings).run(sockets=[listener])
    return 0


def warnings(settings: Settings, descriptors: int) -> list[str]:
    """Returns warnings for the operator at start-up."""
    told = []
    if "*" in settings.served_hosts and settings.host in ("0.0.0.0", "::"):
        told.append("HOSTS: any name is served; set HOSTS or ORIGIN to the names that are yours")
    if settings.viewers + ROOM > descriptors:
        told.append(
            f"VIEWERS: expected at most {descriptors - ROOM} with {descriptors} file descriptors, "
            f"got {settings.viewers}; raise the limit (ulimit -n)"
        )
    return told


def descriptor_limit() -> int:
    """Raises the limit of file descriptors as far as allowed. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def log_access() -> None:
    """Sends the access log to stderr, one JSON line per request."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    access = logging.getLogger("moescope.access")
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False


def build_server(settings: Settings) -> uvicorn.Server:
    """Returns the server with the limits of the protocol."""
    config = uvicorn.Config(
        create_app(settings, page_of),
        http=http_protocol(ConnectionCounts(settings, descriptor_limit())),
        ws=WebSocketProtocol,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # app/web/forwarding.py reads all proxy headers
        timeout_keep_alive=settings.keep_alive_secs,
        timeout_graceful_shutdown=STOP_SECS,
    )
    return uvicorn.Server(config)


def listen(settings: Settings) -> socket.socket:
    """Returns a listening socket. Raises OSError if the address is in use or not of this machine."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=2048)


def address_of(host: str, port: int) -> str:
    """Returns the address for a browser on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def has_display() -> bool:
    """Returns whether this machine can show a browser window."""
    unix = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return unix or sys.platform in ("darwin", "win32")


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 2
