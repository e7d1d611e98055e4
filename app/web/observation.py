"""Gives every request an id, a line in the access log and metrics, and every failure an answer."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from contextvars import ContextVar
from secrets import token_hex

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..stream.workers import Workers
from .seats import Seats
from .security_headers import Application, Message, Receive, Send

GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
ROUTES = ("/static/", "/api/", "/preview.", "/embed", "/oembed", "/article", "/references", "/ws")
SECS = (0.005, 0.02, 0.1, 0.25, 1, 2.5, 10, 30, 60)

request_id: ContextVar[str] = ContextVar("request_id", default="-")
access = logging.getLogger("moescope.access")
log = logging.getLogger("moescope")


class Metrics(Collector):
    """The metrics of /metrics, in their own registry."""

    def __init__(self, workers: Workers, seats: Seats) -> None:
        self.workers = workers
        self.seats = seats
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "moescope_requests", "Requests answered", ["route", "status"], registry=self.registry
        )
        self.secs = Histogram(
            "moescope_request_seconds", "Time to answer", ["route"], buckets=SECS, registry=self.registry
        )
        self.errors = Counter(
            "moescope_errors", "Requests that failed inside the server", registry=self.registry
        )
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yields figures that other objects count."""
        workers = self.workers
        now = {
            "viewers": ("Streams and sockets that are open", len(self.seats)),
            "small_jobs": ("Small jobs that run or wait", workers.small.jobs),
            "heavy_jobs": ("Heavy jobs that run or wait", workers.heavy.jobs),
            "heavy_waiting_seconds": ("Estimated seconds of heavy work that wait", workers.heavy.queue.secs),
        }
        for name, (about, value) in now.items():
            yield GaugeMetricFamily(f"moescope_{name}", about, value)
        ever = {
            "cost_admitted_seconds": ("Estimated seconds of work that were admitted", workers.admitted_secs),
            "cost_refused_seconds": ("Estimated seconds of work that were refused", workers.refused_secs),
            "jobs_refused": ("Requests that were refused for their cost", workers.refused),
            "jobs_ended": ("Heavy jobs that were ended early", workers.ended),
            "viewers_refused": ("Viewers for whom there was no room", self.seats.refused),
        }
        for name, (about, value) in ever.items():
            yield CounterMetricFamily(f"moescope_{name}", about, value)


class Observation:
    """The outermost middleware except for the proxies'."""

    def __init__(self, app: Application, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        id = given if GIVEN.fullmatch(given) else token_hex(8)
        token = request_id.set(id)
        began, status, sent = time.monotonic(), 101 if scope["type"] == "websocket" else 0, 0

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent
            if message["type"].endswith("response.start"):
                status = message["status"]
                message = {
                    **message,
                    "headers": [*message.get("headers", []), (b"x-request-id", id.encode())],
                }
            sent += len(
                message.get("body", b"") or message.get("bytes", b"") or message.get("text", "") or ""
            )
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("request %s failed", id)
            self.metrics.errors.inc()
            if status == 0:
                await fail(send_with_id, id)
            elif scope["type"] == "http":
                raise  # cuts the answer off, so that it is not taken for complete
        finally:
            request_id.reset(token)
            self.note(scope, status, sent, time.monotonic() - began, id)

    def note(self, scope: Message, status: int, sent: int, secs: float, id: str) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        route = next((each for each in ROUTES if path.startswith(each)), "/" if path == "/" else "other")
        self.metrics.requests.labels(route, str(status)).inc()
        if scope["type"] == "http":
            self.metrics.secs.labels(route).observe(secs)
        if access.isEnabledFor(logging.INFO):
            client = scope.get("client")
            line = {  # without the query, which may contain a prompt
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "id": id,
                "client": client[0] if client else None,
                "method": scope.get("method", "WS"),
                "path": path[:200],
                "status": status,
                "bytes": sent,
                "secs": round(secs, 4),
            }
            access.info(json.dumps(line, ensure_ascii=True))


async def fail(send: Send, id: str) -> None:
    """Sends 500 with the request's id, which the log contains too."""
    told = f"server: it failed to answer; its log has why, under request {id}"
    body = json.dumps({"errors": [{"field": "server", "message": told}], "request_id": id}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Heads:
    """Answers HEAD as GET, without the body."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, send_head)
