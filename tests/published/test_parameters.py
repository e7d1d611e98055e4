"""Parameter counts against counts that others made, and what a config.json may get wrong."""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.__main__ import main
from app.commands.params import gigabytes, report_text
from app.published.architectures.config_fields import DEFAULTS, ConfigError
from app.published.architectures.registry import LARGEST_FILE, READERS, family_of, parse_config, read_config
from app.published.catalogue import catalogue
from app.published.parameters import CONVENTIONS, Parameters
from app.published.report import devices_needed, memory_table, report, weight_bytes

DATA = Path(__file__).parents[1] / "data"
COMPUTED = json.loads((DATA / "computed.json").read_text())["models"]
COUNTED = json.loads((DATA / "parameter_counts.json").read_text())["cases"]
BUILT = json.loads((DATA / "published" / "catalogue.json").read_text())["totals"]
CONFIGS = {name: case["config"] for name, case in COUNTED.items()}

MIXTRAL = {
    "architectures": ["MixtralForCausalLM"],
    "model_type": "mixtral",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_experts_per_tok": 2,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "num_local_experts": 8,
    "tie_word_embeddings": False,
    "vocab_size": 32000,
}


def count(config):
    return Parameters(read_config(config))


def refusal(config):
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    return str(caught.value)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.key)
def test_published_model_counts_to_the_parameter_as_others_counted(entry):
    found = entry.parameters
    expected = COMPUTED.get(entry.key)
    if entry.key == "kimi-k3":  # nobody else counts it: the figures that were published
        assert found.total == pytest.approx(2.8e12, rel=0.01)
    elif entry.key in BUILT:
        assert found.total == BUILT[entry.key]
    elif entry.key == "gshard-600b":
        assert found.under("experts").total == expected["experts_only"]
    elif entry.key.startswith("switch"):
        assert found.total == expected["total"]
        assert found.active == expected["active_all_enc_plus_dec"]
        assert found.under("no_emb").active == expected["active_non_embedding_enc_plus_dec"]
    else:
        beside = {name: size for name, size in found.uncounted.items() if name == "corr_bias"}
        assert {**found.parts, **beside, "expert_each": found.expert_each} == expected["components"]
        assert (found.total, found.active) == (expected["total"], expected["active_all"])
        assert found.under("no_in").active == expected["active_no_input_embedding"]
        assert found.under("no_emb").active == expected["active_non_embedding"]
        assert found.under("no_emb").total == expected["total_non_embedding"]


def test_prediction_modules_and_vision_tower_are_counted_beside_the_model():
    beside = {entry.key: entry.parameters.uncounted for entry in catalogue()}
    for key in ("deepseek-v3", "glm-4-5"):
        assert beside[key]["mtp"] == COMPUTED[key]["mtp_unique"]
        assert beside[key]["mtp_active"] == COMPUTED[key]["mtp_active_unique"]
    for key in ("llama-4-scout", "llama-4-maverick"):
        assert beside[key]["vision"] == COMPUTED[key]["vision_tower_plus_projector"]


@pytest.mark.parametrize("name", COUNTED)
def test_config_counts_as_the_model_that_transformers_builds_from_it(name):
    assert count(CONFIGS[name]).total == COUNTED[name]["total"]


def every_config() -> list[dict[str, Any]]:
    return [*CONFIGS.values(), *(published_config(entry.key) for entry in catalogue())]


def default_configs() -> list[dict[str, Any]]:
    cases = json.loads((DATA / "published" / "defaults.json").read_text())["cases"]
    return [case["config"] for case in cases.values()]


def published_config(key):
    path = Path("app/published/models") / f"{key}.json"
    return json.loads((Path(__file__).parents[2] / path).read_text())["config"]


def test_every_family_is_counted_against_somebody_else():
    defaults = json.loads((DATA / "published" / "defaults.json").read_text())["cases"]
    configs = [*every_config(), *(case["config"] for case in defaults.values())]
    assert {family_of(config) for config in configs} >= set(READERS)
    assert set(DEFAULTS) <= set(READERS)


@pytest.mark.parametrize("config", every_config(), ids=lambda config: config["model_type"])
def test_parts_add_up_and_the_shape_says_the_same(config):
    found = count(config)
    figures = found.shape.to_json()
    assert found.total == sum(found.parts.values()) == figures["whole_total"]
    assert found.active == sum(found.active_parts.values()) == figures["whole_active"]
    assert sum(found.mixers.values()) == found.parts.get("attn", 0)
    experts = found.config.experts
    assert sorted((*experts.layers, *found.config.dense_layers)) == list(
        range(len(experts.layers) + len(found.config.dense_layers))
    )


def test_tied_model_without_the_input_embedding_counts_the_same():
    found = count({**MIXTRAL, "tie_word_embeddings": True})
    assert found.under("no_in") == found.under("all")
    assert found.under("no_emb").total == found.total - 32000 * 4096


def test_untied_model_leaves_out_one_matrix_or_both():
    found, matrix = count(MIXTRAL), 32000 * 4096
    assert found.total - found.under("no_in").total == matrix
    assert found.active - found.under("no_emb").active == 2 * matrix


def test_unknown_convention_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=f"expected one of {', '.join(CONVENTIONS[:2])}.*got 'some'"):
        count(MIXTRAL).under("some")


def test_jamba_tells_mamba_from_attention():
    found = next(entry for entry in catalogue() if entry.key == "jamba-v0-1").parameters
    assert found.mixers == {"mamba": 2_948_636_544, "attention": 167_772_160}
    assert [m.kind for m in found.config.mixers].index("attention") == 4
    assert found.config.experts.layers == tuple(range(1, 32, 2))


def test_dense_config_is_refused_in_one_sentence():
    message = refusal({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 64})
    assert message == (
        "architecture: expected a mixture of experts, got LlamaForCausalLM (model_type 'llama'); "
        "this config names no experts"
    )


def test_architecture_that_is_not_known_is_refused_with_what_to_do_instead():
    message = refusal({"architectures": ["MysteryForCausalLM"], "model_type": "mystery", "num_experts": 8})
    assert message.startswith("architecture: expected one that is counted here, got MysteryForCausalLM")
    assert "count the folder of the checkpoint" in message


@pytest.mark.parametrize(
    "config", [{}, {"model_type": "llama"}, {"model_type": ["mixtral"]}, {"model_type": None}]
)
def test_config_without_a_known_name_is_refused(config):
    assert refusal(config).startswith("architecture: expected a mixture of experts, got model_type ")


def test_class_that_loads_the_weights_decides_over_model_type():
    """Grok-1 has been published as `mixtral`; its four norms per layer give it away."""
    grok = {**MIXTRAL, "architectures": ["Grok1ModelForCausalLM"]}
    assert read_config(grok).family == "grok-1"
    assert count(grok).parts["norms"] > count(MIXTRAL).parts["norms"]
    assert "Mystery" in refusal({**MIXTRAL, "architectures": ["MysteryForCausalLM"]})


def test_model_type_decides_where_no_class_is_named():
    bare = {key: value for key, value in MIXTRAL.items() if key != "architectures"}
    assert count(bare).total == 46_702_792_704


@pytest.mark.parametrize(
    ("field", "default"),
    [("num_experts_per_tok", 2), ("intermediate_size", 14336), ("num_key_value_heads", 8)],
)
def test_missing_size_is_named_with_the_class_default(field, default):
    message = refusal({key: value for key, value in MIXTRAL.items() if key != field})
    assert message == (
        f"{field}: expected a value, got nothing; "
        f"transformers' MixtralConfig would take {default}: write it in if that is meant"
    )


def test_missing_switch_takes_the_class_default_and_says_so():
    config = {key: value for key, value in MIXTRAL.items() if key != "tie_word_embeddings"}
    assert read_config(config).assumed == {"tie_word_embeddings": False}
    ernie = published_config("ernie-4-5-21b-a3b")
    del ernie["tie_word_embeddings"]
    assert read_config(ernie).tied is True


def test_null_key_value_heads_mean_one_for_each_head():
    heads = count({**MIXTRAL, "num_key_value_heads": None})
    assert heads.parts["attn"] == 32 * 4 * 4096 * 4096


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"hidden_size": "4096"},
            "hidden_size: expected a whole number from 1 to 1,099,511,627,776, got '4096'",
        ),
        ({"hidden_size": 4096.0}, "hidden_size: expected a whole number .* got 4096.0"),
        ({"num_local_experts": True}, "num_local_experts: expected a whole number .* got True"),
        (
            {"num_hidden_layers": 10**9},
            "num_hidden_layers: expected a whole number from 1 to 4,096, got 1000000000",
        ),
        ({"vocab_size": -1}, "vocab_size: expected a whole number .* got -1"),
        ({"num_experts_per_tok": 9}, "experts a token: expected at most 8, which a layer has, got 9"),
        ({"num_local_experts": 1}, "experts: expected at least 2 a layer, got 1"),
        ({"tie_word_embeddings": "no"}, "tie_word_embeddings: expected true or false, got 'no'"),
        (
            {"hidden_size": 4100},
            r"head_dim: expected a value, as 4100 \(hidden_size\) does not divide by 32 heads",
        ),
    ],
)
def test_wrong_value_is_named_with_what_was_expected(change, message):
    with pytest.raises(ConfigError, match=message):
        read_config({**MIXTRAL, **change})


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("deepseek-v3", {"scoring_func": "softmax"}, 'scoring_func: expected "sigmoid", got "softmax"'),
        ("deepseek-v3", {"moe_layer_freq": 2}, "moe_layer_freq: expected 1, got 2"),
        (
            "deepseek-v3",
            {"first_k_dense_replace": 61},
            "experts: expected at least one layer with experts, got none",
        ),
        (
            "deepseek-v2",
            {"topk_method": "noaux_tc"},
            'topk_method: expected "greedy" or "group_limited_greedy"',
        ),
        ("llama-4-scout", {"text_config": 3}, "text_config: expected a table of fields, got 3"),
        ("dbrx", {"ffn_config": None}, "ffn_config: expected a table of fields, got None"),
        ("minimax-text-01", {"attn_type_list": [0, 2]}, r"attn_type_list: expected 80 times 0 \(linear\)"),
        ("minimax-text-01", {"shared_intermediate_size": 9}, "shared_intermediate_size: expected 0"),
        (
            "ernie-4-5-21b-a3b",
            {"use_bias": True},
            "use_bias: expected false, got true; no other value is implemented",
        ),
        ("switch-base-128", {"dense_act_fn": "gated-gelu"}, 'dense_act_fn: expected "relu"'),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(key, change, message):
    with pytest.raises(ConfigError, match=message):
        read_config({**published_config(key), **change})


def test_nested_field_is_named_with_its_path():
    config = copy.deepcopy(published_config("llama-4-maverick"))
    del config["text_config"]["intermediate_size_mlp"]
    assert refusal(config).startswith("text_config.intermediate_size_mlp: expected a value, got nothing; ")


def test_hunyuan_with_unlike_layers_is_refused():
    config = next(c for name, c in CONFIGS.items() if name.startswith("Hunyuan: lists"))
    assert "moe_topk: expected the same for all layers" in refusal({**config, "moe_topk": [2, 2, 1, 2]})
    assert "use_cla: expected false" in refusal({**config, "use_cla": True})
    assert "num_shared_expert: expected 1" in refusal({**config, "num_shared_expert": [2] * 4})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_any_field_may_hold_anything_and_is_counted_or_refused(data):
    config = dict(data.draw(st.sampled_from([*every_config(), *default_configs()])))
    field = data.draw(st.sampled_from(sorted(config)))
    config[field] = data.draw(JSON)
    try:
        found = count(config)
    except ConfigError as error:
        assert str(error)
    else:
        assert found.total >= found.active > 0
        json.dumps(report(found))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "config.json: expected JSON"),
        (b"\xff\xfe{", "config.json: expected JSON"),
        (b"[1]", "config.json: expected an object of fields, got list"),
        (b"[" * 100_000, "config.json: expected JSON"),
        (b" " * (LARGEST_FILE + 1), "config.json: expected at most 1,048,576 bytes"),
    ],
    ids=["empty", "binary", "list", "deep", "large"],
)
def test_file_that_is_no_config_is_refused(data, message):
    with pytest.raises(ConfigError, match=message):
        parse_config(data)


def test_weights_of_deepseek_v3_need_seventeen_devices_of_80_gigabytes():
    assert weight_bytes(671_026_404_352, 16) == 1_342_052_808_704
    assert [row["devices"] for row in memory_table(671_026_404_352, 80 * 10**9)] == [17, 9, 5]


def test_memory_rounds_up():
    assert [weight_bytes(3, bits) for bits in (16, 8, 4)] == [6, 3, 2]
    assert [devices_needed(size, 10) for size in (1, 10, 11)] == [1, 1, 2]
    with pytest.raises(ValueError, match="device memory: expected at least 1 byte, got 0"):
        devices_needed(1, 0)


def written(tmp_path, config):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


def test_command_prints_json_with_total_active_and_parts(tmp_path, capsys):
    assert main(["params", written(tmp_path, MIXTRAL), "--json", "--device", "24"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["total"], found["active"]) == (46_702_792_704, 12_879_925_248)
    assert sum(found["parts"].values()) == found["total"]
    assert found["shape"]["whole_total"] == found["total"]
    assert found["router"]["router"] == "topk_norm"
    assert found["memory"][0] == {"bits": 16, "bytes": 93_405_585_408, "devices": 4}


def test_command_prints_the_same_for_people(tmp_path, capsys):
    assert main(["params", written(tmp_path, MIXTRAL)]) == 0
    text = capsys.readouterr().out
    for words in ("46,702,792,704 (46.7 B)", "12,879,925,248 (12.88 B)", "topk_norm", "45,097,156,608", "GB"):
        assert words in text


@pytest.mark.parametrize("content", ["{", '{"model_type": "bert"}', None])
def test_command_refuses_on_stderr_with_status_2(tmp_path, capsys, content):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    assert main(["params", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{path}: ")


@pytest.mark.parametrize("text", ["0", "-1", "much", "nan", "inf"])
def test_device_memory_must_be_a_positive_number(text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected gigabytes"):
        gigabytes(text)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.key)
def test_report_of_every_model_reads(entry):
    text = report_text(report(entry.parameters))
    assert f"{entry.parameters.total:,}" in text
    assert "None" not in text
