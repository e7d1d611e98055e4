"""What the environment decides: where to listen, where the data lies, who may embed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """One field for each variable of `from_env`."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0: any free one
    open_browser: bool = True
    origin: str = (
        ""  # address under which people reach the server, without a path; "": what each request says
    )
    frame_ancestors: str = (
        "*"  # who may show /embed in a frame: a list of sources as Content-Security-Policy has it
    )
    scenarios: Path = ROOT / "scenarios"
    models: Path = ROOT / "models"
    viewers: int = 500  # connections served at a time
    send_secs: float = 30.0  # a reader that takes nothing for so long is let go
    engines: Mapping[str, str] = field(default_factory=dict, repr=False)  # ENGINES, and ENGINE_... with keys

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """HOST, PORT, OPEN, ORIGIN, FRAME_ANCESTORS, SCENARIOS, MODELS, ENGINES and ENGINE_*.

        Raises ValueError with the name.
        """
        return cls(
            host=env.get("HOST") or cls.host,
            port=read_port(env.get("PORT") or str(cls.port)),
            open_browser=env.get("OPEN", "1") not in ("0", "no", "false"),
            origin=env.get("ORIGIN", "").rstrip("/"),
            frame_ancestors=read_ancestors(env.get("FRAME_ANCESTORS") or cls.frame_ancestors),
            scenarios=Path(env.get("SCENARIOS") or cls.scenarios),
            models=Path(env.get("MODELS") or cls.models),
            engines={name: env[name] for name in env if name.startswith(("ENGINES", "ENGINE_"))},
        )


def read_port(text: str) -> int:
    """A port number, 0 to 65535."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ValueError(f"PORT: expected a number from 0 to 65535, got {text!r}; 0 takes any free port")
    return int(text)


def read_ancestors(text: str) -> str:
    """A list of sources for `frame-ancestors`; a header has no room for more."""
    if any(character in text for character in ";,\r\n"):
        raise ValueError(
            f"FRAME_ANCESTORS: expected sources with spaces between, got {text!r}; "
            "for example: FRAME_ANCESTORS=\"'self' https://example.org\""
        )
    return text
