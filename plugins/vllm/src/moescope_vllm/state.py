"""The API server's facts about the engine: layers, rule, and whether the recording is sound."""

from __future__ import annotations

import asyncio
import base64
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import FORMAT, __version__
from .engine import Recording
from .pieces import Pieces
from .selfcheck import Unsound, self_check

log = logging.getLogger("vllm.moescope")
AT_ONCE = 16  # recorded requests


class Refused(Exception):
    """A request that is not served: HTTP status, a code for programs, a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


CHECKING = Refused(503, "checking", "The recorder checks itself; ask again in a few seconds.")


@dataclass
class Engine:
    """One engine behind the API server. `prepare` sets the hooks and runs the self-check."""

    client: Any
    model: str  # the name under which it is served
    limit: int  # tokens of prompt and answer together
    vocabulary: int
    config: dict[str, Any] = field(default_factory=dict)  # the model's config.json
    refusal: Refused | None = CHECKING
    layers: list[int] = field(default_factory=list)
    rule: dict[str, Any] = field(default_factory=dict)
    biases: list[Any] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)  # of the self-check
    pieces: Pieces | None = None
    running: int = 0

    @property
    def recording(self) -> Recording:
        """Runs prompts on this engine."""
        return Recording(self.client, self.layers)

    async def prepare(self) -> None:
        """Sets the hooks and checks what they record. A failure is the answer to every later request."""
        try:
            await self._install()
            self.pieces = Pieces(await tokenizer_of(self.client))
            self.found = await self_check(self.recording, self.rule, self.biases, self.vocabulary)
            self.refusal = None
            log.info("moescope: self-check passed: %s", self.found)
        except Refused as refusal:
            self.refusal = refusal
        except Unsound as error:
            self.refusal = Refused(503, "unsound", f"The recorder does not fit this engine: {error}.")
        except Exception as error:
            self.refusal = Refused(503, "unsound", f"The recorder failed at its start: {error}")
        if self.refusal is not None:
            log.error("moescope: %s", self.refusal.message)

    async def _install(self) -> None:
        replies = [r for r in await self.client.collective_rpc("moescope_install") if r is not None]
        errors = [reply["error"] for reply in replies if "error" in reply]
        if errors:
            raise Refused(503, "unsound", f"The hooks were not set: {errors[0]}")
        stages = sorted((reply for reply in replies if reply["layers"]), key=lambda reply: reply["layers"])
        if not stages:
            message = f"{self.model} has no mixture-of-experts layers, so there is no routing to record."
            raise Refused(501, "no-moe", message)
        self.layers = [layer for stage in stages for layer in stage["layers"]]
        self.biases = [bias for stage in stages for bias in stage["bias"]]
        self.rule = dict(stages[0]["rule"])
        alike = all(stage["one_rule"] and stage["rule"] == stages[0]["rule"] for stage in stages)
        self.rule["custom"] = self.rule["custom"] or not alike

    def facts(self) -> dict[str, Any]:
        """Returns what is known before the first row: sizes, rule, selection bias."""
        facts = {
            "format": FORMAT,
            "plugin": __version__,
            "vllm": vllm_version(),
            "model": self.model,
            "max_tokens": self.limit,
            "layers": self.layers,
            "experts": self.found["experts"],
            "top_k": self.found["top_k"],
            "rule": self.rule,
            "follows_rule": self.found["follows_rule"],
        }
        if all(bias is not None for bias in self.biases):
            facts["bias"] = packed(np.asarray(self.biases, "<f4"))
        return facts


def packed(array: Any) -> dict[str, Any]:
    """Returns an array in JSON: shape, type as numpy writes it, and base64 of its bytes in C order."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"shape": list(array.shape), "dtype": array.dtype.str, "data": data}


async def tokenizer_of(client: Any) -> Any:
    """Returns the engine's tokenizer; some clients give it at once, some later."""
    found = client.get_tokenizer()
    return await found if asyncio.iscoroutine(found) else found


def vllm_version() -> str:
    """Returns the version of the running vLLM."""
    import vllm

    return str(vllm.__version__)
