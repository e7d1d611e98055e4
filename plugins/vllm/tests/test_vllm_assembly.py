"""Rows of several pipeline stages become the rows of one request."""

import numpy as np
import pytest
from moescope_vllm.assembly import Assembly
from safetensors.numpy import save


def stage(layers, positions, tokens, dropped=0):
    """Returns a worker's answer: the id of a row is 10 * position + layer."""
    ids = [[[10 * position + layer] for layer in layers] for position in positions]
    columns = {
        "positions": np.array(positions, np.int32),
        "tokens": np.array(tokens, np.int32),
        "ids": np.array(ids, np.int32).reshape(len(positions), len(layers), 1),
        "weights": np.ones((len(positions), len(layers), 1), np.float32),
        "logits": np.zeros((len(positions), len(layers), 4), np.float32),
    }
    return {"known": True, "layers": list(layers), "requests": {"r": save(columns)}, "dropped": dropped}


def test_stages_that_are_not_equally_far_are_joined_row_by_row():
    assembly = Assembly([0, 1, 3])
    assembly.add([stage([0, 1], [0, 1], [5, 6]), None, stage([3], [0], [-1])])
    assert assembly.ready([5, 6, 7])["ids"][:, :, 0].tolist() == [[0, 1, 3]]
    assembly.add([stage([0, 1], [2], [7]), stage([3], [1, 2], [-1, -1])])
    assert assembly.ready([5, 6, 7, 8], last=True)["ids"][:, :, 0].tolist() == [[10, 11, 13], [20, 21, 23]]
    assert assembly.missing == 0


def test_last_token_has_no_row():
    assembly = Assembly([0])
    assembly.add([stage([0], [0, 1, 2], [5, 6, 7])])
    assert len(assembly.ready([5, 6], last=True)["ids"]) == 1
    assert assembly.missing == 0


def test_rejected_draft_is_replaced_by_the_token_that_was_kept():
    assembly = Assembly([0])
    assembly.add([stage([0], [0, 1], [5, 9])])
    assert len(assembly.ready([5, 6, 7])["ids"]) == 1
    assembly.add([stage([0], [1], [6])])
    assert len(assembly.ready([5, 6, 7], last=True)["ids"]) == 1
    assert assembly.missing == 0


def test_gap_is_counted_and_nothing_moves_up_into_it():
    assembly = Assembly([0])
    assembly.add([stage([0], [0, 2], [5, 7])])
    assert assembly.ready([5, 6, 7, 8], last=True)["ids"][:, 0, 0].tolist() == [0]
    assert assembly.missing == 2


def test_dropped_rows_of_any_worker_are_told():
    assembly = Assembly([0, 1])
    assembly.add([stage([0], [0], [5]), stage([1], [0], [5], dropped=7)])
    assert assembly.dropped == 7


def test_error_of_a_worker_is_raised_in_its_words():
    with pytest.raises(ValueError, match="no room"):
        Assembly([0]).add([{"error": "no room"}])
