"""No query string makes the server fail or contradict itself."""

import random
import re
from collections.abc import Callable
from json import loads
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest

from app.request.comparison import own_keys, read_second, read_view, request_keys
from app.request.read import read
from app.request.schema import KEY_HELP
from app.request.view_keys import VIEW_KEYS
from app.routing import LIMITS, ROUTERS
from app.settings import Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.registry import SourceRegistry
from app.stream.wire import TraceMessage, to_text
from app.web.application import create_app
from tests.run_async import run_apart

SEED = 20_260_601
QUERIES = 10_000
OPENED = 300  # traces and pages cost more than the reading of an address
OF_THE_ISSUE = (
    "source=live&experts=512",
    "source=recorded&model=trio-16",
    "router=expert_choice&source=live&continue=9",
)
BOOT = re.compile(r'<script[^>]*id="boot"[^>]*>(.*?)</script>', re.DOTALL)
ABSURD = (
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "nan",
    "inf",
    "1.5",
    "+7",
    "007",
    "99999999999999999999",
    "0x10",
    "٣",
    "½",
    "null",
    "true",
    "[]",
    "{}",
    "a" * 3000,
    "9" * 5000,
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\0",
    "\ud7ff",
    "🙂",
    "'; --",
    "%",
    "&=",
    "trio-8\n",
)


@pytest.fixture(scope="module")
def sources():
    return SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)


@pytest.fixture(scope="module")
def queries(sources):
    """Returns the same query strings each time: those of the issue, then random ones."""
    chance = random.Random(SEED)
    good = good_values(sources)
    made = (random_query(chance, good) for _ in range(QUERIES - len(OF_THE_ISSUE)))
    return [*OF_THE_ISSUE, *made]


def good_values(sources) -> dict[str, Callable[[random.Random], str]]:
    """For each request key, how to choose a value that some request takes."""
    names = {
        "source": tuple(sources.sources),
        "scenario": sources.available.scenarios,
        "prompt": ("hello", "où? là", "def f(x):\n    return x"),
        "model": tuple(sources.available.models),
        "shape": (*sources.available.shapes, "5x12x2-d64-e64", "2x2048x1-d64-e64"),
        "router": tuple(ROUTERS),
        "experts": ("2", "8", "9", "16", "64", "128", "512", "2048"),
        "k": ("1", "2", "3", "8", "16", "512"),
        "step": ("1", "50", "5400"),
        "trace": ("one.csv", "engine/answer.json"),
        "continue": ("0", "1", "9", "256"),
        "temperature": ("0", "0.7", "2"),
        "skew": ("0", "1.5", "20"),
        "updates": ("0", "1", "200"),
        "alter": ("1.1-off", "2.0-force_3.1-add-2", "4-k1", "1-k4", "99.1-off"),
    }
    numbers = {name: (f"{low:g}", f"{high:.10g}", "1", "2") for name, (low, high) in LIMITS.items()}
    return {key: choosing(values) for key, values in (numbers | names).items()}


def choosing(values) -> Callable[[random.Random], str]:
    return lambda chance: chance.choice(values)


def random_query(chance: random.Random, good) -> str:
    """Returns up to nine keys: of requests, of the second stack, of the view, and unknown ones."""
    view = [key.name for key in VIEW_KEYS]
    pairs = []
    for _ in range(chance.randint(0, 9)):
        kind = chance.random()
        key = chance.choice(list(KEY_HELP)) if kind < 0.85 else chance.choice([*view, "k ", "K", "", "b."])
        value = good[key](chance) if key in good and chance.random() < 0.7 else chance.choice(ABSURD)
        pairs.append(("b." * (chance.random() < 0.3) + key, value))
    return urlencode(pairs, errors="surrogatepass")


def view_of(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def test_the_keys_of_the_random_queries_are_all_request_keys(sources):
    assert set(good_values(sources)) == set(KEY_HELP)


def test_every_query_is_understood_and_its_given_keys_are_understood_as_the_same(queries, sources):
    available = sources.available
    for query in queries:
        view = view_of(query)
        first, second = read_view(view, available)
        again = read(first.given, available)
        assert (again.request, again.given, again.problems) == (first.request, first.given, ()), query
        assert {problem.field for problem in first.problems} <= set(request_keys(view)), query
        if second is None:
            assert not own_keys(view), query
            continue
        assert {problem.field.removeprefix("b.") for problem in second.problems} <= set(own_keys(view)), query
        alone = read_second(again, second.given, available)
        assert (first if alone is None else alone).request == second.request, query


def test_every_request_filled_in_is_understood_as_itself(queries, sources):
    available = sources.available
    for query in queries:
        first, _ = read_view(view_of(query), available)
        again = read(first.request.model_dump(by_alias=True, exclude_none=True), available)
        assert (again.request, again.problems) == (first.request, ()), query


def test_every_query_opens_a_trace(queries, sources):
    for query in queries[:OPENED]:
        view = view_of(query)
        keys, own = request_keys(view), own_keys(view)
        pending, understood = sources.open_understood(keys, second=own)
        assert pending.header.shape.experts >= pending.header.shape.top_k >= 1, query
        message = TraceMessage.of(1, pending.identity, 0, pending.header, understood.answer)
        assert loads(to_text(message))["given"] == dict(understood.given), query


@pytest.mark.parametrize("path", ["/", "/embed"])
def test_every_query_has_a_page_that_holds_the_request_as_it_is_read(queries, sources, path):
    available = sources.available

    async def look():
        transport = httpx.ASGITransport(create_app(Settings()))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for query in queries[:OPENED]:
                answer = await client.get(f"{path}?{query}")
                assert answer.status_code == 200, query
                check_boot(loads(BOOT.findall(answer.text)[0]), read_view(view_of(query), available), query)

    run_apart(look)


def check_boot(boot, understood, query):
    """The page holds what the server read: of the first stack, and of the second if there is one."""
    first, second = understood
    assert {key: boot[key] for key in ("request", "given", "notices")} == first.answer.to_json(), query
    assert boot["second"] == (None if second is None else second.answer.to_json()), query


@pytest.mark.parametrize(
    ("query", "fields", "given"),
    [
        (OF_THE_ISSUE[0], ["experts"], {"source": "live"}),
        (OF_THE_ISSUE[1], ["model"], {"source": "recorded"}),
        (OF_THE_ISSUE[2], ["continue"], {"source": "live", "router": "expert_choice"}),
    ],
)
def test_a_query_of_the_issue_keeps_all_but_the_key_that_does_not_fit(sources, query, fields, given):
    understood = read(view_of(query), sources.available)
    assert [problem.field for problem in understood.problems] == fields
    assert understood.given == given
