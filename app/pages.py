"""The two HTML pages: the whole view, and the view alone for a frame in somebody's article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import __version__
from app.headers import page_policy
from app.request import EXPERTS, PROMPT_CHARS, PROMPT_TOKENS, WORDS, TraceRequest, read
from app.settings import ROOT, Settings
from app.sources import Sources

EXPERTS_OFFERED = [8, 16, 32, 64]
K_OFFERED = [1, 2, 3, 4]


def pages(sources: Sources, settings: Settings) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter(include_in_schema=False)
    templates = Environment(
        loader=FileSystemLoader(ROOT / "templates"), autoescape=True, undefined=StrictUndefined
    )

    def page(request: Request, template: str, ancestors: str) -> Response:
        nonce = token_urlsafe(16)
        base = settings.origin or f"{request.url.scheme}://{request.url.netloc}"
        context = page_context(request.query_params, sources, base, embed=template == "embed.html")
        text = templates.get_template(template).render(**context, nonce=nonce)
        headers = {"content-security-policy": page_policy(nonce, ancestors), "cache-control": "no-cache"}
        return Response(text, media_type="text/html", headers=headers)

    @router.api_route("/", methods=["GET", "HEAD"])
    def index(request: Request) -> Response:
        return page(request, "index.html", "'none'")

    @router.api_route("/embed", methods=["GET", "HEAD"])
    def embed(request: Request) -> Response:
        return page(request, "embed.html", settings.frame_ancestors)

    return router


def page_context(query: Mapping[str, str], sources: Sources, base: str, embed: bool) -> dict[str, Any]:
    """What the templates show. Bad request keys are left out, one by one, as the page itself does."""
    request, problems = read({key: query[key] for key in WORDS if key in query}, sources.known)
    wrong = {problem.field for problem in problems}
    kept = [(key, query[key]) for key in query if key not in wrong]
    search = urlencode(kept)
    return {
        "boot": boot(sources, embed),
        "version": __version__,
        "query": search,
        "base": base,
        "canonical": f"{base}/{'?' if search else ''}{search}",
        "poster": f"/preview.svg{'?' if search else ''}{search}",
        "modules": modules(),
        "title": title(request, sources),
        "description": description(request, sources),
    }


def boot(sources: Sources, embed: bool) -> dict[str, Any]:
    """What the page needs before it asks for anything: static/js/types.js, Boot."""
    return {
        "version": __version__,
        "scenarios": sources.scenario_infos(),
        "models": sources.model_infos(),
        "limits": {
            "prompt_tokens": PROMPT_TOKENS,
            "prompt_chars": PROMPT_CHARS,
            "experts": list(EXPERTS),
            "experts_offered": EXPERTS_OFFERED,
            "k_offered": K_OFFERED,
        },
        "embed": embed,
    }


def modules() -> Iterable[str]:
    """The scripts of the page, by their path under static/js: to be fetched side by side."""
    folder = ROOT / "static" / "js"
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.js") if path.name != "types.js"
    )


def title(request: TraceRequest, sources: Sources) -> str:
    """The name of a view."""
    if request.source == "live" and request.prompt:
        return f"{request.prompt[:60]} (live) · Moescope"
    scenario = sources.library.scenarios.get(request.scenario)
    return f"{scenario.title if scenario else request.scenario} · Moescope"


def description(request: TraceRequest, sources: Sources) -> str:
    """A view in a sentence, with the badge that its picture carries."""
    scenario = sources.library.scenarios.get(request.scenario)
    shape = f"{request.experts} experts a layer, {request.k} a token"
    if request.source == "live":
        return f"LIVE: tokens routed by a trained mixture-of-experts model, {shape}."
    return f"AUTHORED: {scenario.teaches if scenario else request.scenario} ({shape})"
