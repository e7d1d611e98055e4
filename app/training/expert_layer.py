"""The expert layer in training: tokens sorted by expert, then one product per expert, or one for all.

Many experts get segments of equal length and one batched product. Few experts get segments of their own
length and a short loop, which stays cheap when the router has collapsed. A segment has a limit: a token
over it is dropped for that expert, second choices first (GShard, Algorithm 1). The shipped models are used
without a limit; the share of drops is reported. Gradients are written by hand, because the gradient of
each gather is another gather, where autograd would scatter.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

_LOOP_EXPERTS = 16  # up to this number, a loop over experts is faster than padding to the busiest one
_ROUND_ROWS = 32  # rounds segment lengths, for libraries that prepare a product once per size


@dataclass(frozen=True, slots=True)
class Places:
    """The assignment of rows. Expert e has a segment of `sizes[e]` rows (slots); R rows in all; R: none."""

    slot_of_choice: Tensor  # int64 [T, K]: row in [0, R]; R: dropped
    token_of_slot: Tensor  # int64 [R]: token in [0, T]; T: empty
    choice_of_slot: Tensor  # int64 [R]: index in [0, T * K] into the flat choices; T * K: empty
    counts: Tensor  # int64 [N]: choices of each expert, dropped ones included
    sizes: tuple[int, ...]  # rows of each expert
    dropped: int


def segment_sizes(counts: Tensor, limit: float) -> tuple[int, ...]:
    """Returns the rows per expert: its load, or with many experts the largest load; at most `limit` means."""
    mean = float(counts.sum()) / counts.numel()
    most = max(1, int(min(limit * mean, float(counts.max())) + 0.999))
    if counts.numel() > _LOOP_EXPERTS:  # in quarters of the mean, to limit the number of shapes
        quarter = max(1, round(mean / 4))
        return (-(-most // quarter) * quarter,) * counts.numel()
    return tuple(-(-min(int(count), most) // _ROUND_ROWS) * _ROUND_ROWS for count in counts)


def assign(experts: Tensor, n_experts: int, limit: float) -> Places:
    """Returns the places of chosen experts int64 [T, K]."""
    tokens, top_k = experts.shape
    by_priority = experts.t().reshape(-1)  # [K * T]: all first choices, then all second ones
    counts = torch.bincount(by_priority, minlength=n_experts)
    sizes = segment_sizes(counts, limit)
    size = torch.tensor(sizes)
    rows = int(size.sum())
    order = torch.argsort(by_priority, stable=True)
    sorted_experts = by_priority[order]
    rank = torch.arange(order.numel()) - (torch.cumsum(counts, 0) - counts)[sorted_experts]
    kept = rank < size[sorted_experts]
    row = torch.where(kept, (torch.cumsum(size, 0) - size)[sorted_experts] + rank, rows)
    slot_by_priority = torch.empty_like(row)
    slot_by_priority[order] = row
    choice_of_slot = torch.full((rows + 1,), tokens * top_k)
    choice_of_slot[row] = (order % tokens) * top_k + order // tokens  # index into [T, K], flat
    choice_of_slot = choice_of_slot[:rows]
    token_of_slot = torch.div(choice_of_slot, top_k, rounding_mode="floor")
    dropped = order.numel() - int(kept.sum())
    return Places(
        slot_by_priority.view(top_k, tokens).t(), token_of_slot, choice_of_slot, counts, sizes, dropped
    )


def _each(rows: Tensor, matrices: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Returns every segment of rows [R, X] times its expert's matrix [N, X, Y] -> [R, Y]."""
    if len(sizes) > _LOOP_EXPERTS:
        return torch.bmm(rows.view(len(sizes), sizes[0], -1), matrices).flatten(0, 1)
    out = rows.new_empty(rows.shape[0], matrices.shape[2])
    for segment, matrix, target in zip(rows.split(sizes), matrices, out.split(sizes), strict=True):
        torch.mm(segment, matrix, out=target)
    return out


def _each_outer(left: Tensor, right: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Multiplies each segment of left [R, X], transposed, by that of right [R, Y] -> [N, X, Y]."""
    n = len(sizes)
    if n > _LOOP_EXPERTS:
        return torch.bmm(left.view(n, sizes[0], -1).transpose(1, 2), right.view(n, sizes[0], -1))
    out = left.new_zeros(n, left.shape[1], right.shape[1])
    for a, b, target in zip(left.split(sizes), right.split(sizes), out, strict=True):
        if a.shape[0]:
            torch.mm(a.t(), b, out=target)
    return out


def _with_zero_row(rows: Tensor) -> Tensor:
    padded = rows.new_empty(rows.shape[0] + 1, *rows.shape[1:])
    padded[:-1] = rows
    padded[-1] = 0
    return padded


class _Experts(torch.autograd.Function):
    """y_t = sum_k weight[t, k] * down_e(silu(gate_e x_t) * up_e x_t), e = experts[t, k]."""

    @staticmethod
    def forward(ctx, x, weights, w1, w2, w3, places):  # type: ignore[no-untyped-def]
        width = w1.shape[1]
        gate_up = torch.cat((w1, w3), 1)  # [N, 2I, D]
        inside = _with_zero_row(x)[places.token_of_slot]  # [T, D] -> [R, D]
        both = _each(inside, gate_up.transpose(1, 2), places.sizes)  # -> [R, 2I]
        hidden = F.silu(both[:, :width]) * both[:, width:]  # -> [R, I]
        outside = _with_zero_row(_each(hidden, w2.transpose(1, 2), places.sizes))  # -> [R + 1, D]
        y = torch.zeros_like(x)
        for k in range(weights.shape[1]):
            y += outside[places.slot_of_choice[:, k]] * weights[:, k : k + 1]
        ctx.save_for_backward(weights, gate_up, w2, inside, both, hidden, outside)
        ctx.places = places
        return y

    @staticmethod
    def backward(ctx, dy):  # type: ignore[no-untyped-def]
        weights, gate_up, w2, inside, both, hidden, outside = ctx.saved_tensors
        places, width = ctx.places, w2.shape[2]
        d_weights = torch.stack(
            [(dy * outside[places.slot_of_choice[:, k]]).sum(-1) for k in range(weights.shape[1])], 1
        )
        weight_of_slot = _with_zero_row(weights.reshape(-1))[places.choice_of_slot]
        d_outside = _with_zero_row(dy)[places.token_of_slot] * weight_of_slot[:, None]  # [R, D]
        d_w2 = _each_outer(d_outside, hidden, places.sizes)
        d_hidden = _each(d_outside, w2, places.sizes)  # [R, I]
        gate, up = both[:, :width], both[:, width:]
        bent = torch.sigmoid(gate)
        d_both = torch.cat((d_hidden * up * (bent * (1 + gate * (1 - bent))), d_hidden * (gate * bent)), 1)
        d_gate_up = _each_outer(d_both, inside, places.sizes)
        d_inside = _with_zero_row(_each(d_both, gate_up, places.sizes))
        d_x = d_inside[places.slot_of_choice[:, 0]]
        for k in range(1, weights.shape[1]):
            d_x = d_x + d_inside[places.slot_of_choice[:, k]]
        return d_x, d_weights, d_gate_up[:, :width], d_w2, d_gate_up[:, width:], None


def experts_forward(x: Tensor, weights: Tensor, w1: Tensor, w2: Tensor, w3: Tensor, places: Places) -> Tensor:
    """Returns outputs [T, D] for x [T, D], weights [T, K], w1 and w3 [N, I, D], w2 [N, D, I], of one
    dtype.
    """
    result: Tensor = _Experts.apply(x, weights, w1, w2, w3, places)
    return result
