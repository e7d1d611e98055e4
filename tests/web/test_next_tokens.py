"""Next tokens over HTTP, and the mark of altered views everywhere."""

import httpx
import pytest

from app.formats.read import read_bytes
from app.formats.to_trace import to_trace
from app.trace import RoutingTrace

VIEW = {"source": "live", "scenario": "code"}


@pytest.fixture(scope="module")
def client(server_url):
    with httpx.Client(base_url=server_url) as client:
        yield client


def said(client, **keys):
    answer = client.get("/api/next-tokens", params={**VIEW, **keys})
    assert answer.status_code == 200
    return answer.json()


def test_five_most_likely_tokens_stand_after_each_token_with_falling_shares(client):
    found = said(client)
    assert (found["alter"], found["unaltered"]) == ("", None)
    assert all(len(row) == 5 for row in found["next"]) and len(found["loss"]) == len(found["next"]) - 1
    shares = [[each["probability"] for each in row] for row in found["next"]]
    assert all(row == sorted(row, reverse=True) and 0 < sum(row) <= 1 for row in shares)


def test_most_likely_token_after_the_prompt_is_the_one_that_the_model_writes(client):
    prompt = said(client)
    written = {**VIEW, "continue": 1, "temperature": 0}
    trace = RoutingTrace.from_bytes(client.get("/api/trace", params=written).content)
    assert trace.header.tokens[-1].id == prompt["next"][-1][0]["id"]
    assert len(said(client, **written)["next"]) == len(prompt["next"]) + 1


def test_altered_model_is_told_beside_the_one_that_it_was(client):
    found, plain = said(client, alter="3.2-off"), said(client)
    assert found["alter"] == "3.2-off" and found["unaltered"]["next"] == plain["next"]
    assert found["unaltered"]["mean_loss"] == plain["mean_loss"] != found["mean_loss"]
    assert any(layer == 2 and 2 in lost for _, layer, lost, _ in found["unaltered"]["moved"])


def test_routing_that_no_model_computes_says_nothing_of_next_tokens(client):
    answer = client.get("/api/next-tokens", params={"source": "authored"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "source"


def test_preview_of_an_altered_view_wears_the_badge_beside_live(client):
    plain, changed = (
        client.get("/preview.svg", params={**VIEW, **more}).text for more in ({}, {"alter": "3.2-off"})
    )
    assert ">LIVE<" in changed and ">ALTERED<" in changed and ">ALTERED<" not in plain
    french = client.get("/preview.svg", params={**VIEW, "alter": "3.2-off", "lang": "fr"}).text
    assert ">MODIFIÉ<" in french


def test_description_of_a_link_to_an_altered_view_says_so(client):
    assert "its routers ALTERED: 3.2-off" in client.get("/", params={**VIEW, "alter": "3.2-off"}).text


def test_recorded_file_of_an_altered_view_still_says_what_was_altered(client):
    data = client.get("/api/trace", params={**VIEW, "alter": "3.2-off_1-k1"}).content
    (capture,) = read_bytes({"altered.safetensors": data})
    assert to_trace(capture).header.origin["alter"] == "3.2-off_1-k1"
