"""Default configs of transformers' MoE types; make_default_configs.py wrote the expected counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.published.architectures.config_fields import ConfigError
from app.published.architectures.registry import read_config
from app.published.parameters import Parameters

FILE = Path(__file__).parents[1] / "data" / "published" / "defaults.json"
CASES = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
NOT_COUNTED = {"inkling2", "inkling2_loop"}  # block attention residuals: the folder's headers count them
# Experts that their module shares out otherwise than by expert: a second bank, attention, one norm for all.
OTHERWISE = {"jetmoe", "ernie4_5_vl_moe", "muse_spark"}
ZERO_ROWS = 28 * 256 * 4096 * 6144  # that LongcatFlashExperts allocates for experts which compute nothing


def test_at_least_68_of_the_74_types_are_counted_without_torch():
    assert len(CASES) == 74
    assert len(set(CASES) - NOT_COUNTED) >= 68


@pytest.mark.parametrize("name", sorted(set(CASES) - NOT_COUNTED))
def test_default_config_counts_as_the_model_that_transformers_builds_from_it(name):
    case = CASES[name]
    found = Parameters(read_config(case["config"]))
    surplus = ZERO_ROWS if name == "longcat_flash" else 0
    assert found.total == case["total"] - surplus
    if name not in OTHERWISE:
        assert found.parts["experts"] == case["experts"] - surplus


def test_longcat_flash_has_the_560_billion_that_were_published():
    found = Parameters(read_config(CASES["longcat_flash"]["config"]))
    assert found.total == pytest.approx(560e9, rel=0.002)


@pytest.mark.parametrize("name", sorted(NOT_COUNTED))
def test_type_that_is_not_counted_is_refused_with_what_to_do_instead(name):
    with pytest.raises(ConfigError, match=r"architecture: expected one that is counted here, .* the folder"):
        read_config(CASES[name]["config"])


@pytest.mark.parametrize("part", ["text_config", "language_model", "llm_config"])
def test_wrapper_is_counted_by_its_language_model(part):
    inner = CASES["qwen3_5_moe"]["config"]
    wrapped = {"architectures": ["SomeForConditionalGeneration"], "model_type": "some", part: inner}
    assert Parameters(read_config(wrapped)).total == CASES["qwen3_5_moe"]["total"]
