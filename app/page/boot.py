"""The boot data: the JSON that every page contains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..published.catalogue import shapes
from ..request.comparison import read_view
from ..request.schema import declarations
from ..request.view_keys import VIEW_KEYS
from ..routing import ROUTERS
from ..sources.registry import SourceRegistry

EXPERTS_OFFERED = [8, 16, 32, 64]
K_OFFERED = [1, 2, 3, 4]


def boot(sources: SourceRegistry, embed: bool, language: str = "en") -> dict[str, Any]:
    """Returns the boot data of a page: static/js/boot_types.js, Boot."""
    return {
        "version": __version__,
        "lang": language,
        "scenarios": sources.scenario_infos(language),
        "models": sources.model_infos(),
        "refused_models": sources.refused_infos(),
        "engines": list(sources.live.engines.names),
        "keys": [*declarations(sources.available.sources), *(key.to_json() for key in VIEW_KEYS)],
        "offers": {"experts": EXPERTS_OFFERED, "k": K_OFFERED},
        "routers": [router.to_json() for router in ROUTERS.values()],
        "shapes": [shaped.info() for shaped in shapes().values()],
        "embed": embed,
    }


def understood(query: Mapping[str, str], sources: SourceRegistry) -> dict[str, Any]:
    """Returns the boot data of one view: its request as understood, and that of its second stack."""
    first, second = read_view(query, sources.available)
    return {**first.answer.to_json(), "second": None if second is None else second.answer.to_json()}
