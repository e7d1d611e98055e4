"""The request keys, which determine a trace: one declaration for the address, HTTP, the socket and the page.

To add a key: declare it here, add it to the `keys` of the sources that read it, read it there, and add a
control to the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ..problem import show
from ..published.shape_text import SHAPE_CHARS
from ..routing import LIMITS, ROUTERS, Router, RouterSettings
from ..routing.alterations import CHARS, EXPECTED, Alteration, parse_alterations
from ..trace import dump

EXPERTS = (2, 1024)
PROMPT_CHARS = 2000
PROMPT_TOKENS = 256
TEXT_CHARS = 20_000  # limit on a text whose load is counted
CONTINUE = (0, 256)
TEMPERATURE = (0, 2)
SKEW = (0, 20)
STEP = (0, 10_000_000)
NAME_CHARS = 100
SECOND_PREFIX = "b."  # prefix of the keys of a second stack
TRACE_CHARS = 240
NAMED = ("source", "scenario", "model", "shape", "router")  # values are names of things on the server
NUMBER = re.compile(r"[+-]?[0-9]{1,10}(\.[0-9]{1,9})?")


def plain(value: object) -> object:
    """Converts digits of a URL to a number. Other values stay, for pydantic to check."""
    if isinstance(value, str) and value.isascii() and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def printable(text: str) -> str:
    """Returns the text. Raises if UTF-8 cannot encode it: JSON may contain half of a surrogate pair."""
    text.encode()
    return text


def router_name(text: str) -> str:
    """Returns a router's name. Raises if the registry does not have it."""
    if text and text not in ROUTERS:
        raise ValueError("no router has this name")
    return text


Count = Annotated[int, BeforeValidator(plain), Field(strict=True)]
Number = Annotated[float, BeforeValidator(plain), Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, AfterValidator(printable)]
RouterName = Annotated[str, AfterValidator(router_name), Field(json_schema_extra={"enum": ["", *ROUTERS]})]


def field(default: Any, limits: tuple[float, float], description: str, **more: Any) -> Any:
    """Returns a key that holds a number within limits."""
    return Field(default, ge=limits[0], le=limits[1], description=description, **more)


def setting(name: str, description: str) -> Any:
    """Returns a setting of routers; its default is that of the router."""
    readers = ", ".join(router.name for router in ROUTERS.values() if name in router.uses)
    return field(None, LIMITS[name], f"{description}; read by router {readers}")


class TraceRequest(BaseModel):
    """The request keys. Two equal requests give the same trace."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=False, validate_by_alias=True)

    source: Text = Field(
        "authored",
        max_length=NAME_CHARS,
        description="name of a source: authored (scenario), live (forward pass), "
        "recorded (routing recorded while a model was trained), trace (a file of the library)",
    )
    scenario: Text = Field(
        "english", max_length=NAME_CHARS, description="name of a scenario, see /api/scenarios"
    )
    prompt: Text = Field(
        "",
        max_length=PROMPT_CHARS,
        description=f"text for source=live, up to {PROMPT_TOKENS} tokens; empty: the text of the scenario",
    )
    model: Text = Field(
        "",
        max_length=NAME_CHARS,
        description="checkpoint for source=live and recorded, see /api/models; its number of experts then "
        "holds. Empty: the shipped one with `experts` experts",
    )
    shape: Text = Field(
        "",
        max_length=SHAPE_CHARS,
        description="source=authored: shape of a published model, by its key in /api/catalogue, or as text, "
        "as POST /api/shape answers; its experts then hold, and its k and router where none are asked for",
    )
    experts: Count = field(8, EXPERTS, "N, experts a layer; a shape has its own")
    k: Count = field(
        2,
        (1, EXPERTS[1]),
        "K, experts a token in each layer; at most N. Left out with a router that forces a number: that one",
    )
    router: RouterName = Field(
        "",
        description="router, see /api/routers. Empty: the one that the model was trained with, or the "
        "shape has; topk_norm for source=authored without a shape",
    )
    capacity: Number | None = setting(
        "capacity", "capacity factor: an expert takes int(T * capacity / N) tokens of a prompt, at least 1"
    )
    groups: Count | None = setting("groups", "groups of experts; must divide N into two experts or more each")
    topk_groups: Count | None = setting("topk_groups", "groups in which a token may choose")
    scale: Number | None = setting("scale", "what the combine weights are multiplied with")
    noise: Number | None = setting("noise", "standard deviation of what is added to a logit")
    updates: Count | None = setting(
        "updates", "steps of DeepSeek-V3's selection bias on this prompt before it is routed"
    )
    rate: Number | None = setting("rate", "by which one step moves the bias")
    seed: Count = field(0, LIMITS["seed"], "of a router's noise and draws, and of the sampling of `continue`")
    skew: Number = field(
        0.0, SKEW, "source=authored: a logit that two experts of each layer have on top for every token"
    )
    more: Count = field(
        0, CONTINUE, "source=live: tokens that the model writes after the prompt", alias="continue"
    )
    temperature: Number = field(
        0.8, TEMPERATURE, "of the sampling of `continue`; 0: always the most likely token"
    )
    alter: Text = Field(
        "",
        max_length=CHARS,
        description="source=live: changes to the model's routers, as in 2.5-off_3.1-force_1.7-add2_4-k1: "
        "expert 5 of layer 2 off, expert 1 of layer 3 forced, 2 added to a logit, k of layer 4 is 1",
    )
    step: Count | None = field(
        None,
        STEP,
        "source=recorded: training steps done, one of those of the model in /api/models. Left out: the last",
    )
    trace: Text = Field(
        "",
        max_length=TRACE_CHARS,
        description="source=trace: a file in the folder of traces, see /api/traces; `@1` after the name: its "
        "second answer",
    )

    @property
    def checkpoint(self) -> str:
        """Returns the name of the checkpoint of a live or recorded request."""
        return self.model or shipped_model(self.experts)

    @property
    def alterations(self) -> tuple[Alteration, ...]:
        """Returns the changes to the model's routers."""
        return parse_alterations(self.alter)

    @property
    def takes_long(self) -> bool:
        """Returns whether the first token takes much longer than in other requests."""
        return bool(self.updates) and (bool(self.shape) or self.source == "live")

    @property
    def settings(self) -> RouterSettings:
        """Returns the given settings, including those that its router does not read."""
        return RouterSettings(**{name: getattr(self, name) for name in LIMITS})

    def routed_by(self, experts: int) -> Router:
        """Returns the router with its settings, for N experts.

        Raises BadSetting if they do not fit N and k.
        """
        return ROUTERS[self.router].with_settings(self.settings, experts, self.k)

    def canonical(self) -> str:
        """Returns the keys that determine the trace, and no others, in canonical form.

        The request must be a result of `parse`.
        """
        if self.source == "recorded":
            return dump({"source": "recorded", "model": self.checkpoint, "step": self.step})
        if self.source == "trace":
            return dump({"source": "trace", "trace": self.trace})
        if self.source not in ("authored", "live"):  # keys that a source does not read have their defaults
            return dump({"source": self.source, **self.model_dump(by_alias=True, exclude_defaults=True)})
        given = {name: getattr(self, name) for name in ROUTERS[self.router].uses if name in LIMITS}
        routing = {"source": self.source, "k": self.k, "router": self.router, **given}
        if self.source == "authored":
            skew = {"skew": self.skew} if self.skew else {}
            shape = {"shape": self.shape} if self.shape else {}
            return dump({**routing, "scenario": self.scenario, "experts": self.experts, **shape, **skew})
        text = {"prompt": self.prompt} if self.prompt else {"scenario": self.scenario}
        alter = {"alter": self.alter} if self.alter else {}
        return dump({**routing, "model": self.checkpoint, **text, **self.sampling, **alter})

    @property
    def sampling(self) -> dict[str, float]:
        """Returns the keys that determine the generated tokens."""
        if not self.more:
            return {}
        seed = {"sampling_seed": self.seed} if self.temperature else {}
        return {"continue": self.more, "temperature": self.temperature, **seed}


DEFAULTS = TraceRequest()
FIELDS = {info.alias or name: name for name, info in TraceRequest.model_fields.items()}  # key -> attribute


def whole(limits: tuple[float, float]) -> tuple[str, str]:
    """Returns the help texts of a key that holds a whole number."""
    return f"a whole number from {limits[0]:g} to {limits[1]:.10g}", "choose a number in this range"


def number(limits: tuple[float, float]) -> tuple[str, str]:
    """Returns the help texts of a key that holds a number."""
    return f"a number from {limits[0]:g} to {limits[1]:g}", "choose a number in this range"


KEY_HELP = {  # key -> (expected, remedy)
    "source": ("the name of a source", "see the documentation of the request keys"),
    "scenario": ("the name of a scenario", "see /api/scenarios"),
    "prompt": (f"text of at most {PROMPT_CHARS} characters", "shorten the text"),
    "model": ("the name of a model", "see /api/models"),
    "shape": (
        f"the name of a published model, or a shape as text of at most {SHAPE_CHARS} characters",
        "see /api/catalogue",
    ),
    "experts": whole(EXPERTS),
    "k": ("a whole number from 1 to the number of experts", "choose a number in this range"),
    "router": (f"one of {', '.join(ROUTERS)}", "see /api/routers"),
    **{name: number(LIMITS[name]) for name in ("capacity", "scale", "noise", "rate")},
    **{name: whole(LIMITS[name]) for name in ("groups", "topk_groups", "updates", "seed")},
    "skew": number(SKEW),
    "continue": whole(CONTINUE),
    "temperature": number(TEMPERATURE),
    "alter": (EXPECTED, "choose a tower and change it there"),
    "step": whole(STEP),
    "trace": ("the name of a file in the folder of traces", "see /api/traces"),
}


def quoted(value: object) -> str:
    """Returns a value as messages quote it: text in quotes, numbers plain."""
    return show(plain(value))


def shipped_model(experts: int) -> str:
    """Returns the name of the shipped model with this number of experts per layer."""
    return f"trio-{experts}"


def declarations(sources: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """Returns the request keys for the page (boot_types.js `KeyDeclaration`), in reading order.

    `sources` names the keys that each source reads; routers name their own.
    """
    return [declare(name, schema, sources) for name, schema in key_schemas().items()]


@cache
def key_schemas() -> Mapping[str, dict[str, Any]]:
    """Returns the JSON schema of each request key, cached because it is slower than reading an address."""
    return dict(TraceRequest.model_json_schema()["properties"])


def declare(name: str, schema: Mapping[str, Any], sources: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Returns one request key: kind, limits, default, and the sources and routers that read it."""
    number = next((each for each in schema.get("anyOf", ()) if each["type"] != "null"), schema)
    low, high = number.get("ge", number.get("minimum")), number.get("le", number.get("maximum"))
    kind = {"integer": "integer", "number": "number"}.get(number["type"], "text")
    return {
        "name": name,
        "belongs": "request",
        "kind": "name" if name in NAMED else kind,
        "default": schema.get("default"),
        "sources": [source for source, keys in sources.items() if name == "source" or name in keys],
        **({} if low is None else {"limits": [low, high]}),
        **({"max_chars": schema["maxLength"]} if "maxLength" in schema else {}),
        **({"routers": readers_of(name)} if name in LIMITS else {}),
    }


def readers_of(setting: str) -> list[str]:
    """Returns the routers that read a setting."""
    return [router.name for router in ROUTERS.values() if setting in router.uses]
