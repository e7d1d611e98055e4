"""Serves the files of the page and sends content: with an ETag, compressed if the client accepts it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..page.hashed_names import plain_name
from .assets import Asset, Assets, matches

FOR_ARTICLES = ("embed.js", "embed.d.ts")  # pages of other sites load these
SHARED = {"cache-control": "public, max-age=3600, stale-while-revalidate=86400"}
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
ANYWHERE = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


def shared_for(secs: int) -> dict[str, str]:
    """Returns headers for content that browsers revalidate and shared caches keep for `secs`."""
    kept = f"public, max-age=0, s-maxage={secs}, stale-while-revalidate=86400" if secs else "public, no-cache"
    return {"cache-control": kept}


def static(assets: Assets) -> APIRouter:
    """Returns the routes of the page's files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{name:path}")
    def find(name: str, request: Request) -> Response:
        plain, digest = plain_name(name)
        asset = assets.find(plain if digest else name)
        if asset is None:
            return Response(status_code=404)
        response = send(request, asset)
        response.headers.update(ANYWHERE)
        if digest:  # another version than this server's: valid now, but not for a cache
            same = digest == asset.digest[: len(digest)]
            response.headers.update(IMMUTABLE if same else {"cache-control": "no-store"})
        elif name in FOR_ARTICLES:
            response.headers.update(SHARED)
        return response

    return router


def send(request: Request, asset: Asset) -> Response:
    """Returns the content, or 304 if the client has it. Browsers store it, but revalidate each time."""
    content, etag, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
    headers = {"etag": etag, "cache-control": "public, no-cache", "vary": "accept-encoding"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["content-encoding"] = encoding
    return Response(content, media_type=asset.media_type, headers=headers)
