"""The HTML templates of the pages."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..settings import ROOT
from .security_headers import PAGE, page_policy

TEMPLATES = Environment(
    loader=FileSystemLoader(ROOT / "templates"), autoescape=True, undefined=StrictUndefined
)


def reading_page(template: str, frames: str = "", **context: Any) -> Response:
    """Returns a text page without inline scripts, in no frame. `frames`: sources of its own frames."""
    policy = page_policy(nonce="", ancestors="'none'") + (f"; frame-src {frames}" if frames else "")
    text = TEMPLATES.get_template(template).render(**context)
    return Response(text, media_type="text/html", headers={**PAGE, "content-security-policy": policy})
