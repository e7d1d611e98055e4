"""A view in its preview: one or two traces and their text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..request.comparison import own_keys, parse_view, stack_names
from ..request.read import Answer
from ..request.schema import TraceRequest
from ..request.view_keys import look_of, read_view_key
from ..sources.pending_trace import PendingTrace
from ..sources.registry import SourceRegistry
from ..wording import Wording, wording_of
from .comparison import StackPicture, draw_pair
from .moment import Moment
from .preview import draw_preview
from .theme import repaint
from .titles import description, name, title_of


@dataclass(frozen=True)
class ViewPicture:
    """The content of a link's preview."""

    requests: tuple[TraceRequest, ...]  # one or two
    answers: tuple[Answer, ...]
    opened: tuple[PendingTrace, ...]
    names: tuple[str, str]  # names that distinguish two stacks, without their badges
    labels: tuple[str, str]  # names with the badges
    sources: SourceRegistry
    words: Wording
    theme: str
    moment: Moment | None  # playback position; None: the end
    grouped: bool  # caps and trails have the colours of token groups, if there are any

    @classmethod
    def of(
        cls,
        keys: Mapping[str, str],
        view: Mapping[str, str],
        sources: SourceRegistry,
        *,
        second_falls_back: bool = False,
    ) -> ViewPicture:
        """Returns the preview of request keys and a view's keys. Raises BadRequest as `parse_view` does."""
        read = parse_view({**view, **keys}, sources.available, second_falls_back=second_falls_back)
        requests, answers = tuple(each.request for each in read), tuple(each.answer for each in read)
        own = own_keys(view)
        beside = {key: value for key, value in own.items() if key != "source"}
        names, labels = (
            ("", "") if len(requests) == 1 else stack_names(requests[0], requests[1], keys)
            for keys in (beside, own)
        )
        moment = Moment.of(view)
        around = 0 if moment is None else moment.token
        opened = tuple(sources.open(request, around=around) for request in requests)
        if moment is not None:
            header = opened[0].header
            moment = moment.after(header.origin.get("window", {}).get("from", 0)).following(header.tokens)
        theme = look_of(view)["theme"]
        grouped = read_view_key("colour", view) == "group"
        return cls(
            requests, answers, opened, names, labels, sources, wording_of(view), theme, moment, grouped
        )

    @property
    def key(self) -> str:
        """Returns a key that is equal for equal pictures."""
        identities = (source.identity for source in self.opened)
        return " ".join(
            (*identities, *self.names, self.words.language, self.theme, str(self.moment), str(self.grouped))
        )

    def draw(self) -> str:
        """Returns the preview, SVG."""
        return repaint(self.drawn(), self.theme)

    def drawn(self) -> str:
        """Returns the preview in the dark theme."""
        traces = [source.trace() for source in self.opened]
        title = title_of(traces[0], self.sources, self.words)
        if len(traces) == 1:
            return draw_preview(traces[0], self.words, title, self.moment, self.grouped)
        one, other = (StackPicture(trace, name) for trace, name in zip(traces, self.names, strict=True))
        return draw_pair((one, other), self.words, title, self.moment, self.grouped)


def titled(
    requests: tuple[TraceRequest, ...], names: tuple[str, str], sources: SourceRegistry, words: Wording
) -> tuple[str, str]:
    """Returns title and description of a view of one or two stacks."""
    title = name(requests[0], sources, words)
    told = " | ".join(description(request, sources, words) for request in requests)
    return (title if len(requests) == 1 else f"{title}: {names[0]} | {names[1]}"), told
