"""The self-check tells sound rows from rows that are shifted, mixed up or made by another rule."""

import numpy as np
import pytest
from moescope_vllm.rule import agreement, scores_of, selected
from moescope_vllm.selfcheck import Unsound, judge

PLAIN = {
    "scores": "softmax",
    "renormalise": True,
    "groups": 0,
    "topk_groups": 0,
    "scale": 1.0,
    "custom": False,
}
DEEPSEEK = {**PLAIN, "scores": "sigmoid", "groups": 4, "topk_groups": 2, "scale": 2.5}
ROWS, LAYERS, EXPERTS, K = 26, 3, 16, 2


def slow_choice(logits, rule, bias):
    """Returns one token by loops: ids best first, weights."""
    if rule["scores"] == "softmax":
        powers = np.exp(logits - logits.max())
        scores = powers / powers.sum()
    else:
        scores = 1 / (1 + np.exp(-logits))
    values = [float(s) + (0 if bias is None else float(b)) for s, b in zip(scores, bias, strict=True)]
    if rule["groups"]:
        size = len(values) // rule["groups"]
        groups = [values[i * size : (i + 1) * size] for i in range(rule["groups"])]
        worth = [sum(sorted(group)[-2:]) for group in groups]
        kept = sorted(range(len(groups)), key=lambda i: -worth[i])[: rule["topk_groups"]]
        values = [v if i // size in kept else -np.inf for i, v in enumerate(values)]
    ids = sorted(range(len(values)), key=lambda i: -values[i])[:K]
    weights = scores[ids]
    return ids, weights / weights.sum() * rule["scale"]


def routing(rule, seed=0):
    random = np.random.default_rng(seed)
    logits = random.normal(size=(ROWS, LAYERS, EXPERTS)).astype(np.float32)
    biases = [random.normal(size=EXPERTS).astype(np.float32) / 10 for _ in range(LAYERS)]
    if rule is PLAIN:
        biases = [np.zeros(EXPERTS, np.float32)] * LAYERS
    chosen = [[slow_choice(logits[t, i], rule, biases[i]) for i in range(LAYERS)] for t in range(ROWS)]
    ids = np.array([[ids for ids, _ in row] for row in chosen], np.int32)
    weights = np.array([[weights for _, weights in row] for row in chosen], np.float32)
    return {"logits": logits, "ids": ids, "weights": weights}, biases


@pytest.mark.parametrize("rule", [PLAIN, DEEPSEEK], ids=["softmax", "sigmoid, bias, groups"])
def test_rows_of_a_slow_loop_follow_the_rule(rule):
    columns, biases = routing(rule)
    assert agreement(columns, rule, biases, 1e-4) == 1.0
    found = judge(columns, columns, rule, biases)
    assert (found["experts"], found["top_k"], found["follows_rule"]) == (EXPERTS, K, 1.0)


def test_order_of_the_ids_does_not_matter():
    columns, biases = routing(PLAIN)
    turned = columns | {"ids": columns["ids"][..., ::-1], "weights": columns["weights"][..., ::-1]}
    assert judge(columns, turned, PLAIN, biases)["same"] == 1.0


def shifted(columns):
    return columns | {"ids": np.roll(columns["ids"], 1, axis=0)}


def unweighted(columns):
    return columns | {"weights": np.full_like(columns["weights"], 0.5)}


def twice(columns):
    return columns | {"ids": np.zeros_like(columns["ids"])}


def beyond(columns):
    return columns | {"ids": columns["ids"] + EXPERTS}


def without_numbers(columns):
    return columns | {"logits": columns["logits"] * np.nan}


@pytest.mark.parametrize("fault", [shifted, unweighted, twice, beyond, without_numbers])
def test_self_check_finds_a_fault_in_both_runs(fault):
    columns, biases = routing(PLAIN)
    with pytest.raises(Unsound):
        judge(fault(columns), fault(columns), PLAIN, biases)


def test_self_check_finds_rows_of_another_request():
    columns, biases = routing(PLAIN)
    other, _ = routing(PLAIN, seed=1)
    with pytest.raises(Unsound, match="routed otherwise beside another"):
        judge(columns, other, PLAIN, biases)


def test_rule_that_numpy_does_not_have_is_not_judged():
    columns, biases = routing(DEEPSEEK)
    assert judge(columns, columns, {**PLAIN, "custom": True}, biases)["follows_rule"] is None


@pytest.mark.parametrize("rule", [PLAIN, DEEPSEEK], ids=["softmax", "sigmoid, bias, groups"])
def test_rule_is_that_of_vllm(rule):
    torch = pytest.importorskip("torch")
    cpu_router = pytest.importorskip("vllm.model_executor.layers.fused_moe.router.cpu_router")
    columns, biases = routing(rule)
    router = cpu_router.CPURouter(
        top_k=K,
        global_num_experts=EXPERTS,
        use_grouped_topk=rule["groups"] > 0,
        num_expert_group=rule["groups"],
        topk_group=rule["topk_groups"],
        renormalize=rule["renormalise"],
        scoring_func=rule["scores"],
        routed_scaling_factor=rule["scale"],
        e_score_correction_bias=torch.from_numpy(biases[0]) if rule["groups"] else None,
    )
    logits = torch.from_numpy(columns["logits"][:, 0].copy())
    weights, ids = router._compute_routing(logits, logits, None)
    theirs = {"logits": logits.numpy(), "ids": ids.numpy(), "weights": weights.numpy()}
    theirs = {name: column[:, None] for name, column in theirs.items()}
    assert agreement(theirs, rule, biases[:1], 1e-4) == 1.0


def test_unknown_score_function_is_named():
    with pytest.raises(ValueError, match="got 'tanh'"):
        scores_of(np.zeros((1, 4), np.float32), "tanh")


def test_every_group_kept_is_no_group():
    scores = np.arange(8, dtype=np.float32)[None]
    assert selected(scores, {**PLAIN, "groups": 2, "topk_groups": 2}, None) is scores
