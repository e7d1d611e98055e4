"""Counting a config that no reader of ours knows, by the model that transformers builds without memory."""

from __future__ import annotations

import json
import sys

import pytest

from app.__main__ import main
from app.commands.meta_device import check_cost, count_on_meta_device
from app.published.architectures.config_fields import ConfigError
from tests.published.test_default_configs import CASES

UNKNOWN = {"model_type": "mystery", "num_experts": 8}


def test_without_the_extra_nothing_is_counted(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert count_on_meta_device(UNKNOWN) is None


def test_command_refuses_an_unknown_config_without_the_extra(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "config.json").write_text(json.dumps(UNKNOWN))
    assert main(["params", str(tmp_path / "config.json")]) == 2
    assert "count the folder of the checkpoint instead" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"num_hidden_layers": 10**6}, "num_hidden_layers"),
        ({"text_config": {"num_experts": 10**6}}, "num_experts"),
    ],
)
def test_model_of_too_many_modules_is_refused_before_it_is_built(values, field):
    with pytest.raises(ConfigError, match=f"{field}: expected at most"):
        check_cost(values)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["inkling2", "mixtral"])
def test_config_counts_as_on_the_meta_device(name):
    pytest.importorskip("transformers")
    found = count_on_meta_device(CASES[name]["config"])
    assert (found["total"], found["parts"]["experts"]) == (CASES[name]["total"], CASES[name]["experts"])


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_model_type_that_transformers_does_not_have_is_not_counted():
    pytest.importorskip("transformers")
    assert count_on_meta_device(UNKNOWN) is None
