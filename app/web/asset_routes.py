"""The files of the page, and how content is sent: with an ETag, compressed where the client takes that."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .assets import Asset, Assets, matches

FOR_ARTICLES = ("embed.js", "embed.d.ts")  # pages of other sites load these from us
SHARED = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
}


def static(assets: Assets) -> APIRouter:
    """The files of the page."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
    def find(name: str, request: Request) -> Response:
        asset = assets.find(name)
        if asset is None:
            return Response(status_code=404)
        response = send(request, asset)
        response.headers.update(SHARED if name in FOR_ARTICLES else {})
        return response

    return router


def send(request: Request, asset: Asset) -> Response:
    """The content, or that the reader has it already. It may be kept, but is to be asked for each time."""
    content, etag, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
    headers = {"etag": etag, "cache-control": "public, no-cache", "vary": "accept-encoding"}
    if matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["content-encoding"] = encoding
    return Response(content, media_type=asset.media_type, headers=headers)
