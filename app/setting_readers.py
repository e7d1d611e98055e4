"""Readers of settings: each checks the text of an environment variable and converts it to a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
HOST_NAME = re.compile(r"\*|(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")


def wrong(name: str, expected: str, found: object, advice: str) -> ValueError:
    return ValueError(f"{name}: expected {expected}, got {found!r}; {advice}")


def read_port(name: str, value: str) -> int:
    """Returns a port number, 0 to 65535."""
    if not (value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= 65535):
        raise wrong(name, "a number from 0 to 65535", value, "0 takes any free port")
    return int(value)


def read_host(name: str, value: str) -> str:
    """Returns an address or host name to listen on; IPv6 with or without brackets."""
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if not bare or any(character in bare for character in " /[]@?#"):
        raise wrong(
            name, "an address such as 127.0.0.1, 0.0.0.0, :: or ::1", value, "leave out port and path"
        )
    return bare


def read_flag(name: str, value: str) -> bool:
    """Reads yes or no."""
    words = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False}
    words["off"] = False
    if value.lower() not in words:
        raise wrong(name, "1 or 0", value, "leave it out for the default")
    return words[value.lower()]


def read_origin(name: str, value: str) -> str:
    """Reads scheme and host, with a port if it is not the default."""
    origin = value.rstrip("/")
    parts = urlsplit(origin)
    try:
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong(name, "scheme and host such as https://moe.example", value, "a path belongs in ROOT_PATH")
    return origin.lower()


def read_prefix(name: str, value: str) -> str:
    """Returns a path with a leading and without a trailing slash; "/" means no prefix."""
    path = value.rstrip("/")
    if path and (not PREFIX.fullmatch(path) or any(part in (".", "..") for part in path.split("/"))):
        raise wrong(name, "a path such as /moe", value, "leave it out where the site has a host of its own")
    return path


def read_hosts(name: str, value: str) -> tuple[str, ...]:
    """Reads host names separated by commas or spaces; `*.example.org` matches subdomains, `*` any host."""
    hosts = tuple(host.strip("[]").lower() for host in re.split(r"[,\s]+", value) if host)
    for host in hosts:
        if not HOST_NAME.fullmatch(host):
            raise wrong(name, "host names without scheme and port", host, "for example: HOSTS=moe.example")
    return hosts


def read_proxies(name: str, value: str) -> str:
    """Reads addresses or networks separated by commas, or `*`."""
    for part in value.split(","):
        try:
            if part.strip() != "*":
                ip_network(part.strip(), strict=False)
        except ValueError:
            raise wrong(
                name, "addresses or networks of proxies", part.strip(), "for example: 127.0.0.1,10.0.0.0/8"
            ) from None
    return value


def read_ancestors(name: str, value: str) -> str:
    """Returns a list of sources for `frame-ancestors`, limited to the size of a header."""
    if not value.isascii() or any(character in value for character in ";,\r\n"):
        raise wrong(
            name,
            "sources with spaces between",
            value,
            "for example: FRAME_ANCESTORS=\"'self' https://example.org\"",
        )
    return value


def read_engine(name: str, value: str) -> str:
    """Returns the name of an engine that runs models on this machine."""
    engines = ("numpy", "transformers", "llama.cpp")
    if value not in engines:
        raise wrong(name, f"one of {', '.join(engines)}", value, "leave it out for the first that can")
    return value


def read_folder(name: str, value: str) -> Path:
    """Returns an existing folder; `~` is the user's home."""
    path = Path(value).expanduser()
    if not path.is_dir():
        found = f"the file {value}" if path.exists() else f"{value}, which does not exist"
        raise ValueError(f"{name}: expected a folder, got {found}; name a folder, or leave it out")
    return path


def read_models(name: str, value: str) -> Path:
    """Returns a folder of models; for a model's own folder, its parent."""
    path = read_folder(name, value)
    return path.resolve().parent if (path / "config.json").is_file() else path


def number(low: float, high: float) -> Callable[[str, str], float]:
    """Returns a reader of numbers within limits."""

    def read(name: str, value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            found = float("nan")
        if not low <= found <= high:
            raise wrong(name, f"a number from {low:g} to {high:g}", value, "leave it out for the default")
        return found

    return read


def count(low: int, high: int) -> Callable[[str, str], int]:
    """Returns a reader of whole numbers within limits."""

    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
            raise wrong(name, f"a whole number from {low} to {high}", value, "leave it out for the default")
        return int(value)

    return read


def choice(*names: str) -> Callable[[str, str], str]:
    """Returns a reader of fixed words."""

    def read(name: str, value: str) -> str:
        if value not in names:
            raise wrong(name, f"one of {', '.join(names)}", value, "leave it out for the default")
        return value

    return read
