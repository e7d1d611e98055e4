"""A training run over its steps, from snapshots of the shipped models and from Megatron's counts."""

import json

import numpy as np
import pytest

from app.atlas.dataset.manifest import AtlasError
from app.atlas.questions.megatron_counts import Parallelism
from app.atlas.questions.training_view import collapses, read_training
from app.metrics.counts import counts
from app.settings import ROOT
from app.trace import RoutingTrace
from tests.trace_factory import trace_of

SNAPSHOTS = ROOT / "models" / "trio-8-unbalanced" / "snapshots"


def test_snapshots_of_the_unbalanced_model_show_its_collapse():
    found = read_training(SNAPSHOTS).to_json()
    assert found["steps"][0] == 1 and found["steps"][-1] == 5400
    last = RoutingTrace.from_bytes((SNAPSHOTS / "step-005400.safetensors").read_bytes())
    assert found["loads"][-1] == counts(last).tolist()
    assert found["saturation"][-1] == [1.0] * 6
    assert found["saturation_first"][0] != [1.0] * 6
    assert all(step is not None for step in found["collapse"])
    json.dumps(found, allow_nan=False)


def megatron(folder, ranks):
    """Returns files as `save_tpe` writes them: a line per iteration and layer, a list per microbatch."""
    (folder / "tokens_per_expert").mkdir(parents=True)
    for rank, lines in enumerate(ranks):
        path = folder / "tokens_per_expert" / f"rank{rank}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def line(step, layer, tpe, **more):
    return {"iter": step, "block": "decoder", "layer": layer, "tpe": tpe, **more}


def test_counts_of_megatron_are_summed_over_microbatches_and_joined_over_ranks(tmp_path):
    found = read_training(
        megatron(
            tmp_path,
            [
                [
                    line(100, 1, [[1, 2], [3, 4]]),
                    line(100, 2, [[5, 5]]),
                    line(200, 1, [[0, 1]]),
                    line(200, 2, [[9, 9]]),
                ],
                [
                    line(100, 1, [[7, 7]]),
                    line(100, 2, [[1, 0]]),
                    line(200, 1, [[2, 3]]),
                    line(200, 2, [[4, 4]]),
                ],
            ],
        )
    )
    assert found.steps == [100, 200]
    assert found.loads.tolist() == [[[4, 6, 7, 7], [5, 5, 1, 0]], [[0, 1, 2, 3], [9, 9, 4, 4]]]
    assert found.to_json()["saturation"] is None
    assert found.to_json()["dead_experts"] == [[0, 1], [1, 0]]


def test_ranks_of_a_parallel_run_are_put_where_megatron_puts_them(tmp_path):
    """Eight ranks as etp 1, ep 2, dp 2, pp 2: the order that RankGenerator gives for "tp-cp-ep-dp-pp"."""
    experts_of = {0: (0, 1), 1: (2, 3), 2: (0, 1), 3: (2, 3)}  # by rank within a stage
    ranks = []
    for rank in range(8):
        stage, within = divmod(rank, 4)
        counts = [100 * (stage + 1) + 10 * (within // 2 + 1) + expert for expert in experts_of[within]]
        ranks.append([line(1, 0, [counts]), line(1, 1, [[0, 1]])])
    found = read_training(megatron(tmp_path, ranks), Parallelism(expert=2, pipeline=2))
    first, second = ([2 * stage + 30 + 2 * expert for expert in range(4)] for stage in (100, 200))
    assert found.loads.tolist() == [[first, [0, 2, 0, 2], second, [0, 2, 0, 2]]]
    told = found.to_json()["placement"]
    assert told["experts"] == [[0, 1], [2, 3]]
    np.testing.assert_allclose(told["imbalance"][0][0], sum(first[2:]) / (sum(first) / 2), atol=1e-4)


def test_ranks_that_share_an_expert_count_its_tokens_once(tmp_path):
    ranks = [[line(1, 0, [[5]])], [line(1, 0, [[5]])], [line(1, 0, [[7]])], [line(1, 0, [[7]])]]
    found = read_training(megatron(tmp_path, ranks), Parallelism(expert=2, expert_tensor=2))
    assert found.loads.tolist() == [[[5, 7]]]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (Parallelism(3), r"product divides 4 ranks, got \(3, 1, 1\)"),
        (Parallelism(0), "expected sizes whose product"),
        (Parallelism(2, pipeline=4), "expected sizes whose product"),
    ],
)
def test_parallelism_that_does_not_divide_the_ranks_is_refused(tmp_path, sizes, message):
    with pytest.raises(AtlasError, match=message):
        read_training(megatron(tmp_path, [[line(1, 0, [[1]])]] * 4), sizes)


def test_rank_whose_file_is_missing_is_named(tmp_path):
    megatron(tmp_path, [[line(1, 0, [[1]])]] * 3)
    (tmp_path / "tokens_per_expert" / "rank1.jsonl").unlink()
    with pytest.raises(AtlasError, match=r"expected a file of every rank, got none of \[1\]"):
        read_training(tmp_path)


def test_layers_of_mtp_blocks_are_left_out(tmp_path):
    mtp = {"iter": 100, "block": "mtp", "mtp_idx": 0, "layer": 1, "tpe": [[50, 50]]}
    found = read_training(megatron(tmp_path, [[line(100, 3, [[128, 64], [96, 80]]), mtp]]))
    assert found.loads.tolist() == [[[224, 144]]]


@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        ([["not an object"]], "line 1: expected iter, layer and tpe"),
        ([[line(1, 0, [[1, -2]])]], "line 1: tpe: expected lists of counts"),
        ([[line(1, 0, [1, 2])]], "line 1: tpe: expected lists of counts"),
        ([[line(1, 0, [[1]])], [line(2, 0, [[1]])]], "expected the iterations and layers of rank 0"),
        ([[line(1, 0, [[1]]), line(2, 1, [[1]])]], "expected every layer at each"),
        ([[line(1, 0, [[1]]), line(1, 1, [[1, 2]])]], "expected as many experts in every layer"),
        ([[]], "expected at least one line of a decoder layer"),
    ],
)
def test_counts_that_do_not_fit_together_are_refused_by_file(tmp_path, ranks, message):
    with pytest.raises(AtlasError, match=message):
        read_training(megatron(tmp_path, ranks))


def test_folder_with_neither_is_refused(tmp_path):
    with pytest.raises(AtlasError, match=r"expected step-\*.safetensors or tokens_per_expert"):
        read_training(tmp_path)
    with pytest.raises(AtlasError, match="expected a folder"):
        read_training(tmp_path / "nope")


def test_steps_of_other_sizes_are_refused_by_file(tmp_path):
    for step, tokens in ((1, 3), (2, 4)):
        trace = trace_of(np.zeros((tokens, 1, 1), int), 2)
        (tmp_path / f"step-{step:06d}.safetensors").write_bytes(trace.to_bytes())
    with pytest.raises(AtlasError, match=r"step-000001\.safetensors: expected"):
        read_training(tmp_path)
    (tmp_path / "step-000003.safetensors").write_bytes(b"nothing")
    with pytest.raises(AtlasError, match=r"step-000003\.safetensors: expected a trace"):
        read_training(tmp_path)


def test_collapse_is_the_first_step_from_which_half_of_the_experts_stay_dead():
    loads = np.array([[[1, 0], [1, 1]], [[1, 1], [1, 1]], [[2, 0], [1, 1]], [[2, 0], [1, 1]]])
    assert collapses([10, 20, 30, 40], loads) == [30, None]
    assert collapses([10, 20], loads[2:]) == [10, None]
