"""The HTML pages: the full view, the view for a frame, the article and the literature."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response

from .. import __version__
from ..lessons.library import Lessons, load_lessons
from ..page.boot import boot, understood
from ..page.bundle import BUNDLES, EMBEDDED, FULL, is_fresh, style_of
from ..page.hashed_names import hashed_name
from ..page.startup import WATCH
from ..picture.moment import MOMENT_KEYS
from ..picture.view_picture import titled
from ..references.references import Reference, of_article, references
from ..request.comparison import requests_of
from ..request.schema import KEY_HELP, SECOND_PREFIX
from ..request.view_keys import look_of, own_look
from ..settings import ROOT, Settings
from ..sources.registry import SourceRegistry
from ..wording import ENGLISH, LANGUAGES, Wording, wording_of
from . import oembed
from .admission import Desk, secs_of_page
from .asset_routes import shared_for
from .assets import Assets, matches
from .query import base_of
from .security_headers import EMBED, PAGE, page_policy
from .templates import TEMPLATES, reading_page


class Pages:
    """Renders the pages."""

    def __init__(self, sources: SourceRegistry, assets: Assets, settings: Settings) -> None:
        self.sources, self.assets, self.settings = sources, assets, settings
        self.lessons = load_lessons(settings.scenarios)

    def view(self, request: Request, template: str, ancestors: str) -> Response:
        """Returns a view as a full page or for a frame."""
        embed = template == "embed.html"
        query = self.lessons.filled(request.query_params)
        base = base_of(request, self.settings)
        context = page_context(query, self.sources, self.lessons, base, embed=embed)
        context["boot"]["transport"] = self.settings.transport
        bundled = context["bundle"] is not None
        nonce = "" if bundled else token_urlsafe(16)
        context |= {key: self.hashed(context[key]) for key in ("bundle", "style") if context[key]}
        text = TEMPLATES.get_template(template).render(**context, nonce=nonce)
        headers = {**PAGE, "content-security-policy": page_policy(nonce, ancestors)}
        if embed:
            headers |= EMBED
        return self.finish(request, text, headers, same_for_all=bundled)

    def hashed(self, name: str) -> str:
        """Returns the address of a page's file with a digest of its content."""
        asset = self.assets.find(name.removeprefix("static/"))
        return name if asset is None else hashed_name(name, asset.digest)

    def finish(self, request: Request, text: str, headers: dict[str, str], same_for_all: bool) -> Response:
        """Returns the page with an ETag, or 304."""
        headers["etag"] = f'"{sha256(text.encode()).hexdigest()[:32]}"'
        if same_for_all and self.settings.address_known:
            headers |= shared_for(self.settings.cache_secs)
        if same_for_all and matches(request.headers.get("if-none-match"), headers["etag"]):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/html", headers=headers)

    def article(self, request: Request) -> Response:
        words = wording_of(request.query_params)
        name = "article.html" if words is ENGLISH else f"article.{words.language}.html"
        return reading_page(
            name,
            frames="'self'",
            base=base_of(request, self.settings),
            works=of_article(),
            **look_of(request.query_params),
            look=own_look(request.query_params),
        )

    def literature(self, request: Request) -> Response:
        words = wording_of(request.query_params)
        return reading_page(
            "references.html",
            words=words,
            lists=list(literature_in(words)),
            base=base_of(request, self.settings),
            **look_of(request.query_params),
        )


def pages(desk: Desk, assets: Assets, settings: Settings) -> APIRouter:
    """Returns the routes of the pages. Rendering queues like other jobs."""
    router = APIRouter(include_in_schema=False)
    made = Pages(desk.sources, assets, settings)
    ancestors = with_self(settings.frame_ancestors)

    async def turn(request: Request, make: Callable[..., Response], *arguments: str) -> Response:
        job = partial(make, request, *arguments)
        answer: Response = await desk.look(request, job, secs_of_page(request))
        return answer

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return await turn(request, made.view, "index.html", "'none'")

    @router.api_route("/embed", methods=["GET", "HEAD"])
    async def embed(request: Request) -> Response:
        return await turn(request, made.view, "embed.html", ancestors)

    @router.api_route("/article", methods=["GET", "HEAD"])
    async def article(request: Request) -> Response:
        return await turn(request, made.article)

    @router.api_route("/references", methods=["GET", "HEAD"])
    async def literature(request: Request) -> Response:
        return await turn(request, made.literature)

    return router


def literature_in(words: Wording) -> Iterator[tuple[str, list[tuple[str, Reference]]]]:
    """Yields all works under the heading of their subject; a work on a router and a model occurs once."""
    works = references()
    routers = [key for key, work in works.items() if work.routers]
    models = [key for key, work in works.items() if work.models and not work.routers]
    others = [key for key in works if key not in (*routers, *models)]
    headings = (words.of_routers, routers), (words.of_models, models), (words.other_works, others)
    for heading, keys in headings:
        yield heading, [(key, works[key]) for key in keys]


def with_self(ancestors: str) -> str:
    """Adds our own origin, because our article also uses frames."""
    named = {"*", "'none'", "'self'"} & set(ancestors.split())
    return ancestors if named else f"'self' {ancestors}"


def page_context(
    query: Mapping[str, str], sources: SourceRegistry, lessons: Lessons, base: str, embed: bool
) -> dict[str, Any]:
    """Returns the variables of the templates. Unusable request keys are dropped, as in the page."""
    requests, names, problems = requests_of(query, sources.available)
    wrong = {problem.field for problem in problems}
    kept = [(key, query[key]) for key in query if key not in wrong]
    words = wording_of(query)
    language = {} if words is ENGLISH else {"lang": words.language}
    kept = [(key, value) for key, value in kept if key != "lang"] + list(language.items())
    requested = {
        key: value for key, value in kept if key.removeprefix(SECOND_PREFIX) in KEY_HELP or key in MOMENT_KEYS
    }
    requested |= language
    title, told = titled(requests, names, sources, words)
    search = urlencode(kept)
    return {
        "boot": {
            **boot(sources, embed, words.language),
            **understood(query, sources),
            **lessons.info(words.language),
        },
        "words": words,
        "embed": embed,
        "watch": WATCH,
        "translations": list(translations(kept, base)),
        "version": __version__,
        "query": search,
        "base": base,
        "canonical": f"{base}/{'?' if search else ''}{search}",
        "poster": f"preview.svg{'?' if search else ''}{search}",
        **look_of(query),
        "icon": picture_of_tab(),
        "picture": f"{base}/preview.png{oembed.query(requested)}",
        "oembed": oembed.discovery(dict(kept), base),
        **scripts(ROOT / "static", embed, words.language),
        "title": f"{title} · Moescope",
        "description": told,
    }


def translations(view: list[tuple[str, str]], base: str) -> Iterator[tuple[str, str]]:
    """Yields every language with the address of the view in it."""
    others = [(key, value) for key, value in view if key != "lang"]
    for each in LANGUAGES.values():
        query = urlencode(others + ([] if each is ENGLISH else [("lang", each.language)]))
        yield each.language, f"{base}/{'?' if query else ''}{query}"


def picture_of_tab() -> str:
    """Returns the tab's icon as a data address."""
    return f"data:image/svg+xml,{quote((ROOT / 'static' / 'favicon.svg').read_text(encoding='utf-8'))}"


def scripts(static: Path, embed: bool, language: str = "en") -> dict[str, Any]:
    """Returns the addresses of style and scripts; `bundle` is None if it is older than its modules."""
    style = f"static/{style_of(static, EMBEDDED if embed else FULL)}"
    return {"style": style, "bundle": f"static/{BUNDLES[language]}" if is_fresh(static) else None}
