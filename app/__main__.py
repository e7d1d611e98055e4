"""The command line: `python -m app` serves; `check`, `params`, `export`, `measure` do one thing and end."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence

import uvicorn

from .commands import atlas as atlas_command
from .commands import compare, convert, inspect, record
from .commands import export as export_command
from .commands import measure as measure_command
from .commands import open as open_command
from .commands import params as params_command
from .commands.check import check as check_scenarios
from .export.trace_page import page_of
from .settings import Settings
from .sources.authored.scenario import load_scenarios
from .sources.registry import SourceRegistry
from .stream.wire import MESSAGE_BYTES
from .web.application import create_app
from .web.websocket_protocol import WebSocketProtocol

STOP_SECS = 5  # after which a stop no longer waits for viewers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m app", description="Watch tokens route through a model.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve the page (the default)").set_defaults(run=serve)
    commands.add_parser("check", help="look over scenarios, tours and questions").set_defaults(run=check)
    params_command.add_command(commands)
    export_command.add_command(commands)
    measure_command.add_command(commands)
    captures = {"inspect": inspect, "convert": convert, "compare": compare, "record": record}
    for command in captures.values():
        command.add_command(commands)
    atlas_command.add_command(commands)
    open_command.add_command(commands)
    options = parser.parse_args(arguments)
    if options.command in captures:
        return int(captures[options.command].run(options))
    if options.command == "params":
        return params_command.run(options)
    try:
        settings = Settings.from_env(os.environ)
    except ValueError as error:
        return fail(str(error))
    if options.command == "open":
        return open_command.run(settings, options, serve)
    if options.command == "atlas":
        return atlas_command.run(settings, options)
    if options.command == "measure":
        return measure_command.run(settings, options)
    if options.command == "export":
        return export_command.run(settings, options)
    run = getattr(options, "run", serve)
    return int(run(settings))


def check(settings: Settings) -> int:
    """Print what is wrong with scenarios, tours and questions, and what they say untruly; 1 if any."""
    known = SourceRegistry(load_scenarios(settings.scenarios), settings.models, settings.traces).available
    problems = check_scenarios(settings.scenarios, known)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{settings.scenarios}: nothing wrong")
    return 1 if problems else 0


def serve(settings: Settings, query: str = "") -> int:
    """Serve until told to stop. `query`: the view that is opened."""
    try:
        listener = listen(settings)
    except OSError as error:
        return fail(f"PORT: cannot listen at {settings.host}:{settings.port}: {error.strerror}; try PORT=0")
    for problem in load_scenarios(settings.scenarios).problems:
        print(problem, file=sys.stderr)
    address = address_of(settings.host, listener.getsockname()[1]) + (f"/{query}" if query else "")
    print(f"Moescope is at {address}", flush=True)
    if settings.open_browser and has_display():
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    build_server(settings).run(sockets=[listener])
    return 0


def build_server(settings: Settings) -> uvicorn.Server:
    """The server with the limits of the protocol."""
    config = uvicorn.Config(
        create_app(settings, page_of),
        ws=WebSocketProtocol,
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECS,
    )
    return uvicorn.Server(config)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens. Raises OSError where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family)


def address_of(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def has_display() -> bool:
    """Whether a browser window could be seen."""
    unix = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return unix or sys.platform in ("darwin", "win32")


def fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
