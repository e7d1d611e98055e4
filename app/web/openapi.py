"""The OpenAPI description: bodies of the answers, and parameters."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from ..request.schema import TEXT_CHARS, TraceRequest
from ..trace import FORMAT


class ScenarioInfo(BaseModel):
    """An available scenario."""

    name: str
    title: str
    teaches: str
    text: str
    groups: list[str]


class ModelInfo(BaseModel):
    """A checkpoint that can be run."""

    name: str
    experts: int
    top_k: int
    note: str
    family: str
    layers: int
    router: str
    steps: list[int]  # training steps with recorded routing, for source=recorded
    engine: str | None = None  # the engine that runs it, if not the built-in one
    alters: bool = True  # whether `alter` changes its routers


class RefusedModel(BaseModel):
    """A model folder that cannot be run, and the reason."""

    name: str
    refused: str  # the reason, with the remedy


class RouterInfo(BaseModel):
    """An available router."""

    name: str
    source: str  # its reference
    settings: list[str]  # the request keys that it reads
    defaults: dict[str, float]  # of these settings; groups and topk_groups follow from N and k
    biased: bool  # has a selection bias, which `updates` changes
    fixed_k: int | None  # the only k that it supports
    largest_k: int | None  # the largest supported k, if less than N
    whole_batch: bool  # needs all tokens of the prompt at once: excludes `continue`
    varies: bool  # the number of experts per token varies; `choices` in the model is its maximum


class Health(BaseModel):
    """States that the server serves."""

    status: str
    version: str


class FieldError(BaseModel):
    """One unusable request key."""

    field: str
    found: str
    expected: str
    message: str


class Errors(BaseModel):
    """Every unusable request key."""

    errors: list[FieldError]


def parameters() -> list[dict[str, Any]]:
    """Returns the request keys as query parameters of OpenAPI, with the limits that the server checks."""
    properties = TraceRequest.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.get("description", ""),
            "schema": schema_of(schema),
        }
        for name, schema in properties.items()
    ]


def schema_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of one query parameter. Null is left out, because a query cannot contain it."""
    for kind in schema.get("anyOf", ()):
        if kind["type"] != "null":  # pydantic nests the limits of a nullable number
            return {"type": kind["type"], "minimum": kind["ge"], "maximum": kind["le"]}
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def answers(media_type: str, description: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Returns the responses of a route that takes the request keys and sends one file."""
    etag = {"description": "of the content", "schema": {"type": "string"}}
    return {
        200: {
            "description": description,
            "content": {media_type: {"schema": schema}},
            "headers": {"ETag": etag},
        },
        304: {
            "description": "The file of If-None-Match is still right.",
            "headers": {"ETag": etag},
        },
        413: {"description": "It would cost more than any request may; the estimate.", "model": Errors},
        422: {"description": "Request keys that cannot be used, all of them.", "model": Errors},
        429: {"description": "As much work of yours is waiting as may; Retry-After.", "model": Errors},
        503: {"description": "Too much is waiting; try again in a moment.", "model": Errors},
    }


TRACE = answers(
    "application/octet-stream",
    f"A safetensors file, format {FORMAT}: tensors scores [T,L,N], experts [T,L,K], weights [T,L,K], "
    "where they are known logits [T,L,N], dropped [T,L,K], bias [L,N]; JSON metadata format, tokens, model, "
    "origin. Where model has `choices`, that is K; where it has `capacity`, an expert takes so many tokens.",
    {"type": "string", "format": "binary"},
)
PREVIEW = answers("image/svg+xml", "A picture of the whole trace, 1200 by 630.", {"type": "string"})
PICTURE = answers("image/png", "The same picture as PNG.", {"type": "string", "format": "binary"})


LOAD = answers(
    "application/json",
    "texts, tokens, assigned [L,N] (assignments to each expert, those over its capacity too), kept [L,N] "
    "(without them), and measures: max_over_mean, max_violation, entropy, dropped_share, switch_loss, "
    "and where the logits are known z_loss, each [L]. Every text is a batch of its own.",
    {"type": "object"},
)
LOAD_OF_TEXT: dict[int | str, dict[str, Any]] = {
    200: {key: value for key, value in LOAD[200].items() if key != "headers"},
    403: {"description": "A page of another site asks for it.", "model": Errors},
    413: LOAD[413],
    422: LOAD[422],
    429: LOAD[429],
    503: LOAD[503],
}
TOKENS_OF_TEXT: dict[int | str, dict[str, Any]] = {
    **LOAD_OF_TEXT,
    200: {
        "description": "The tokens of the text, and the most that a prompt may have.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["tokens", "most"],
                    "properties": {"tokens": {"type": "integer"}, "most": {"type": "integer"}},
                }
            }
        },
    },
}
TEXT_BODY = {
    "required": True,
    "description": "the text; source=live alone routes one",
    "content": {"text/plain": {"schema": {"type": "string", "minLength": 1, "maxLength": TEXT_CHARS}}},
}
STREAM = answers(
    "application/octet-stream",
    "The messages of docs/PROTOCOL.md, those of stream 0, each after its kind (u8; 1: text, 2: a step) and "
    "its length (u32, little-endian).",
    {"type": "string", "format": "binary"},
)


def from_parameter(most: int) -> dict[str, Any]:
    """Returns the query parameter for the first token of a stream."""
    schema = {"type": "integer", "minimum": 0, "maximum": most, "default": 0}
    return {"name": "from", "in": "query", "required": False, "description": "first token", "schema": schema}


def around_parameter(most: int) -> dict[str, Any]:
    """Returns the query parameter for the window of a long trace."""
    schema = {"type": "integer", "minimum": 0, "maximum": most, "default": 0}
    description = "a token: of a long trace the part is sent in which it lies"
    return {"name": "around", "in": "query", "required": False, "description": description, "schema": schema}


def over_parameter(values: tuple[str, ...]) -> dict[str, Any]:
    """Returns the query parameter for the scope of a load."""
    schema = {"type": "string", "enum": list(values), "default": values[0]}
    description = "this prompt, or every scenario through the same router"
    return {"name": "over", "in": "query", "required": False, "description": description, "schema": schema}


def width_parameter(widths: list[int]) -> dict[str, Any]:
    """Returns the query parameter for the width of a PNG."""
    schema = {"type": "integer", "enum": widths, "default": widths[0]}
    return {"name": "width", "in": "query", "required": False, "description": "in pixels", "schema": schema}


EXAMPLE_DEVICES = 8
DEVICES = answers(
    "application/json",
    "`routers`: of the trace itself, then of its logits through topk, and through group_limited with a "
    "device as a group: `limit`, the devices that a token may reach; `reach_mean`, `reach_most`: it does; "
    "`kept`, the share of the probability that topk chooses; `sent`, tokens to each device, over all layers, "
    "and their sum `copies`; `bytes` of the exchanges of a step, there and back, with 2 bytes a number. Of "
    "fewer experts than devices, as many devices as experts.",
    {"type": "object"},
)

NEXT_TOKENS = answers(
    "application/json",
    "`next`: after each token the five most likely next ones: `id`, `text`, `probability`; `loss`: minus "
    "the logarithm of the probability of each token but the first, and its mean `mean_loss`, nats per token. "
    "`unaltered`: null, or with `alter` the same of the model as it is, and `moved`: token, layer, experts "
    "that lost the token, experts that took it, both counted from 0.",
    {"type": "object"},
)


def devices_parameter(most: int) -> dict[str, Any]:
    """Returns the query parameter for the number of devices."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": EXAMPLE_DEVICES}
    words = "that the experts are spread over, neighbours together"
    return {"name": "devices", "in": "query", "required": False, "description": words, "schema": schema}


class Embedding(BaseModel):
    """An answer of oEmbed 1.0. The three fields of the thumbnail occur together or not at all."""

    version: str
    type: str
    title: str
    provider_name: str
    provider_url: str
    cache_age: int
    html: str
    width: int
    height: int
    thumbnail_url: str | None = None
    thumbnail_width: int | None = None
    thumbnail_height: int | None = None


OEMBED: dict[int | str, dict[str, Any]] = {
    404: {"description": "The address is no view of this site.", "model": Errors},
    422: {"description": "maxwidth or maxheight is no number of pixels.", "model": Errors},
    501: {"description": "A format other than json is asked for.", "model": Errors},
}

ANY_OBJECT = {"application/json": {"schema": {"type": "object"}}}
COUNT = (
    "`total` and `active` parameters with their `parts`, `shape`, `router`, `memory`, what was `assumed`; "
    "`key` is the request key `shape` that routes on it"
)
CATALOGUE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"`models`: of each {COUNT}; `compared`: published figures beside those computed "
        "under their convention; and the sources.",
        "content": ANY_OBJECT,
    },
    304: {"description": "The file of If-None-Match is still right."},
}
COUNTED_MODEL: dict[str, Any] = {
    "responses": {
        200: {"description": f"{COUNT}. `published`: it is a model of the catalogue.", "content": ANY_OBJECT},
        422: {"description": "Why it cannot be counted or drawn.", "model": Errors},
        503: {"description": "Too much is waiting; try again in a moment.", "model": Errors},
    },
    "openapi_extra": {"requestBody": {"required": True, "content": ANY_OBJECT}},
}

MEASURED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "models/measured.json, which `python -m app measure` writes and whose `about` "
        'explains its fields. {"models": {}} where nothing was measured.',
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "The file of If-None-Match is still right."},
}
