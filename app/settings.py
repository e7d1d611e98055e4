"""What the environment decides: where to listen, where the data lies, who may embed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
# Pages, scripts, scenarios and models lie beside the package in a checkout, and inside an installed package.
ROOT = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else PACKAGE / "data"


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
    traces: Path | None = None  # folder of captures that the page lists; None: no library
    viewers: int = 500  # connections served at a time
    send_secs: float = 30.0  # a reader that takes nothing for so long is let go

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """HOST, PORT, OPEN, ORIGIN, FRAME_ANCESTORS, SCENARIOS, MODELS, TRACES. Raises ValueError."""
        return cls(
            host=env.get("HOST") or cls.host,
            port=read_port(env.get("PORT") or str(cls.port)),
            open_browser=env.get("OPEN", "1") not in ("0", "no", "false"),
            origin=env.get("ORIGIN", "").rstrip("/"),
            frame_ancestors=read_ancestors(env.get("FRAME_ANCESTORS") or cls.frame_ancestors),
            scenarios=Path(env.get("SCENARIOS") or cls.scenarios),
            models=Path(env.get("MODELS") or cls.models),
            traces=Path(env["TRACES"]) if env.get("TRACES") else None,
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
