"""Routes that list the available scenarios, models, routers and published models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..answers.estimate import Estimate
from ..published.architectures.registry import LARGEST_FILE
from ..published.catalogue import catalogue
from ..published.uploaded_config import count_config
from ..request.cost import SECS_OF_REQUEST
from ..routing import ROUTERS
from ..sources.registry import SourceRegistry
from ..trace import dump
from .admission import Desk
from .asset_routes import send
from .assets import Asset, Assets
from .disconnect import cancel_on_disconnect
from .openapi import CATALOGUE, COUNTED_MODEL, MEASURED, ModelInfo, RefusedModel, RouterInfo, ScenarioInfo
from .query import read_body

NOTHING_MEASURED = Asset.of(b'{"models":{}}', "application/json")
SECS_OF_BYTE = 1e-6  # per byte of a config.json, whose parsing blocks all other Python threads


def offers(sources: SourceRegistry) -> APIRouter:
    """Returns the routes of scenarios, models, routers and measurements."""
    router = APIRouter()
    measured = Assets(sources.folder)

    @router.get("/api/scenarios", summary="The scenarios that can be asked for")
    def scenarios() -> list[ScenarioInfo]:
        return [ScenarioInfo(**info) for info in sources.scenario_infos()]

    @router.get("/api/models", summary="The checkpoints that can be run, and why the others cannot")
    def models() -> list[ModelInfo | RefusedModel]:
        usable = [ModelInfo(**info) for info in sources.model_infos()]
        return [*usable, *(RefusedModel(**info) for info in sources.refused_infos())]

    @router.get("/api/routers", summary="The routers that can be asked for")
    async def routers() -> list[RouterInfo]:
        return [RouterInfo(**each.to_json()) for each in ROUTERS.values()]

    @router.get(
        "/api/measured", summary="What was measured of the models on held-out text", responses=MEASURED
    )
    def measurements(request: Request) -> Response:
        return send(request, measured.find("measured.json") or NOTHING_MEASURED)

    return router


def count_for(_: object, data: bytes) -> Any:
    """`count_config` in the form of a process' job; the sources are not used."""
    return count_config(data)


def published(desk: Desk) -> APIRouter:
    """Returns the routes of the published models, and of the parameter count of an uploaded config.json."""
    router = APIRouter()
    kept: list[Asset] = []

    @router.get(
        "/api/catalogue", summary="The published models whose shapes can be asked for", responses=CATALOGUE
    )
    def models(request: Request) -> Response:
        if not kept:
            entries = [entry.to_json() for entry in catalogue()]
            kept.append(Asset.of(dump({"models": entries}).encode(), "application/json"))
        return send(request, kept[0])

    @router.post("/api/shape", summary="Count a Hugging Face config.json", **COUNTED_MODEL)
    async def count(request: Request) -> Response:
        data = await read_body(request, LARGEST_FILE)  # count_config refuses a longer one
        estimate = Estimate(SECS_OF_REQUEST + SECS_OF_BYTE * len(data))
        counted = await cancel_on_disconnect(request, desk.make(request, estimate, count_for, data))
        return JSONResponse(counted)

    return router
