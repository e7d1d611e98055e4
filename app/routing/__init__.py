"""The routers: logits of the tokens of one layer -> gate scores, chosen experts, combine weights, drops.

Each is a short pure function that names its paper; `ROUTERS` has them by their names in requests.
"""

from .registry import DEFAULT_ROUTER, ROUTERS, find_router
from .router import Router
from .router_settings import LIMITS, BadSetting, RouterSettings
from .topk import SORT_FROM, Routed, best, sigmoid, softmax

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
