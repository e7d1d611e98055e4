"""Every router and every model of the catalogue has a reference, and each says all that it says once."""

import re

import httpx
import pytest

from app.published.catalogue import catalogue
from app.references.references import Reference, references
from app.routing import ROUTERS
from app.settings import ROOT

NAMED = re.compile(r"arXiv[: ]([0-9]{4}\.[0-9]{4,5})")


@pytest.mark.parametrize("name", ROUTERS)
def test_reader_asking_who_described_a_router_is_told_one_work_and_the_picker_names_it(name):
    (work,) = [work for work in references().values() if name in work.routers]
    assert ROUTERS[name].source == work.short


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.key)
def test_reader_asking_who_described_a_model_is_told_the_work_that_the_catalogue_names(entry):
    work = next(work for work in references().values() if entry.key in work.models)
    paper = entry.to_json().get("paper", "")
    assert NAMED.findall(paper) == ([work.arxiv] if work.arxiv and paper else [])
    assert not paper or (work.brief or work.title).casefold() in paper.casefold()


def test_names_of_routers_and_models_in_the_list_are_those_that_there_are():
    works = references().values()
    assert {name for work in works for name in work.routers} == set(ROUTERS)
    assert {key for work in works for key in work.models} == {entry.key for entry in catalogue()}
    assert sum(len(work.routers) for work in works) == len(ROUTERS)


def test_no_work_stands_in_the_list_twice():
    works = references().values()
    assert len({work.title for work in works}) == len(works)
    numbers = [work.arxiv for work in works if work.arxiv]
    assert len(set(numbers)) == len(numbers)


def test_identifiers_of_arxiv_that_the_code_names_are_in_the_list():
    known = {work.arxiv for work in references().values()}
    named = {
        (path.name, number)
        for folder in (ROOT / "app" / "routing", ROOT / "app" / "published" / "models")
        for path in sorted(folder.iterdir())
        if path.is_file()
        for number in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert {(file, number) for file, number in named if number not in known} == set()


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"authors": ("Lean Wang",)}, "Wang"),
        ({"authors": ("Lean Wang", "Damai Dai")}, "Wang et al."),
        ({"authors": ("Lean Wang",), "others": True}, "Wang et al."),
        ({"team": "DeepSeek-AI"}, "DeepSeek-AI"),
    ],
)
def test_a_work_is_named_by_its_first_author_or_its_team(fields, who):
    assert (
        Reference(year=2024, title="A", arxiv="2408.15664", **fields).short
        == f"{who} 2024, A, arXiv 2408.15664"
    )


@pytest.mark.parametrize("fields", [{}, {"authors": ("A",), "team": "B"}])
def test_a_work_of_nobody_or_of_both_is_refused(fields):
    with pytest.raises(ValueError, match="authors or a team"):
        Reference(year=2024, title="A", **fields)


@pytest.mark.parametrize(("query", "heading"), [("", "Routers"), ("?lang=fr", "Routeurs")])
def test_reader_of_the_references_page_finds_every_work_once(server_url, query, heading):
    answer = httpx.get(f"{server_url}/references{query}")
    assert answer.status_code == 200 and f"<h2>{heading}</h2>" in answer.text
    assert sorted(re.findall(r'<li id="([\w-]+)">', answer.text)) == sorted(references())
