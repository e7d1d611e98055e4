"""All routers by name. To add a family: one file with `ROUTERS`, and one line in `ALL`."""

from __future__ import annotations

from . import assignment, capacity, hash_table, joint, sigmoid, softmax, sqrt_softplus, zero_experts
from .router import Router

DEFAULT_ROUTER = "topk_norm"

ALL = (
    *softmax.ROUTERS,
    *capacity.ROUTERS,
    *assignment.ROUTERS,
    *sigmoid.ROUTERS,
    *sqrt_softplus.ROUTERS,
    *hash_table.ROUTERS,
    *zero_experts.ROUTERS,
    *joint.ROUTERS,
)
ROUTERS: dict[str, Router] = {router.name: router for router in ALL}


def find_router(name: str) -> Router:
    """Returns the router of that name. Raises ValueError naming those that exist."""
    if name not in ROUTERS:
        raise ValueError(f"router: expected one of {', '.join(ROUTERS)}, got {name!r}")
    return ROUTERS[name]
