"""Reads references.toml, the bibliography of routers and models, which explains its fields."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ARTICLE = (  # [1], [2] ... of templates/article.html
    *("vaswani", "jacobs", "jordan", "eigen", "shazeer", "gshard", "switch", "base", "choice", "stmoe"),
    *("mixtral", "dsmoe", "olmoe", "lossfree", "v3", "gptoss", "minimax"),
)
ARXIV = "https://arxiv.org/abs/"


class Reference(BaseModel):
    """One work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authors: tuple[str, ...] = ()
    others: bool = False  # there are more authors than listed
    team: str = ""
    year: Annotated[int, Field(ge=1900, le=2100)]
    title: str
    brief: str = ""
    venue: str = ""
    arxiv: Annotated[str, Field(pattern=r"^([0-9]{4}\.[0-9]{4,5})?$")] = ""
    url: str = ""
    routers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    @model_validator(mode="after")
    def somebody_wrote_it(self) -> Self:
        if bool(self.authors) == bool(self.team):
            raise ValueError("expected authors or a team, got both or neither")
        return self

    @property
    def who(self) -> str:
        """Returns the short authors: Fedus et al., or the team."""
        if self.team:
            return self.team
        family = self.authors[0].split()[-1]
        return family if len(self.authors) == 1 and not self.others else f"{family} et al."

    @property
    def short(self) -> str:
        """Returns one line: Fedus et al. 2022, Switch Transformers, arXiv 2101.03961."""
        return ", ".join(filter(None, (f"{self.who} {self.year}", self.brief or self.title, self.numbered)))

    @property
    def numbered(self) -> str:
        """Returns the arXiv identifier in its cited form."""
        return self.arxiv and f"arXiv {self.arxiv}"

    @property
    def address(self) -> str:
        """Returns the address of the work; "" if unknown."""
        return f"{ARXIV}{self.arxiv}" if self.arxiv else self.url

    def people(self, others: str) -> str:
        """Returns all listed authors; `others`: words for the rest."""
        names = ", ".join(self.authors) or self.team
        return f"{names} {others}" if self.others else names

    def to_json(self) -> dict[str, str]:
        """Returns the reference for a panel."""
        return {"short": self.short, "title": self.title, "who": self.who, "address": self.address}


@cache
def references() -> dict[str, Reference]:
    """Returns all references by key, in the order of the file."""
    text = (files(__package__) / "references.toml").read_text(encoding="utf-8")
    return {key: Reference(**fields) for key, fields in tomllib.loads(text).items()}


def of_article() -> list[tuple[str, Reference]]:
    """Returns the references that the article cites by number, in its order."""
    return [(key, references()[key]) for key in ARTICLE]


def cite(key: str) -> str:
    """Returns a reference in one line. Raises KeyError for an unknown key."""
    return references()[key].short
