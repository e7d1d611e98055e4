"""What a viewer asks for, checked key by key; the same for the page's URL, HTTP and the socket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.trace import dump

EXPERTS = (2, 512)
PROMPT_CHARS = 2000
PROMPT_TOKENS = 256
NAME_CHARS = 100
DIGITS = re.compile(r"[+-]?[0-9]{1,9}")
SHOWN_CHARS = 60  # of a wrong value, in a message


def whole(value: object) -> object:
    """A whole number, or its digits as a URL has them. Anything else is passed on for pydantic to refuse."""
    number = plain(value)
    return None if isinstance(number, bool | float | str) else number


def plain(value: object) -> object:
    """The number that digits of a URL spell; anything else as it is."""
    return int(value) if isinstance(value, str) and DIGITS.fullmatch(value) else value


def printable(text: str) -> str:
    """Text that UTF-8 can carry: JSON can smuggle in half a surrogate pair, which no tokenizer takes."""
    text.encode()
    return text


Count = Annotated[int, BeforeValidator(whole)]
Text = Annotated[str, AfterValidator(printable)]


class TraceRequest(BaseModel):
    """The request keys. Two equal requests give the same trace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["authored", "live"] = Field(
        "authored", description="authored scenario, or live forward pass"
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
        description="checkpoint for source=live, see /api/models; its number of experts then holds. "
        "Empty: the shipped one with `experts` experts",
    )
    experts: Count = Field(8, ge=EXPERTS[0], le=EXPERTS[1], description="N, experts a layer")
    k: Count = Field(2, ge=1, le=EXPERTS[1], description="K, experts a token in each layer; at most N")

    @property
    def checkpoint(self) -> str:
        """The name of the checkpoint that a live request runs."""
        return self.model or f"trio-{self.experts}"

    def canonical(self) -> str:
        """The keys that decide the trace, and no others, in one form."""
        if self.source == "authored":
            return dump(
                {"source": "authored", "scenario": self.scenario, "experts": self.experts, "k": self.k}
            )
        text = {"prompt": self.prompt} if self.prompt else {"scenario": self.scenario}
        return dump({"source": "live", "model": self.checkpoint, "k": self.k, **text})


@dataclass(frozen=True)
class Problem:
    """One key that cannot be used, in words."""

    field: str
    found: str
    expected: str
    advice: str

    @property
    def message(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.found}; {self.advice}"

    def to_json(self) -> dict[str, str]:
        return {"field": self.field, "found": self.found, "expected": self.expected, "message": self.message}


class BadRequest(ValueError):
    """A request with problems, all of them."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Known:
    """What this server has: scenarios, and models with their number of experts a layer."""

    scenarios: tuple[str, ...]
    models: Mapping[str, int]

    @property
    def first_scenario(self) -> str:
        """The one that a request gets which names none."""
        default: str = TraceRequest.model_fields["scenario"].default
        return default if default in self.scenarios or not self.scenarios else self.scenarios[0]


WORDS = {  # key: (expected, what to do)
    "source": ("authored or live", "choose one of them"),
    "scenario": ("the name of a scenario", "see /api/scenarios"),
    "prompt": (f"text of at most {PROMPT_CHARS} characters", "shorten the text"),
    "model": ("the name of a model", "see /api/models"),
    "experts": (f"a whole number from {EXPERTS[0]} to {EXPERTS[1]}", "choose a number in this range"),
    "k": ("a whole number from 1 to the number of experts", "choose a number in this range"),
}


def parse(values: Mapping[str, object], known: Known) -> TraceRequest:
    """The request that `values` spell. Raises BadRequest with every problem."""
    request, problems = read(values, known)
    if problems:
        raise BadRequest(*problems)
    return request


def read(values: Mapping[str, object], known: Known) -> tuple[TraceRequest, tuple[Problem, ...]]:
    """The request with every bad key at its default, and what was wrong with each."""
    values = {"scenario": known.first_scenario, **values}
    problems = {problem.field: problem for problem in check_alone(values)}
    while True:
        request = TraceRequest.model_validate(
            {"scenario": known.first_scenario, **{key: values[key] for key in values if key not in problems}}
        )
        found = [problem for problem in check_together(request, known) if problem.field not in problems]
        if not found:
            return request, tuple(problems.values())
        problems |= {problem.field: problem for problem in found}


def check_alone(values: Mapping[str, object]) -> Iterator[Problem]:
    """Each key by itself."""
    try:
        TraceRequest.model_validate(values)
    except ValidationError as error:
        for field in dict.fromkeys(str(line["loc"][0]) for line in error.errors(include_url=False)):
            expected, advice = WORDS.get(field, (f"one of {', '.join(WORDS)}", "leave it out"))
            yield Problem(field, show(plain(values[field])), expected, advice)


def check_together(request: TraceRequest, known: Known) -> Iterator[Problem]:
    """Keys against each other and against what there is."""
    if request.scenario not in known.scenarios:
        yield unknown("scenario", request.scenario, known.scenarios)
    if request.source == "live":
        yield from check_live(request, known)
        return
    if request.prompt:
        advice = "choose source=live to type a prompt"
        yield Problem("prompt", show(request.prompt), "no text with source=authored", advice)
    if request.k > request.experts:
        yield too_many(request.k, request.experts)


def check_live(request: TraceRequest, known: Known) -> Iterator[Problem]:
    """A live request needs a model that is there."""
    experts = known.models.get(request.checkpoint)
    if not known.models:
        yield Problem("source", show("live"), "authored, as no model is installed here", "see /api/models")
    elif experts is None and request.model:
        yield unknown("model", request.model, known.models)
    elif experts is None:
        sizes = sorted({known.models[name] for name in known.models if name.startswith("trio-")})
        expected = f"one of {', '.join(map(str, sizes))} with source=live"
        yield Problem(
            "experts", str(request.experts), expected, "choose a number that a model was trained with"
        )
    elif request.k > experts:
        yield too_many(request.k, experts)


def too_many(k: int, experts: int) -> Problem:
    return Problem("k", str(k), f"1 to {experts}", "choose fewer experts a token or more experts a layer")


def unknown(field: str, value: str, names: Iterable[str]) -> Problem:
    return Problem(field, show(value), f"one of {', '.join(names)}", WORDS[field][1])


def show(value: object) -> str:
    """A value in a message: quoted, what cannot be printed escaped, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}... ({len(text)} characters)"
