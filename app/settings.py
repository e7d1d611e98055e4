"""The settings from the environment: address, folders, embedding, and every limit.

One declaration per setting: `Settings.from_env`, `moescope serve --help` and docs/SETTINGS.md are derived
from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .setting_readers import (
    choice,
    count,
    number,
    read_ancestors,
    read_engine,
    read_flag,
    read_folder,
    read_host,
    read_hosts,
    read_models,
    read_origin,
    read_port,
    read_prefix,
    read_proxies,
)

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
# Pages, scripts, scenarios and models are beside the package in a checkout, and inside an installed package.
ROOT = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else PACKAGE / "data"
CORES = os.cpu_count() or 2
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def setting(default: Any, name: str, read: Callable[[str, str], Any], help: str) -> Any:
    """Declares a field that an environment variable sets."""
    return field(default=default, metadata={"name": name, "read": read, "help": help})


SECS = number(0.01, 86_400)


@dataclass(frozen=True)
class Settings:
    """One field per environment variable."""

    host: str = setting("127.0.0.1", "HOST", read_host, "address to listen at; 0.0.0.0 or :: for all")
    port: int = setting(8000, "PORT", read_port, "port to listen at; 0 takes any free one")
    open_browser: bool = setting(True, "OPEN", read_flag, "open a browser window if there is a display")
    scenarios: Path = setting(ROOT / "scenarios", "SCENARIOS", read_folder, "folder of scenarios")
    models: Path = setting(ROOT / "models", "MODELS", read_models, "folder of models, or one model's own")
    traces: Path | None = setting(None, "TRACES", read_folder, "folder of captures that the page lists")
    origin: str = setting(
        "",
        "ORIGIN",
        read_origin,
        "public scheme and host of the server; empty: those of each request",
    )
    root_path: str = setting("", "ROOT_PATH", read_prefix, "path under which a proxy serves the application")
    hosts: tuple[str, ...] = setting(
        (),
        "HOSTS",
        read_hosts,
        "accepted host names; empty: loopback names and ORIGIN's if HOST is loopback, else any",
    )
    proxies: str = setting(
        "",
        "FORWARDED_ALLOW_IPS",
        read_proxies,
        "trusted proxies (X-Forwarded-For, -Proto, -Host, -Prefix); empty: 127.0.0.1 and ::1",
    )
    frame_ancestors: str = setting(
        "*", "FRAME_ANCESTORS", read_ancestors, "sites that may show /embed in a frame"
    )
    sandboxed: bool | None = setting(
        None,
        "SANDBOXED",
        read_flag,
        "let sandboxed frames (Origin: null) and other sites read traces; empty: yes, except with "
        "TRACES or ENGINES on a loopback address",
    )
    transport: str = setting(
        "socket", "TRANSPORT", choice("socket", "http"), "first transport of pages; a CDN can cache http"
    )
    cache_secs: int = setting(
        300, "CACHE_SECS", count(0, 31_536_000), "seconds for which a CDN may cache answers"
    )
    viewers: int = setting(1000, "VIEWERS", count(1, 100_000), "concurrent streams and sockets")
    client_viewers: int = setting(
        200, "CLIENT_VIEWERS", count(1, 100_000), "of these, per client address (IPv6: per /64)"
    )
    connections: int = setting(
        4000,
        "CONNECTIONS",
        count(10, 1_000_000),
        "concurrent connections; fewer if file descriptors are limited",
    )
    client_connections: int = setting(
        400, "CLIENT_CONNECTIONS", count(1, 1_000_000), "of these, per client address"
    )
    send_secs: float = setting(
        30.0, "SEND_SECS", SECS, "a client that reads nothing for this long is disconnected"
    )
    header_secs: float = setting(10.0, "HEADER_SECS", SECS, "time limit for the header of a request")
    body_secs: float = setting(30.0, "BODY_SECS", SECS, "time limit for the body of a request")
    body_mib: int = setting(
        600, "BODY_MIB", count(2, 1_000_000), "MiB of request bodies in memory; half of it per client"
    )
    keep_alive_secs: int = setting(5, "KEEP_ALIVE_SECS", count(1, 3600), "an unused connection stays open")
    open_secs: float = setting(15.0, "OPEN_SECS", SECS, "time limit for a socket's first `open`")
    idle_secs: float = setting(300.0, "IDLE_SECS", SECS, "a socket without stream and messages stays open")
    threads: int = setting(CORES, "THREADS", count(1, 256), "threads for small work")
    processes: int = setting(max(1, CORES - 1), "PROCESSES", count(1, 256), "processes for heavy work")
    light_secs: float = setting(
        0.1, "LIGHT_SECS", number(0, 3600), "estimated work above this is heavy: it runs in a process"
    )
    most_secs: float = setting(
        60.0, "MOST_SECS", number(0.1, 86_400), "estimated work above this is refused (413)"
    )
    client_secs: float = setting(
        60.0, "CLIENT_SECS", number(0.1, 86_400), "limit on queued work per client, estimated; above it 429"
    )
    queue_secs: float = setting(
        300.0, "QUEUE_SECS", number(0.1, 86_400), "limit on queued work in total, estimated; above it 429"
    )
    deadline_secs: float = setting(
        60.0, "DEADLINE_SECS", SECS, "heavy work that runs longer is ended with its process (503)"
    )
    engine: str = setting(
        "",
        "ENGINE",
        read_engine,
        "engine of the models: numpy, transformers or llama.cpp; empty: the first that runs each",
    )
    access_log: bool = setting(False, "ACCESS_LOG", read_flag, "one JSON line per request on stderr")
    metrics: bool = setting(True, "METRICS", read_flag, "serve /metrics for Prometheus")
    # ENGINES, and ENGINE_KEY_NAME with the key of each: docs/SETTINGS.md. Keys are never shown.
    engines: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Returns the settings in the environment. Raises ValueError naming all wrong ones."""
        given: dict[str, Any] = {}
        problems = []
        for each in declared():
            value = env.get(each.metadata["name"], "").strip()
            try:
                if value or each.name in ("scenarios", "models"):
                    given[each.name] = each.metadata["read"](
                        each.metadata["name"], value or str(each.default)
                    )
            except ValueError as error:
                problems.append(str(error))
        if problems:
            raise ValueError("\n".join(problems))
        engines = {name: env[name] for name in env if name.startswith(("ENGINES", "ENGINE_"))}
        return cls(**given, engines=engines)

    @property
    def trusted_proxies(self) -> str:
        return self.proxies or "127.0.0.1,::1"

    @property
    def served_hosts(self) -> tuple[str, ...]:
        """Returns the host names to serve; `*`: any."""
        if self.hosts:
            return self.hosts
        own = (urlsplit(self.origin).hostname or "",) if self.origin else ()
        if self.on_loopback:
            return ("*",) if self.proxies else (*LOOPBACK, "*.localhost", self.host, *own)
        return ("*",)

    @property
    def on_loopback(self) -> bool:
        """Returns whether only this machine reaches the server, apart from a proxy on it."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @property
    def readable_anywhere(self) -> bool:
        """Returns whether pages of other sites, and pages without an origin, may read traces.

        Any page that a user visits can reach a server on the user's machine. The user's own traces and
        engines are therefore not readable, unless SANDBOXED permits it.
        """
        if self.sandboxed is not None:
            return self.sandboxed
        published = bool(self.origin or self.proxies) or not self.on_loopback
        return published or (self.traces is None and not self.engines)

    @property
    def address_known(self) -> bool:
        """Returns whether a shared cache may trust the page's own address."""
        return bool(self.origin) or "*" not in self.served_hosts


def declared() -> tuple[Field[Any], ...]:
    """Returns the declarations in order."""
    return tuple(each for each in fields(Settings) if "name" in each.metadata)


def default_of(each: Field[Any]) -> str:
    """Returns the default in readable form."""
    assert each.default is not MISSING
    if isinstance(each.default, bool):
        return str(int(each.default))
    if isinstance(each.default, Path):
        return each.default.name
    if each.default is None or isinstance(each.default, tuple):
        return ""
    if each.name in ("threads", "processes"):
        return "processors" if each.name == "threads" else "processors - 1"
    return f"{each.default:g}" if isinstance(each.default, float) else str(each.default)
