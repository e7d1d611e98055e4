"""What is said of requests that cannot be used, kept for the page, which tells it in other languages too.

tests/js/words/french.test.js reads the file. `python -m tests.request.test_refusals` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.problem import BadRequest
from app.published.architectures.registry import read_config
from app.published.uploaded_config import count_config
from app.request.available import Available
from app.request.read import parse
from app.settings import ROOT, Settings
from app.sources.authored.scenario import load_scenarios
from app.sources.live.models import Models
from app.sources.live.prompt_trace import tokenize
from app.sources.live.text_windows import requests_over, windows
from app.sources.registry import SourceRegistry
from tests.published.test_parameters import every_config
from tests.request.offered import offered

FILE = Path(__file__).parents[1] / "golden" / "refusals.json"
NOTES = FILE.with_name("router_notes.json")  # of models whose router is not quite the one named
MODELS = ROOT / "app" / "published" / "models"
KNOWN = offered(
    ("english", "code"),
    {"trio-8": 8, "trio-64": 64},
    routers={"trio-8": "topk_norm"},
    steps={"trio-8": (1, 70, 3600)},
)
BARE = offered(("english",), {})
REFUSED: tuple[tuple[dict[str, Any], Available], ...] = (
    ({"k": 9}, KNOWN),
    ({"k": 0}, KNOWN),
    ({"experts": 1}, KNOWN),
    ({"experts": "9" * 90}, KNOWN),
    ({"source": "LIVE"}, KNOWN),
    ({"scenario": "nope"}, KNOWN),
    ({"scenario": ["code"]}, KNOWN),
    ({"prompt": "hello"}, KNOWN),
    ({"source": "live", "prompt": "x" * 2001}, KNOWN),
    ({"source": "live", "model": "gpt"}, KNOWN),
    ({"source": "live", "model": 7}, KNOWN),
    ({"source": "live", "experts": 24}, KNOWN),
    ({"source": "live"}, BARE),
    ({"source": "recorded"}, BARE),
    ({"source": "recorded", "model": "trio-64"}, KNOWN),
    ({"source": "recorded", "experts": 64}, KNOWN),
    ({"source": "recorded", "step": 71}, KNOWN),
    ({"source": "live", "skew": 2}, KNOWN),
    ({"continue": 3}, KNOWN),
    ({"alter": "1.1-off"}, KNOWN),
    ({"source": "live", "alter": "off"}, KNOWN),
    ({"source": "live", "alter": "1.8-off"}, KNOWN),
    ({"source": "live", "alter": "1.1-add1001"}, KNOWN),
    ({"source": "live", "alter": "1-k9"}, KNOWN),
    ({"source": "live", "alter": "_".join(f"1.{e}-off" for e in range(8))}, KNOWN),
    ({"source": "live", "alter": "_".join(["1.1-off"] * 60)}, KNOWN),
    ({"source": "live", "alter": "_".join(["1-k1"] * 65)}, KNOWN),
    ({"source": "live", "continue": 3, "router": "base"}, KNOWN),
    ({"router": "best"}, KNOWN),
    ({"router": "switch", "k": 2}, KNOWN),
    ({"router": "base", "experts": 64, "k": 17}, KNOWN),
    ({"router": "switch", "capacity": "0"}, KNOWN),
    ({"router": "group_limited", "groups": 3}, KNOWN),
    ({"router": "sigmoid_bias", "groups": 4, "topk_groups": 5}, KNOWN),
    ({"updates": 1.5}, KNOWN),
    ({"nonsense": 1}, KNOWN),
    ({"shape": "5x12x2-q7"}, KNOWN),
    ({"shape": "5x12x2-d1.5"}, KNOWN),
    ({"shape": "5x2048x64-d4096"}, KNOWN),
    ({"shape": "5x12x2-e64"}, KNOWN),
)


def config(key: str, **changes: Any) -> bytes:
    """Returns the config.json of a published model with other fields; those that are None are left out."""
    values = json.loads((MODELS / f"{key}.json").read_text(encoding="utf-8"))["config"] | changes
    return json.dumps({name: value for name, value in values.items() if value is not None}).encode()


CONFIGS = (
    config("mixtral-8x7b", architectures=["LlamaForCausalLM"], model_type="llama"),
    b"not json",
    b"[1, 2]",
    b"[" * 100_000,
    b" " * (2**20 + 1),
    config("mixtral-8x7b", num_local_experts=1),
    config("mixtral-8x7b", num_local_experts="eight"),
    config("mixtral-8x7b", num_local_experts=4096),
    config("mixtral-8x7b", num_local_experts=2048, num_hidden_layers=500),
    config("mixtral-8x7b", num_hidden_layers=4000),
    config("mixtral-8x7b", hidden_size=2_000_000),
    config("mixtral-8x7b", num_experts_per_tok=9),
    config("mixtral-8x7b", hidden_size=10**400),
    config("deepseek-v3", topk_method="x" * 400),
    config("mixtral-8x7b", hidden_size=None),
    config("mixtral-8x7b", hidden_size=4097),
    config("mixtral-8x7b", num_local_experts=None),
    config("mixtral-8x7b", tie_word_embeddings="no"),
    config("deepseek-v3", n_group=7),
    config("deepseek-v3", topk_method="best"),
    config("deepseek-v3", routed_scaling_factor=0),
    config("deepseek-v3", first_k_dense_replace=61),
    config("llama-4-scout", text_config=7),
    config("grok-1", num_experts=None),
    config("dbrx", d_model=None, hidden_size=None, ffn_config=None),
    config("arctic", num_local_experts=None),
    config("deepseekmoe-16b", n_routed_experts=None),
    config("glam-64b-64e", d_model=None),
    config("minimax-text-01", attn_type_list=[2]),
)


def refusals() -> list[str]:
    """Returns every sentence, once."""
    said = [problem.message for values, known in REFUSED for problem in refused(values, known)]
    more = (*too_long(), *uncounted(), *unloaded())
    return list(dict.fromkeys([*said, *(problem.message for problem in more)]))


def refused(values: dict[str, Any], known: Available) -> tuple[Any, ...]:
    try:
        parse(values, known)
    except BadRequest as error:
        return error.problems
    raise AssertionError(f"{values}: expected a refusal, got a request")


def too_long() -> list[Any]:
    """Returns what a model says of a prompt beyond what it takes, and of one with nothing in it."""
    problems: list[Any] = []
    model = Models(Settings().models).open("trio-8")
    for text, more in (("a b " * 400, 0), ("", 0), ("a", 5000)):
        try:
            tokenize(text, model, more)
        except BadRequest as error:
            problems += error.problems
    return problems


def uncounted() -> list[Any]:
    """Returns what is said of a config.json that cannot be counted or drawn."""
    problems: list[Any] = []
    for data in CONFIGS:
        try:
            count_config(data)
        except BadRequest as error:
            problems += error.problems
    assert len(problems) == len(CONFIGS)
    return problems


def unloaded() -> list[Any]:
    """Returns what is said of a text that no load can be counted over."""
    sources = SourceRegistry(load_scenarios(Settings().scenarios), Settings().models)
    problems: list[Any] = []
    live = sources.parse({"source": "live"})
    recorded = live.model_copy(update={"source": "recorded"})
    settling = sources.parse({"source": "live", "experts": 64, "router": "sigmoid_bias", "updates": 200})
    for make in (
        lambda: windows(sources, sources.parse({}), "words"),
        lambda: windows(sources, live, ""),
        lambda: windows(sources, settling, "a b " * 5000),
        lambda: windows(sources, live, "x" * 20_001),
        lambda: requests_over(recorded, "scenarios", ("code",)),
    ):
        try:
            make()
        except BadRequest as error:
            problems += error.problems
    return problems


def router_notes() -> list[str]:
    """Returns every note on a router, once."""
    changed = (
        config("deepseek-v3", norm_topk_prob=False),
        config("deepseek-v2", n_group=1, topk_group=1, topk_method="greedy", routed_scaling_factor=2.5),
    )
    configs = (*every_config(), *map(json.loads, changed))
    return sorted({note for each in configs if (note := read_config(each).routing.note)})


def test_the_kept_notes_are_those_that_configs_give() -> None:
    assert router_notes() == json.loads(NOTES.read_text(encoding="utf-8"))


def test_the_kept_refusals_are_those_that_the_server_makes() -> None:
    assert refusals() == json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for file, sentences in ((FILE, refusals()), (NOTES, router_notes())):
        file.write_text(json.dumps(sentences, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
