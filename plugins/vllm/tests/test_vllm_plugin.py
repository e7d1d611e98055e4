"""The routes, with an engine that never gets ready or has no experts; the real one is `make engine-vllm`."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from moescope_vllm.pieces import Pieces
from moescope_vllm.plugin import RoutePlugin, RouteRequest, checked_prompt
from moescope_vllm.state import CHECKING, Engine, Refused
from pydantic import ValidationError


class Tokenizer:
    """Three letters and a piece of an emoji."""

    backend_tokenizer = SimpleNamespace(decoder="ByteLevel(add_prefix_space=True)")

    def __call__(self, text, split_special_tokens):
        assert split_special_tokens
        return {"input_ids": ["abc".index(letter) for letter in text]}

    def convert_ids_to_tokens(self, id):
        return ["a", "Ġb", "c", "ð"][id] if id < 4 else None


def engine(replies=(), refusal=None):
    async def collective_rpc(method, timeout=None, args=()):
        return list(replies)

    client = SimpleNamespace(collective_rpc=collective_rpc, get_tokenizer=Tokenizer)
    made = Engine(client, "model", limit=8, vocabulary=4, refusal=refusal)
    made.pieces = Pieces(Tokenizer())
    return made


def prepare(made):
    """Runs to its end, in a thread of its own: this one may have the loop of a browser it drives."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, made.prepare()).result(60)


def status(response):
    return response.status_code, response.body.decode()


def test_server_without_an_engine_says_so():
    code, body = status(RoutePlugin().answer(RouteRequest(prompt="a")))
    assert code == 503
    assert "no-engine" in body


def test_route_answers_503_while_the_self_check_runs():
    plugin = RoutePlugin()
    plugin.engine = engine(refusal=CHECKING)
    assert status(plugin.answer(RouteRequest(prompt="a"))) == (
        503,
        '{"error":{"code":"checking","message":"The recorder checks itself; ask again in a few seconds."}}',
    )


def test_model_without_experts_is_refused_by_name():
    made = engine([{"layers": [], "rule": None, "one_rule": True, "bias": []}, None])
    prepare(made)
    assert (made.refusal.status, made.refusal.code) == (501, "no-moe")
    assert made.refusal.message.startswith("model has no mixture-of-experts layers")


def test_error_of_a_worker_becomes_the_refusal():
    made = engine([{"error": "ValueError: start it with --enforce-eager"}])
    prepare(made)
    assert made.refusal.code == "unsound"
    assert "--enforce-eager" in made.refusal.message


@pytest.mark.parametrize("prompt", ["", "aaaaaaa", [0, 4], [-1], []])
def test_prompt_that_does_not_fit_is_refused(prompt):
    with pytest.raises(Refused, match="prompt: expected"):
        checked_prompt(engine(), RouteRequest(prompt=prompt, max_tokens=2))


def test_prompt_as_text_or_ids_is_the_same():
    asked = [RouteRequest(prompt="abc"), RouteRequest(prompt=[0, 1, 2])]
    assert [checked_prompt(engine(), each) for each in asked] == [[0, 1, 2]] * 2


@pytest.mark.parametrize(
    "field", [{"max_tokens": 0}, {"max_tokens": 5000}, {"temperature": float("nan")}, {"seed": -1}, {"n": 2}]
)
def test_request_field_out_of_range_is_refused(field):
    with pytest.raises(ValidationError):
        RouteRequest(prompt="a", **field)


def test_part_of_a_character_is_written_as_its_byte():
    pieces = Pieces(Tokenizer())
    assert [pieces.text(id) for id in range(5)] == ["a", " b", "c", "\\xf0", "[4]"]


def test_routes_lie_under_the_guarded_prefix():
    app = FastAPI()
    RoutePlugin().attach_router(app)
    paths = set(app.openapi()["paths"])
    assert paths == {"/v1/moescope/route", "/v1/moescope/info"}
