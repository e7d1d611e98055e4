"""Reads ENGINES: the engines that the operator named, their keys and configs.

ENGINES="qwen=https://gpu-1:8000 trio=http://127.0.0.1:8417"
ENGINE_KEY_QWEN=...          sent as `Authorization: Bearer`; only from the environment
ENGINE_CONFIG_TRIO=/models/trio-16   config.json and tokenizer.json, for engines that return only ids
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ....problem import show

NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
NAME_CHARS = 60
MOST = 32  # limit on engines
KEY, CONFIG = "ENGINE_KEY_", "ENGINE_CONFIG_"
EXAMPLE = "for example: ENGINES=qwen=https://gpu-1:8000"


@dataclass(frozen=True)
class EngineAddress:
    """One engine: the name that the page shows, and the address that only the server knows."""

    name: str
    url: str  # scheme, host, port, and a path prefix without /v1
    key: str = field(default="", repr=False)
    config: Path | None = None  # folder with the model's config.json and tokenizer.json

    @property
    def key_variable(self) -> str:
        """Returns the environment variable with its key."""
        return KEY + variable_of(self.name)

    @property
    def config_variable(self) -> str:
        """Returns the environment variable with the path of its config."""
        return CONFIG + variable_of(self.name)


def read_engines(env: Mapping[str, str]) -> tuple[EngineAddress, ...]:
    """Returns the engines of ENGINES in order. Raises ValueError naming the variable."""
    found: dict[str, EngineAddress] = {}
    for item in env.get("ENGINES", "").split():
        name, _, url = item.partition("=")
        variable = variable_of(name)
        address = EngineAddress(
            check_name(name),
            check_url(name, url),
            check_key(KEY + variable, env.get(KEY + variable, "")),
            folder_of(CONFIG + variable, env.get(CONFIG + variable, "")),
        )
        if variable in found:
            raise ValueError(f"ENGINES: expected each name once, got {show(name)} again; rename one")
        found[variable] = address
    if len(found) > MOST:
        raise ValueError(f"ENGINES: expected at most {MOST} engines, got {len(found)}; leave some out")
    check_unused(env, set(found))
    return tuple(found.values())


def variable_of(name: str) -> str:
    """Returns the suffix of an engine's variables: qwen3-30b -> QWEN3_30B."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def check_name(name: str) -> str:
    """Returns the name. Raises ValueError if a link would need to escape it."""
    if len(name) > NAME_CHARS or not NAME.fullmatch(name):
        expected = f"name=URL with a name of small letters, digits, - and ., up to {NAME_CHARS}"
        raise ValueError(f"ENGINES: expected {expected}, got {show(name)}; {EXAMPLE}")
    return name


def check_url(name: str, url: str) -> str:
    """Returns the URL without a trailing /v1. Raises ValueError if it has a key or another scheme."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError for a wrong one
    except ValueError as error:
        raise ValueError(f"ENGINES: {name}: expected a URL, got {show(url)}: {error}; {EXAMPLE}") from error
    if "@" in parts.netloc:
        raise ValueError(f"ENGINES: {name}: expected a URL without a key; set {KEY}{variable_of(name)}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"ENGINES: {name}: expected http://HOST:PORT or https://, got {show(url)}; {EXAMPLE}"
        )
    return url.rstrip("/").removesuffix("/v1")


def check_key(variable: str, key: str) -> str:
    """Returns the key. Raises ValueError if no header can contain it. The message omits the key."""
    if not (key.isascii() and key.isprintable()):
        raise ValueError(f"{variable}: expected printable ASCII characters, got others; copy the key again")
    return key.strip()


def folder_of(variable: str, text: str) -> Path | None:
    """Returns the folder of a config, or of a config file. Raises ValueError if it does not exist."""
    if not text:
        return None
    path = Path(text)
    folder = path.parent if path.name == "config.json" else path
    if not (folder / "config.json").is_file():
        raise ValueError(
            f"{variable}: expected a folder with a config.json, got {show(text)}; correct the path"
        )
    return folder


def check_unused(env: Mapping[str, str], known: set[str]) -> None:
    """Raises ValueError for a key or config of an engine that ENGINES does not name."""
    for variable in env:
        for prefix in (KEY, CONFIG):
            if variable.startswith(prefix) and variable.removeprefix(prefix) not in known:
                names = ", ".join(sorted(known)) or "no engine"
                raise ValueError(
                    f"{variable}: expected one of {names} behind {prefix}; correct it or ENGINES"
                )
