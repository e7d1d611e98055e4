"""Parameter figures against counts of real matrices."""

from dataclasses import replace

import pytest

from app.shape import ModelShape, small_shape

MIXTRAL = ModelShape(
    layers=32,
    experts=8,
    top_k=2,
    d_model=4096,
    d_expert=14336,
    attention=32 * (2 * 4096 * 4096 + 2 * 4096 * 1024),
    embeddings=2 * 32000 * 4096,
    norms=(2 * 32 + 1) * 4096,
)


def test_mixtral_has_its_published_parameters():
    """46.7 B in total, 12.9 B a token (Jiang et al. 2024, arXiv 2401.04088); the sum is that of its files."""
    figures = MIXTRAL.to_json()
    assert figures["whole_total"] == 46_702_792_704
    assert figures["whole_active"] == pytest.approx(12.9e9, rel=0.005)
    assert figures["bytes_16bit"] == 2 * 46_702_792_704


def test_more_experts_raise_the_total_and_leave_the_active():
    few, many = small_shape(8, 2), small_shape(64, 2)
    assert many.total_p == 8 * few.total_p
    assert many.active_p == few.active_p


def test_more_chosen_experts_raise_the_active_and_leave_the_total():
    two, four = small_shape(8, 2), small_shape(8, 4)
    assert four.active_p == 2 * two.active_p
    assert four.total_p == two.total_p


def test_total_counts_every_matrix_of_every_expert():
    shape = small_shape(8, 2)
    matrices = [(128, 64), (128, 64), (64, 128)] * 8 * 6
    assert shape.total_p == sum(rows * columns for rows, columns in matrices)


def test_shared_expert_counts_once_a_layer_in_both_figures():
    plain = small_shape(8, 2)
    shared = replace(plain, d_shared=100)
    extra = 6 * 3 * 128 * 100
    assert shared.total_p - plain.total_p == shared.active_p - plain.active_p == extra


def test_with_routing_changes_nothing_but_the_routing():
    assert small_shape(8, 2).with_routing(32, 4) == small_shape(32, 4)


def test_json_of_a_shape_reads_back():
    assert ModelShape.from_json(MIXTRAL.to_json()) == MIXTRAL


@pytest.mark.parametrize(("d_shared", "shared"), [(0, 0), (64, 1), (128, 2), (100, 1), (40, 1)])
def test_shared_experts_are_as_many_as_their_width_holds(d_shared, shared):
    figures = replace(small_shape(8, 2), d_shared=d_shared).to_json()
    assert figures["shared"] == shared


@pytest.mark.parametrize(("dense_layers", "below"), [((), 0), ((0, 1, 2), 3), ((0, 2, 4), 1), ((1, 3), 0)])
def test_dense_layers_below_the_first_moe_layer_are_counted(dense_layers, below):
    assert replace(small_shape(8, 2), dense_layers=dense_layers).to_json()["dense_below"] == below
