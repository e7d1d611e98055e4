"""Selects the traces for a load: one prompt, every scenario, or a long text in windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...metrics.load import Load
from ...problem import BadRequest, Problem
from ...request.cost import check_updates
from ...request.schema import PROMPT_TOKENS, TEXT_CHARS, TraceRequest
from ...trace import RoutingTrace, Token
from ..registry import SourceRegistry
from .prompt_trace import LiveTrace

OVER = ("prompt", "scenarios")

Make = Callable[[], RoutingTrace]


def load_of(make: Make) -> Load:
    """Returns the load of a trace, which is computed for it."""
    return Load.of(make())


def check_over(over: str) -> str:
    """Returns `over`. Raises BadRequest for a value that is not in `OVER`."""
    if over not in OVER:
        raise BadRequest(Problem("over", repr(over[:20]), f"one of {', '.join(OVER)}", "choose one of them"))
    return over


def requests_over(request: TraceRequest, over: str, scenarios: tuple[str, ...]) -> list[TraceRequest]:
    """Returns the requests whose routing is counted.

    Raises BadRequest if the only source is a recording.
    """
    if over == "prompt":
        return [request]
    if request.source in ("recorded", "trace"):
        advice = "a recording holds its own texts; choose over=prompt"
        raise BadRequest(
            Problem("source", repr(request.source), "authored or live with over=scenarios", advice)
        )
    plain = {"prompt": "", "more": 0}
    return [request.model_copy(update={**plain, "scenario": scenario}) for scenario in scenarios]


def check_text(request: TraceRequest, text: str) -> None:
    """Raises BadRequest for a text that is too long, or a source that routes no text."""
    if request.source != "live":
        advice = "authored routing is about given tokens; choose source=live"
        raise BadRequest(Problem("source", repr(request.source), "'live' for a text of your own", advice))
    if not 1 <= len(text) <= TEXT_CHARS:
        advice = "shorten the text" if text else "type something"
        raise BadRequest(Problem("text", f"{len(text)} characters", f"1 to {TEXT_CHARS} characters", advice))


def windows(sources: SourceRegistry, request: TraceRequest, text: str) -> list[Make]:
    """Returns functions that route a text in windows of at most a prompt's length. Raises BadRequest."""
    check_text(request, text)
    model = sources.live.open_model(request.checkpoint)
    config = model.checkpoint.config
    room = min(PROMPT_TOKENS, config.positions)
    tokens = model.checkpoint.tokenizer.encode(text)
    if not tokens:
        raise BadRequest(Problem("text", "0 tokens", "at least 1 token", "type something"))
    check_updates(request, model.listing.shape, len(tokens))

    def make(window: tuple[Token, ...]) -> Make:
        made = LiveTrace(model, window, request.model_copy(update={"more": 0}))
        return lambda: RoutingTrace.from_steps(made.header, made.steps())

    return [make(window) for window in cut(tokens, room)]


def cut(tokens: tuple[Token, ...], room: int) -> Iterator[tuple[Token, ...]]:
    """Yields windows of nearly equal length. A short last one would look unbalanced by chance."""
    count = -(-len(tokens) // room)
    for window in range(count):
        yield tokens[window * len(tokens) // count : (window + 1) * len(tokens) // count]
