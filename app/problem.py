"""Problems: what is wrong with a request key or a field of a file, and how messages quote values.

A message has the form `field: expected X, got Y; do Z`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic_core import ErrorDetails, PydanticCustomError

SHOWN_CHARS = 60
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"  # name pattern of scenarios, tours and questions


@dataclass(frozen=True)
class Problem:
    """One unusable key."""

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
    """A request with all its problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[BadRequest], tuple[Problem, ...]]:
        """Supports pickle, because a process may refuse heavy work."""
        return type(self), self.problems


@dataclass(frozen=True)
class FileProblem:
    """A problem in a scenario file."""

    file: str
    field: str  # path of the field, "" for the whole file
    found: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else self.file
        return f"{where}: expected {self.expected}, found {self.found}"


class Strict(BaseModel):
    """A part of a TOML file. Unknown fields, NaN and infinity are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def show(value: object) -> str:
    """Returns a value as messages quote it: escaped if not printable, shortened if long."""
    return cut(repr(value))


def escaped(text: str) -> str:
    """Returns the text in valid UTF-8; half of a surrogate pair becomes an escape."""
    return text.encode(errors="backslashreplace").decode()


def cut(text: str) -> str:
    """Returns the text; if long, its beginning and its length."""
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}... ({len(text)} characters)"


def problem_of(file: str, detail: ErrorDetails) -> FileProblem:
    """Converts pydantic's error to our form."""
    context = detail.get("ctx", {})
    field = ".".join(str(part) for part in (*detail["loc"], *filter(None, [context.get("field")])))
    if detail["type"] == "missing":
        return FileProblem(file, field, "nothing", "a value")
    if detail["type"] == "extra_forbidden":
        return FileProblem(file, field, "an unknown field", "one of the fields in scenarios/README.md")
    if detail["type"] == "wrong":
        return FileProblem(file, field, context["found"], context["expected"])
    return FileProblem(
        file, field, shortened(detail["input"]), detail["msg"].removeprefix("Input should be ")
    )


def wrong(field: str, found: object, expected: str) -> PydanticCustomError:
    """Returns an error that concerns several fields; `field` is the path from where it is raised."""
    context = {"field": field, "found": shortened(found), "expected": expected}
    return PydanticCustomError("wrong", "{field}: expected {expected}, got {found}", context)


def shortened(value: object, length: int = 80) -> str:
    """Returns a value in readable form, shortened if long."""
    text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."
