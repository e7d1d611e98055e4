"""A Mixtral in PyTorch, for training: bfloat16 products, float32 router, norms, residual stream and loss.

The same arithmetic as transformers' MixtralForCausalLM (tests/training/test_training.py compares them).
Letters: B sequences, S positions, T = B * S tokens, D width, H heads, G key-value heads, N experts, K chosen,
I expert width, V entries.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .expert_layer import assign, experts_forward
from .recipe import Shape

_CHUNK_TOKENS = 512  # logits of this many tokens stay in the cache of the processor


@dataclass(frozen=True, slots=True)
class LayerRouting:
    """The routing of one layer for one batch."""

    logits: Tensor  # float32 [T, N]
    experts: Tensor  # int64 [T, K], descending
    weights: Tensor  # float32 [T, K], renormalised
    counts: Tensor  # int64 [N]
    dropped: int

    def balance_loss(self) -> Tensor:
        """Returns N * sum_i f_i P_i with f over all K choices: 1 at balance, N / K at collapse (Switch)."""
        share = self.counts / self.counts.sum()
        return share.numel() * (share * torch.softmax(self.logits, -1).mean(0)).sum()

    def z_loss(self) -> Tensor:
        """Returns mean_t logsumexp(logits)^2 (ST-MoE)."""
        return torch.logsumexp(self.logits, -1).square().mean()


def rotary(positions: int, head_width: int, theta: float) -> tuple[Tensor, Tensor]:
    """Returns cos and sin, each [S, head_width], halves repeated (the layout of Hugging Face)."""
    frequencies = theta ** (-torch.arange(0, head_width, 2, dtype=torch.float32) / head_width)
    angles = torch.arange(positions, dtype=torch.float32)[:, None] * frequencies
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat((-right, left), -1) * sin


class Layer(nn.Module):
    """Attention, then experts, each after an RMS norm and with a residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        d, i, n, head = shape.d_model, shape.d_expert, shape.experts, shape.head_width
        self.shape = shape
        self.compute = torch.bfloat16
        self.input_layernorm = nn.Parameter(torch.ones(d))
        self.q_proj = nn.Parameter(torch.empty(shape.heads * head, d))
        self.k_proj = nn.Parameter(torch.empty(shape.kv_heads * head, d))
        self.v_proj = nn.Parameter(torch.empty(shape.kv_heads * head, d))
        self.o_proj = nn.Parameter(torch.empty(d, shape.heads * head))
        self.post_attention_layernorm = nn.Parameter(torch.ones(d))
        self.gate = nn.Parameter(torch.empty(n, d))
        self.w1 = nn.Parameter(torch.empty(n, i, d))
        self.w2 = nn.Parameter(torch.empty(n, d, i))
        self.w3 = nn.Parameter(torch.empty(n, i, d))

    def attention(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Returns attention outputs: [B, S, D] -> [B, S, D]."""
        shape, (b, s, _) = self.shape, x.shape
        normed = F.rms_norm(x, (shape.d_model,), self.input_layernorm, shape.norm_eps).to(self.compute)
        qkv = F.linear(normed, torch.cat((self.q_proj, self.k_proj, self.v_proj)).to(self.compute))
        heads = qkv.view(b, s, -1, shape.head_width).transpose(1, 2)  # [B, H + 2G, S, head]
        q, k, v = heads.split((shape.heads, shape.kv_heads, shape.kv_heads), 1)
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        shared = shape.heads // shape.kv_heads
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        q, k, v = (each.reshape(b * shape.heads, s, -1) for each in (q, k, v))
        mixed: Tensor = _Attention.apply(q, k, v, mask)
        mixed = mixed.view(b, shape.heads, s, -1).transpose(1, 2).reshape(b, s, -1)
        return F.linear(mixed, self.o_proj.to(self.compute))

    def moe(self, x: Tensor, capacity_limit: float) -> tuple[Tensor, LayerRouting]:
        """Returns expert outputs [T, D] -> [T, D], and the routing."""
        shape = self.shape
        normed = F.rms_norm(x, (shape.d_model,), self.post_attention_layernorm, shape.norm_eps)
        logits = F.linear(normed, self.gate)
        chosen = torch.softmax(logits, -1).topk(shape.top_k, -1)
        weights = chosen.values / chosen.values.sum(-1, keepdim=True)
        places = assign(chosen.indices, shape.experts, capacity_limit)
        w1, w2, w3 = (each.to(self.compute) for each in (self.w1, self.w2, self.w3))
        y = experts_forward(normed.to(self.compute), weights.to(self.compute), w1, w2, w3, places)
        return y, LayerRouting(logits, chosen.indices, weights, places.counts, places.dropped)


class _Attention(torch.autograd.Function):
    """Causal softmax(q k / sqrt(head)) v as plain products: the fused one has a slow bfloat16 gradient."""

    @staticmethod
    def forward(ctx, q, k, v, mask):  # type: ignore[no-untyped-def]
        scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=q.shape[-1] ** -0.5)
        shares = torch.softmax(scores, -1)
        ctx.save_for_backward(q, k, v, shares)
        return shares @ v

    @staticmethod
    def backward(ctx, d_mixed):  # type: ignore[no-untyped-def]
        q, k, v, shares = ctx.saved_tensors
        d_shares = d_mixed @ v.transpose(1, 2)
        d_scores = torch._softmax_backward_data(d_shares, shares, -1, shares.dtype)
        scale = q.shape[-1] ** -0.5
        d_q, d_k = d_scores @ k * scale, d_scores.transpose(1, 2) @ q * scale
        return d_q, d_k, shares.transpose(1, 2) @ d_mixed, None


class _CrossEntropy(torch.autograd.Function):
    """Mean loss of a tied head in chunks, with gradients computed on the way, so that no logits are stored.

    The loss has bfloat16's three digits, enough for monitoring; evaluation.py computes the exact one.
    """

    @staticmethod
    def forward(ctx, h, embedding, targets):  # type: ignore[no-untyped-def]
        d_h = torch.empty_like(h)
        d_embedding = torch.zeros(embedding.shape, dtype=torch.float32)
        loss = torch.zeros(())
        for rows, wanted, d_rows in zip(
            *(each.split(_CHUNK_TOKENS) for each in (h, targets, d_h)), strict=True
        ):
            d_logits = torch.softmax(rows @ embedding.t(), -1)  # [chunk, V]
            loss -= d_logits.gather(1, wanted[:, None]).float().clamp_min(1e-20).log().sum()
            d_logits[torch.arange(wanted.numel()), wanted] -= 1
            torch.mm(d_logits, embedding, out=d_rows)
            d_embedding += d_logits.t() @ rows
        ctx.save_for_backward(d_h, d_embedding)
        return loss / targets.numel()

    @staticmethod
    def backward(ctx, d_loss):  # type: ignore[no-untyped-def]
        d_h, d_embedding = ctx.saved_tensors
        scale = d_loss / d_h.shape[0]
        return d_h * scale, (d_embedding * scale).bfloat16(), None


class Mixtral(nn.Module):
    """The whole model, with a tied head."""

    def __init__(self, shape: Shape, seed: int) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Parameter(torch.empty(shape.vocabulary, shape.d_model))
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.d_model))
        self.compute = torch.bfloat16
        self._kept: dict[tuple[int, torch.dtype], tuple[Tensor, Tensor, Tensor]] = {}
        self._initialise(torch.Generator().manual_seed(seed))

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        self.embed_tokens.normal_(0, 0.02, generator=generator)
        for layer in self.layers:
            for name, parameter in layer.named_parameters():
                if "layernorm" in name:
                    continue
                if name == "gate":  # small, so that experts start about equally likely
                    std = 0.02
                else:
                    std = 0.5 * parameter.shape[-1] ** -0.5
                    if name in ("o_proj", "w2"):  # the residual stream starts near the embedding
                        std *= (2 * self.shape.layers) ** -0.5
                parameter.normal_(0, std, generator=generator)

    def _positions(self, s: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns cos and sin [S, head_width] and the causal mask [1, S, S], cached for the next call."""
        key = (s, self.compute)
        if key not in self._kept:
            cos, sin = rotary(s, self.shape.head_width, self.shape.rope_theta)
            mask = torch.full((1, s, s), float("-inf")).triu(1)
            self._kept[key] = (cos.to(self.compute), sin.to(self.compute), mask.to(self.compute))
        return self._kept[key]

    def compute_in(self, dtype: torch.dtype) -> None:
        """Sets the dtype of products: bfloat16 to train, float32 to measure."""
        self.compute = dtype
        for layer in self.layers:
            layer.compute = dtype

    def hidden(self, ids: Tensor, capacity_limit: float) -> tuple[Tensor, list[LayerRouting]]:
        """Returns normed last states float32 [T, D] and each layer's routing, for ids int64 [B, S]."""
        b, s = ids.shape
        cos, sin, mask = self._positions(s)
        mask = mask.expand(b * self.shape.heads, s, s)
        x = F.embedding(ids, self.embed_tokens)
        routing = []
        for layer in self.layers:
            x = x + layer.attention(x, cos, sin, mask)
            y, routed = layer.moe(x.view(b * s, -1), capacity_limit)
            x = x + y.view(b, s, -1)
            routing.append(routed)
        return F.rms_norm(x, (self.shape.d_model,), self.norm, self.shape.norm_eps).view(b * s, -1), routing

    def loss(self, ids: Tensor, capacity_limit: float) -> tuple[Tensor, list[LayerRouting]]:
        """Returns mean cross entropy in nats and each layer's routing, for ids int64 [B, S + 1]."""
        h, routing = self.hidden(ids[:, :-1], capacity_limit)
        loss: Tensor = _CrossEntropy.apply(h.bfloat16(), self.embed_tokens.bfloat16(), ids[:, 1:].reshape(-1))
        return loss, routing
