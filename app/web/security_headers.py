"""Security headers: what a browser may do with an answer, and who may read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..page.startup import WATCH, hash_of

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

NOSNIFF = (b"x-content-type-options", b"nosniff")
NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")  # of other answers
SCRIPTS = "/static/"  # scripts ignore a policy, and eighty of them would carry it
READ = ("/api/", "/preview.")  # public and without credentials: sandboxed pages (origin `null`) may read them
OPEN = ((b"access-control-allow-origin", b"*"), (b"cross-origin-resource-policy", b"cross-origin"))
PAGE = {
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
# A page with Cross-Origin-Embedder-Policy shows only frames that have one too. Ours loads only our own files.
EMBED = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "cross-origin",
}


def page_policy(nonce: str, ancestors: str) -> str:
    """Returns the Content-Security-Policy of a page. `nonce` admits the start-up check and the import map."""
    own = f"script-src 'self' {hash_of(WATCH)}"
    return "; ".join(
        (
            "default-src 'none'",
            f"{own} 'nonce-{nonce}'" if nonce else own,
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "font-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {ancestors}",
        )
    )


class SecurityHeaders:
    """Adds security headers that an answer does not set itself."""

    def __init__(self, app: Application, sandboxed: bool = True) -> None:
        self.app = app
        self.sandboxed = sandboxed

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        added = [NOSNIFF] if path.startswith(SCRIPTS) else [NOSNIFF, NOTHING]
        if self.sandboxed and path.startswith(READ) and scope["method"] in ("GET", "HEAD"):
            added += OPEN

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                present = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in added if name not in present]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)
