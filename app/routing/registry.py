"""All routers by name. To add a family: one file with `ROUTERS`, its import and its line here."""

from __future__ import annotations

from .assignment import ROUTERS as ASSIGNMENT
from .capacity import ROUTERS as CAPACITY
from .hash_table import ROUTERS as HASH_TABLE
from .joint import ROUTERS as JOINT
from .router import Router
from .sigmoid import ROUTERS as SIGMOID
from .softmax import ROUTERS as SOFTMAX
from .sqrt_softplus import ROUTERS as SQRT_SOFTPLUS
from .zero_experts import ROUTERS as ZERO_EXPERTS

DEFAULT_ROUTER = "topk_norm"

ALL = (
    *SOFTMAX,
    *CAPACITY,
    *ASSIGNMENT,
    *SIGMOID,
    *SQRT_SOFTPLUS,
    *HASH_TABLE,
    *ZERO_EXPERTS,
    *JOINT,
)
ROUTERS: dict[str, Router] = {router.name: router for router in ALL}


def find_router(name: str) -> Router:
    """Returns the router of that name. Raises ValueError naming those that exist."""
    if name not in ROUTERS:
        raise ValueError(f"router: expected one of {', '.join(ROUTERS)}, got {name!r}")
    return ROUTERS[name]
