"""The routers: logits of the tokens of one layer -> gate scores, chosen experts, combine weights, drops.

Each is a short pure function that names its paper. `ROUTERS` lists them by their names in requests.
"""

from .registry import DEFAULT_ROUTER, ROUTERS, find_router
from .router import NonFinite, Router, RouterInputs
from .router_settings import LIMITS, BadSetting, RouterSettings
from .topk import SORT_FROM, LayerRouting, sigmoid, softmax, top_k

__all__ = [
    "DEFAULT_ROUTER",
    "LIMITS",
    "ROUTERS",
    "SORT_FROM",
    "BadSetting",
    "LayerRouting",
    "NonFinite",
    "Router",
    "RouterInputs",
    "RouterSettings",
    "find_router",
    "sigmoid",
    "softmax",
    "top_k",
]
