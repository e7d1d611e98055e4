"""The messages of the socket, both ways. docs/PROTOCOL.md describes them; tests/golden has their bytes."""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ..problem import Problem
from ..request.read import Answer
from ..shape import ModelShape
from ..trace import Floats, Step, TraceHeader

VERSION = 2
STEP = 1  # the only kind of binary message
DROPPED = 1  # flag: a column of drops follows
IDS_ONLY = 2  # flag: no gate scores; their column is absent
NO_EXPERT = 65535
BIAS_DIGITS = 6
MAX_ID = 2**32 - 1
MESSAGE_BYTES = 64 * 1024  # limit on a message from a client
FRAME = struct.Struct("<BI")  # kind (TEXT or BINARY) and length before each message over HTTP: 5 bytes
TEXT, BINARY = 1, 2  # as the opcodes of WebSocket frames
HEADER = struct.Struct("<BBBxIIHHHxx")  # version, kind, flags, id, token, L, N, K: 20 bytes

Id = Annotated[int, Field(strict=True, ge=0, le=MAX_ID)]
Code = Literal["bad_request", "bad_message", "unknown_op", "busy", "internal"]


class Open(BaseModel):
    """Requests the trace of `request` from token `from`, instead of the running one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Literal["open"]
    version: Literal[2]
    id: Id
    request: dict[str, Any] = {}
    changed: list[str] = []  # request keys that the user just changed; the others give way to them
    second: dict[str, Any] | None = None  # keys of the second stack; its trace is then requested
    start: Id = Field(0, alias="from")
    around: Id = 0  # a token: of a long trace, the window around it is sent


class Stop(BaseModel):
    """Requests the end of stream `id`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    op: Literal["stop"]
    id: Id


FromClient = Annotated[Open | Stop, Field(discriminator="op")]
from_client: TypeAdapter[Open | Stop] = TypeAdapter(FromClient)
OPS = ("open", "stop")


class TraceMessage(BaseModel):
    """The facts known before the first step; `from` is the token of the first step that follows."""

    op: Literal["trace"] = "trace"
    id: int
    trace: str
    start: int = Field(serialization_alias="from")
    model: dict[str, Any]
    origin: dict[str, Any]
    tokens: list[dict[str, Any]]
    request: dict[str, Any]  # as understood, with all defaults resolved
    given: dict[str, Any]  # the minimal keys for the same request, as in an address
    notices: list[dict[str, Any]] = []  # unusable keys: types.js `Notice`
    bias: list[list[float]] | None = None  # [L, N] added to scores for selection; absent without a bias

    @classmethod
    def of(cls, id: int, identity: str, start: int, header: TraceHeader, answer: Answer) -> TraceMessage:
        """Returns the first message of a stream, with the request as understood."""
        return cls(
            **answer.to_json(),
            id=id,
            trace=identity,
            start=start,
            model=header.model_json(),
            origin=header.origin,
            tokens=[token.to_json() for token in header.tokens],
            bias=None if header.bias is None else header.bias.astype(float).round(BIAS_DIGITS).tolist(),
        )


class TokensMessage(BaseModel):
    """Generated tokens, sent before the steps of their routing; `from` is the position of the first."""

    op: Literal["tokens"] = "tokens"
    id: int
    start: int = Field(serialization_alias="from")
    tokens: list[dict[str, Any]]


class EndMessage(BaseModel):
    """States that all T tokens were sent."""

    op: Literal["end"] = "end"
    id: int
    tokens: int


class ErrorMessage(BaseModel):
    """States what was wrong with a message, or with a request: `field` and `errors`."""

    op: Literal["error"] = "error"
    id: int | None
    code: Code
    field: str | None = None
    message: str
    errors: list[dict[str, str]] = []

    @classmethod
    def of(cls, id: int, problems: tuple[Problem, ...]) -> ErrorMessage:
        """Returns the message for a request that cannot be served."""
        return cls(
            id=id,
            code="bad_request",
            field=problems[0].field,
            message="\n".join(problem.message for problem in problems),
            errors=[problem.to_json() for problem in problems],
        )


ToClient = TraceMessage | TokensMessage | EndMessage | ErrorMessage


def to_text(message: ToClient) -> str:
    """Returns a message as text of the socket."""
    unbiased = isinstance(message, TraceMessage) and message.bias is None
    return message.model_dump_json(by_alias=True, exclude={"bias"} if unbiased else None)


def pack_step(step: Step, id: int, token: int, experts: int) -> bytes:
    """Returns one step of N experts per layer as a binary message: header, experts, weights, scores, drops.

    Without scores, it has the flag IDS_ONLY and no column of scores.
    """
    layers = len(step.experts)
    flags = (0 if step.dropped is None else DROPPED) | (IDS_ONLY if step.scores is None else 0)
    columns = [
        HEADER.pack(VERSION, STEP, flags, id, token, layers, experts, step.experts.shape[1]),
        np.where(step.experts < 0, NO_EXPERT, step.experts).astype("<u2").tobytes(),
        step.weights.astype("<f2").tobytes(),
        b"" if step.scores is None else pack_scores(step.scores).tobytes(),
    ]
    if step.dropped is not None:
        columns.append(step.dropped.astype(np.uint8).tobytes())
    return b"".join(columns)


def frame_message(message: str | bytes) -> bytes:
    """Returns a message of the socket in the format of a stream over HTTP."""
    data = message.encode() if isinstance(message, str) else message
    return FRAME.pack(TEXT if isinstance(message, str) else BINARY, len(data)) + data


def pack_scores(scores: Floats) -> NDArray[np.uint8]:
    """Encodes gate scores in 0..1 as bytes, on a square-root scale: half of the codes lie below 1/4."""
    codes: Floats = np.rint(255 * np.sqrt(np.clip(scores, 0, 1)))
    return codes.astype(np.uint8)


def unpack_scores(codes: NDArray[np.uint8]) -> Floats:
    """Decodes the bytes of `pack_scores` to gate scores."""
    return np.square(codes.astype(np.float32) / 255)


def unpack_step(data: bytes) -> tuple[int, int, Step]:
    """Returns id, token and step of a binary message, with its rounding. Raises ValueError."""
    if len(data) < HEADER.size:
        raise ValueError(f"step: expected at least {HEADER.size} bytes, got {len(data)}")
    version, kind, flags, id, token, layers, experts, top_k = HEADER.unpack_from(data)
    if (version, kind) != (VERSION, STEP):
        raise ValueError(f"step: expected version {VERSION} and kind {STEP}, got {version} and {kind}")
    narrow, wide = layers * top_k, 0 if flags & IDS_ONLY else layers * experts
    size = HEADER.size + 4 * narrow + wide + (narrow if flags & DROPPED else 0)
    if len(data) != size:
        raise ValueError(f"step: expected {size} bytes, got {len(data)}")
    chosen, weights, scores, dropped = columns_of(data, narrow, wide)
    step = Step(
        scores=None if flags & IDS_ONLY else unpack_scores(scores).reshape(layers, experts),
        experts=np.where(chosen == NO_EXPERT, -1, chosen.astype(np.int32)).reshape(layers, top_k),
        weights=weights.astype(np.float32).reshape(layers, top_k),
        dropped=dropped.astype(np.bool_).reshape(layers, top_k) if flags & DROPPED else None,
    )
    return id, token, step


def columns_of(data: bytes, narrow: int, wide: int) -> tuple[NDArray[Any], ...]:
    """Returns views of experts, weights, scores, and of drops if present."""
    ends = np.cumsum([HEADER.size, 2 * narrow, 2 * narrow, wide])
    kinds = ("<u2", "<f2", "u1", "u1")
    views = np.split(np.frombuffer(data, np.uint8), ends)[1:]
    return tuple(view.view(kind) for view, kind in zip(views, kinds, strict=True))


def step_bytes(shape: ModelShape, dropped: bool = False, choices: int | None = None) -> int:
    """Returns the size of each binary message for this shape. `choices`: number of columns, if not top_k."""
    return HEADER.size + shape.layers * ((choices or shape.top_k) * (5 if dropped else 4) + shape.experts)
