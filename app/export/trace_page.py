"""A trace as one HTML file that plays without a server, for notebooks and for files dropped on the page."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..page.boot import boot
from ..picture.preview import draw_preview
from ..request.read import Answer
from ..request.schema import DEFAULTS
from ..settings import ROOT, Settings
from ..sources.authored.scenario import load_scenarios
from ..sources.registry import SourceRegistry
from ..trace import RoutingTrace
from .exported_page import ExportedView, InlineTrace, load_shared, one_file


def page_of(trace: RoutingTrace, title: str = "", embed: bool = False) -> str:
    """Returns a self-contained page. `embed`: the scene alone, for a frame.

    Raises ValueError if the page's scripts were not built.
    """
    shape = trace.header.shape
    request = {**DEFAULTS.model_dump(by_alias=True), "experts": shape.experts, "k": shape.top_k}
    answer = Answer(request, {}, [])
    origin = trace.header.origin
    title = title or str(trace.header.model.get("name") or origin.get("file") or "Routing")
    exhibit = ExportedView(
        name="trace",
        query="",
        title=f"{title} · Moescope",
        description=str(origin.get("note", "")),
        boot={**boot_of(embed), **answer.to_json(), "second": None},
        recording=InlineTrace(str(origin.get("fingerprint", "trace")), trace, answer),
        poster=draw_preview(trace, title=title),
        home="",
    )
    return one_file(exhibit, load_shared(ROOT / "static", embed), ROOT / "templates")


@cache
def boot_of(embed: bool) -> dict[str, Any]:
    """Returns the boot data of a page without a server: no scenarios, models or shapes."""
    settings = Settings()
    everything = boot(SourceRegistry(load_scenarios(settings.scenarios), settings.models), embed)
    return {**everything, "scenarios": [], "models": [], "shapes": []}
