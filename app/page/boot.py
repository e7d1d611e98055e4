"""The JSON that every page carries: the data the page needs before it asks for a trace."""

from __future__ import annotations

from typing import Any

from .. import __version__
from ..published.catalogue import shapes
from ..request.schema import CONTINUE, EXPERTS, PROMPT_CHARS, PROMPT_TOKENS, SKEW, TEMPERATURE
from ..routing import LIMITS, ROUTERS
from ..sources.registry import Sources

EXPERTS_OFFERED = [8, 16, 32, 64]
K_OFFERED = [1, 2, 3, 4]


def boot(sources: Sources, embed: bool, language: str = "en") -> dict[str, Any]:
    """What the page needs before it asks for anything: static/js/types.js, Boot."""
    return {
        "version": __version__,
        "lang": language,
        "scenarios": sources.scenario_infos(language),
        "models": sources.model_infos(),
        "engines": list(sources.cluster.names),
        "routers": [router.to_json() for router in ROUTERS.values()],
        "shapes": [shaped.info() for shaped in shapes().values()],
        "limits": {
            "prompt_tokens": PROMPT_TOKENS,
            "prompt_chars": PROMPT_CHARS,
            "experts": list(EXPERTS),
            "experts_offered": EXPERTS_OFFERED,
            "k_offered": K_OFFERED,
            "settings": {
                **{name: list(limits) for name, limits in LIMITS.items()},
                "skew": list(SKEW),
                "continue": list(CONTINUE),
                "temperature": list(TEMPERATURE),
            },
        },
        "embed": embed,
    }
