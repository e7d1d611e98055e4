"""Trusts proxy headers, checks the Host header, and restricts pages of other sites."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ..setting_readers import PREFIX
from ..settings import Settings
from . import oembed
from .security_headers import Application, Message, Receive, Send

HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
PROBES = ("/healthz", "/readyz")  # load balancers call these by address
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
MISDIRECTED, FORBIDDEN, MOVED = 421, 403, 308

log = logging.getLogger("moescope")


class Forwarding:
    """Reads X-Forwarded-* from trusted proxies, and refuses unknown hosts and cross-site work."""

    def __init__(self, app: Application, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.proxies = Proxies(settings.trusted_proxies)
        proxied = ProxyHeadersMiddleware(self.serve, settings.trusted_proxies)  # type: ignore[arg-type]
        self.proxied: Application = proxied  # type: ignore[assignment]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = {**scope, "root_path": self.settings.root_path}
        if self.proxies.trust(scope.get("client")):
            scope |= forwarded(scope["headers"], self.settings.root_path)
        await self.proxied(scope, receive, send)

    async def serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers requests that must not reach the application."""
        root, path = scope["root_path"], scope["path"]
        if root and path == root and scope["type"] == "http":
            query = scope["query_string"].decode("latin-1")
            await answer(scope, send, MOVED, "", location=f"{root}/{'?' if query else ''}{query}")
        elif (problem := self.wrong_host(scope)) and path.removeprefix(root) not in PROBES:
            log.warning("refused: %s", problem)
            await answer(scope, send, MISDIRECTED, problem)
        elif problem := self.wrong_site(scope):
            log.warning("refused: %s", problem)
            await answer(scope, send, FORBIDDEN, problem)
        else:
            await self.app(scope, receive, send)

    def wrong_host(self, scope: Message) -> str | None:
        """Returns the reason to refuse the Host header; None if it is accepted."""
        served = self.settings.served_hosts
        host = header(scope["headers"], b"host")
        if "*" in served or not host:
            return None
        name = name_of(host)
        if any(name == each or (each[:2] == "*." and name.endswith(each[1:])) for each in served):
            return None
        told = f"Host: expected one of {', '.join(served)}, got {host[:100]!r}; "
        return f"{told}if this name is yours, set HOSTS={name[:100] or 'NAME'} or ORIGIN"

    def wrong_site(self, scope: Message) -> str | None:
        """Returns the reason to refuse a request from another site's page; None if it is accepted."""
        if scope["type"] != "http" or scope["method"] not in CHANGING:
            return None
        site = header(scope["headers"], b"sec-fetch-site")
        origin = header(scope["headers"], b"origin")
        if site in ("cross-site", "same-site"):
            return f"Sec-Fetch-Site: expected same-origin, got {site}; open the page of this server itself"
        if site or not origin:
            return None
        return wrong_origin(origin, header(scope["headers"], b"host"), self.settings.origin)


class Proxies:
    """The addresses whose X-Forwarded-* headers are trusted."""

    def __init__(self, text: str) -> None:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        self.any = "*" in parts
        self.networks = [ip_network(part, strict=False) for part in parts if part != "*"]

    def trust(self, client: tuple[str, int] | None) -> bool:
        if self.any:
            return True
        try:
            address = ip_address(client[0]) if client else None
        except ValueError:
            return False
        return address is not None and any(address in network for network in self.networks)


def forwarded(headers: Iterable[tuple[bytes, bytes]], root: str) -> Message:
    """Returns the parts of a scope that a proxy sets: host and path prefix."""
    headers = list(headers)
    host = header(headers, b"x-forwarded-host").split(",")[0].strip()
    prefix = header(headers, b"x-forwarded-prefix").split(",")[0].strip().rstrip("/")
    if HOST.fullmatch(host):
        kept = [(name, value) for name, value in headers if name != b"host"]
        headers = [(b"host", host.encode("latin-1")), *kept]
    right = PREFIX.fullmatch(prefix) and not {".", ".."} & set(prefix.split("/"))
    return {"headers": headers, "root_path": prefix if right else root}


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Returns the value of a header; "" if there is none."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def name_of(host: str) -> str:
    """Returns the name in a Host header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def wrong_origin(origin: str, host: str, ours: str) -> str | None:
    """Returns how a page's origin differs from the host that it calls, as browsers compare; None if equal.

    Case is ignored, and default ports of both schemes equal none, because a proxy may have terminated TLS.
    """
    page = oembed.split(origin)
    for each in (f"http://{host}", ours):
        known = oembed.split(each) if each else None
        if page is not None and known is not None and oembed.place(page) == oembed.place(known):
            return None
    if origin == "null":
        return "Origin: expected a page of this host, got one without an origin (null); set SANDBOXED=1"
    told = f"Origin: expected a page of {ours or host or 'this host'}, got {origin[:100]!r}; "
    advice = "or let it pass on Host (nginx: proxy_set_header Host $host)"
    return f"{told}behind a proxy, set ORIGIN={origin[:100]} {advice}"


async def answer(scope: Message, send: Send, status: int, told: str, **headers: str) -> None:
    """Sends a short answer, also to a WebSocket handshake."""
    body = b"" if status == MOVED else json.dumps({"errors": [{"field": "", "message": told}]}).encode()
    kind = "http" if scope["type"] == "http" else "websocket.http"
    fields = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    listed = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
    await send({"type": f"{kind}.response.start", "status": status, "headers": listed})
    await send({"type": f"{kind}.response.body", "body": body})
