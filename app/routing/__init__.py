"""The routers: logits of the tokens of one layer -> gate scores, chosen experts, combine weights, drops.

Each is a short pure function that names its paper; `ROUTERS` has them by their names in requests.
"""

from app.routing.choice import SORT_FROM, Routed, best, sigmoid, softmax
from app.routing.registry import DEFAULT_ROUTER, ROUTERS, find_router
from app.routing.router import Router
from app.routing.settings import LIMITS, BadSetting, RouterSettings

__all__ = [
    "DEFAULT_ROUTER",
    "LIMITS",
    "ROUTERS",
    "SORT_FROM",
    "BadSetting",
    "Routed",
    "Router",
    "RouterSettings",
    "best",
    "find_router",
    "sigmoid",
    "softmax",
]
