"""A second stack beside the first: what it asks for, and its place in previews, link cards and oEmbed."""

import re
from xml.etree import ElementTree

import httpx
import pytest

from app.picture.comparison import StackPicture, draw_pair
from app.picture.view_picture import ViewPicture
from app.request.comparison import read_view, stack_names
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from tests.trace_factory import trace_of


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


def second(sources, **view):
    keys = {key.replace("b_", "b."): value for key, value in view.items()}
    _, understood = read_view(keys, sources.available)
    if understood is None:
        return None, []
    return understood.request, [problem.message for problem in understood.problems]


def test_view_without_keys_of_a_second_stack_has_one(sources):
    assert second(sources, scenario="code", b_colour="red") == (None, [])


def test_second_stack_is_the_first_but_for_its_keys(sources):
    request, problems = second(sources, scenario="code", experts="16", k="3", b_k="1")
    assert (request.scenario, request.experts, request.k, problems) == ("code", 16, 1, [])


def test_key_of_the_first_that_does_not_go_with_the_second_falls_back_without_a_word(sources):
    request, problems = second(sources, experts="64", k="16", b_experts="8")
    assert (request.experts, request.k, problems) == (8, 8, [])
    request, problems = second(sources, source="live", prompt="hello", b_source="authored")
    assert (request.source, request.prompt, problems) == ("authored", "", [])


def test_bad_key_of_the_second_leaves_that_of_the_first(sources):
    request, problems = second(sources, router="st_moe", k="2", b_router="best", b_scenario="code")
    assert (request.router, request.scenario) == ("st_moe", "code")
    assert [problem.split(":")[0] for problem in problems] == ["b.router"]


def test_given_keys_of_the_second_have_what_the_first_leaves_out_as_its_shape_has_it(sources):
    view = {"shape": "deepseek-v3", "router": "sigmoid_bias", "b.experts": "16"}
    first, other = read_view(view, sources.available)
    assert first.given == {"shape": "deepseek-v3"}
    assert other.request.router == other.given["router"] == "sigmoid_bias"


def test_bad_key_of_the_second_is_named_as_it_was_written(sources):
    request, problems = second(sources, scenario="code", b_k="9", b_source="moon")
    assert request.k == 2
    assert sorted(problem.split(":")[0] for problem in problems) == ["b.k", "b.source"]


def test_sides_are_named_by_what_differs(sources):
    first, other = (sources.parse({"k": k, "experts": "8"}) for k in ("1", "4"))
    assert stack_names(first, other, {"k": "4", "experts": "8"}) == ("k 1", "k 4")


def texts(drawing):
    found = (each for each in ElementTree.fromstring(drawing).iter() if each.tag.endswith("text"))
    return " ".join("".join(each.itertext()) for each in found)


def test_preview_of_two_stacks_draws_both_with_badge_figures_and_what_sets_them_apart(sources):
    shown = ViewPicture.of(
        {"scenario": "code"}, {"scenario": "code", "b.source": "live", "b.k": "4"}, sources
    )
    drawing = shown.draw()
    words = texts(drawing)
    for word in ("AUTHORED", "LIVE", "k 2", "k 4", "Code", "295k", "590k", "def fibonacci"):
        assert word in words, word
    ids = re.findall(r'id="([^"]+)"', drawing)
    assert len(ids) == len(set(ids))
    towers = re.findall(r'<use href="#([tu])\d"', drawing)
    assert towers.count("t") == towers.count("u") == 48
    assert set(re.findall(r"(?:href=\"|url\()#([^\")]+)", drawing)) <= {*ids}


def test_picture_of_a_name_with_markup_in_it_shows_text():
    trace = trace_of([[[0]]], 2)
    drawing = draw_pair((StackPicture(trace, "<b>&"), StackPicture(trace, "x" * 500)), title='"<script>')
    assert "<script>" not in drawing and "<b>" not in drawing
    assert "&lt;b&gt;&amp;" in drawing


def test_previews_of_one_stack_and_of_two_are_kept_apart(client):
    one, two, other = (client.get(f"/preview.svg?scenario=code{b}") for b in ("", "&b.k=4", "&b.k=3"))
    assert len({each.headers["etag"] for each in (one, two, other)}) == 3
    refused = client.get("/preview.svg?scenario=code&k=99&b.k=4")
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "k"
    assert client.get("/preview.svg?scenario=code&b.k=99").status_code == 200  # as the page shows it


def test_site_given_a_link_to_two_stacks_shows_both(client):
    base = str(client.base_url)
    answer = client.get("/oembed", params={"url": f"{base}/?scenario=code&k=1&b.k=4"}).json()
    assert answer["title"] == "Code: k 1 | k 4"
    assert "k=1&amp;b.k=4" in answer["html"]
    assert answer["thumbnail_url"].endswith("/preview.png?scenario=code&k=1&b.k=4")
    wrong = client.get("/oembed", params={"url": f"{base}/?b.scenario=nope"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (404, "b.scenario")
    twice = client.get("/oembed", params={"url": f"{base}/?b.k=1&b.k=2"})
    assert twice.status_code == 404


def test_link_card_of_two_stacks_leaves_out_the_key_that_is_wrong(client):
    page = client.get("/?scenario=code&b.source=live&b.k=99").text
    assert '<meta property="og:title" content="Code: AUTHORED | LIVE · Moescope" />' in page
    assert 'preview.png?scenario=code&amp;b.source=live"' in page
