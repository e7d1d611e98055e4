"""A request becomes a source, in a thread or in a process; and a source becomes messages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from dataclasses import replace
from threading import Lock

from ..answers.estimate import trace_secs
from ..answers.files import named_trace
from ..problem import BadRequest, Problem
from ..request.cost import SECS_OF_REQUEST
from ..request.read import Answer, Understood
from ..request.schema import TraceRequest
from ..routing import ROUTERS
from ..sources.pending_trace import PendingTrace
from ..sources.registry import NO_KEYS, SourceRegistry
from ..trace import RoutingTrace, Step
from .wire import EndMessage, TokensMessage, TraceMessage, pack_step, to_text
from .workers import Workers


async def open_source(
    sources: SourceRegistry,
    workers: Workers,
    client: str,
    keys: Mapping[str, object],
    changed: Collection[str] = (),
    second: Mapping[str, object] = NO_KEYS,
) -> tuple[PendingTrace, Understood]:
    """The trace of the keys that can be used, and how they were understood.

    What is computed token by token is never heavy: each token is a job of its own. Raises BadRequest, and
    Busy where too much is waiting.
    """

    def open_here() -> tuple[PendingTrace, Understood]:
        return sources.open_understood(keys, changed, second)

    if workers.processes is None:
        return await workers.run(open_here, client)

    def estimate() -> tuple[Understood, float]:
        understood = sources.understand(keys, changed, second)
        return understood, trace_secs(sources, understood.request)

    understood, cost = await workers.run(estimate, client, SECS_OF_REQUEST)
    request = understood.request
    if not workers.is_heavy(cost) or by_token(request):
        return await workers.run(open_here, client, cost)
    identity = await workers.run(lambda: sources.identity_of(request), client, SECS_OF_REQUEST)
    trace = sources.cached.get(identity)
    if trace is None:
        _, data = await workers.compute(named_trace, request, client=client, cost=cost)
        trace = await workers.run(lambda: RoutingTrace.from_bytes(data), client, 0.1)
        sources.cached.put(identity, trace, len(data))
    return finished(sources, request, identity, trace), understood


def by_token(request: TraceRequest) -> bool:
    """Whether the routing of a token needs only those before it, and a model computes it."""
    return request.source == "live" and not request.updates and not ROUTERS[request.router].whole_batch


def finished(
    sources: SourceRegistry, request: TraceRequest, identity: str, trace: RoutingTrace
) -> PendingTrace:
    """The source of a trace that is there as a whole."""
    prompt = trace.header.tokens[: trace.header.origin.get("prompt_tokens")]
    header = replace(trace.header, tokens=prompt)

    def steps() -> Iterator[Step]:
        for token in range(len(trace.header.tokens)):
            written = trace.header.tokens[token] if token >= len(prompt) else None
            yield replace(trace.step(token), written=written)

    return PendingTrace(identity, header, steps, sources.cached, request.more)


class Frames:
    """The messages of a stream, those of one token at a time, made in worker threads."""

    def __init__(self, source: PendingTrace, id: int, start: int) -> None:
        self.steps = source.pull(start)
        self.experts = source.header.shape.experts
        self.id = id
        self.token = start
        self.closed = False
        self.lock = Lock()

    def next(self) -> list[str | bytes] | None:
        """The messages of the next token; None at the end. Takes as long as the routing of one token does.

        Of a token before the first that the viewer wants there are none.
        """
        with self.lock:
            if self.closed:
                return None
            try:
                step = next(self.steps)
            except StopIteration:
                return None
            if step is None:
                return []
            messages = self.messages(step)
        self.token += 1
        return messages

    def messages(self, step: Step) -> list[str | bytes]:
        """A step, after the token itself where a model wrote it."""
        frame = pack_step(step, self.id, self.token, self.experts)
        if step.written is None:
            return [frame]
        tokens = TokensMessage(id=self.id, start=self.token, tokens=[step.written.to_json()])
        return [to_text(tokens), frame]

    def close(self) -> None:
        """Make no more. A message that a thread is just making is the last."""
        self.closed = True


async def messages_of(
    source: PendingTrace, answer: Answer, workers: Workers, client: str, id: int, start: int
) -> AsyncGenerator[str | bytes, None]:
    """Header, steps, end. Nothing is made before what came before was taken."""
    yield to_text(TraceMessage.of(id, source.identity, start, source.header, answer))
    frames = Frames(source, id, start)
    shape = source.header.shape
    cost = 1e-6 * shape.layers * shape.experts
    try:
        while (messages := await workers.run(frames.next, client, cost)) is not None:
            for message in messages:
                yield message
    finally:
        frames.close()
    yield to_text(EndMessage(id=id, tokens=frames.token))


def check_start(start: int, source: PendingTrace) -> None:
    """A stream resumes at a token that there is, or just after the last."""
    last = len(source.header.tokens) + source.more
    if start > last:
        expected = f"0 to {last}, the number of tokens"
        raise BadRequest(Problem("from", str(start), expected, "start again from 0"))
