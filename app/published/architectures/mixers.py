"""Parameters of one layer's token mixer. D width, H heads, G key-value heads, E width of a head."""

from __future__ import annotations

import math

from .config_fields import ConfigError, Fields
from .model_config import Mixer


def attention(f: Fields, *, qkv_bias: bool = False, out_bias: bool = False, extra: int = 0) -> Mixer:
    """Returns multi-head attention, or grouped-query attention if G < H (Ainslie et al. 2023)."""
    size = grouped(f.size("hidden_size"), *heads_of(f), qkv_bias, out_bias)
    return Mixer("attention", size + extra)


def grouped(d: int, heads: int, kv_heads: int, width: int, qkv_bias: bool, out_bias: bool) -> int:
    """Returns the parameters of query and output [D, H E], key and value [D, G E], with their biases."""
    rows = (heads + 2 * kv_heads) * width
    return d * rows + heads * width * d + qkv_bias * rows + out_bias * d


def heads_of(f: Fields) -> tuple[int, int, int]:
    """Returns H, G, E from the file."""
    heads = f.size("num_attention_heads", "num_heads")
    return heads, key_value_heads(f, heads), head_width(f, heads)


def key_value_heads(f: Fields, heads: int) -> int:
    """Returns G: H for null, and for a missing field if that is the class default."""
    if f.values.get("num_key_value_heads") is not None:
        return f.size("num_key_value_heads")
    if "num_key_value_heads" not in f.values and f.maybe("num_key_value_heads") is not None:
        raise f.missing("num_key_value_heads")
    return heads


def head_width(f: Fields, heads: int) -> int:
    """Returns E: the file's value, else the class default, else D / H."""
    if f.values.get("head_dim") is not None:
        return f.size("head_dim")
    if f.defaults.get("head_dim") is not None:
        raise f.missing("head_dim")
    d = f.size("hidden_size")
    if d % heads:
        expected = f"a value, as {d} (hidden_size) does not divide by {heads} heads"
        raise ConfigError(f"{f.at}head_dim", expected, "nothing", "write it in")
    return d // heads


def latent(f: Fields) -> Mixer:
    """Returns multi-head latent attention with its two inner norms (DeepSeek-V2, arXiv 2405.04434, 2.1)."""
    d, heads = f.size("hidden_size"), f.size("num_attention_heads")
    rope, nope, value = (f.size(n) for n in ("qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"))
    kv_rank, q_rank, bias = f.size("kv_lora_rank"), f.maybe("q_lora_rank"), f.switch("attention_bias")
    query = low_rank(d, q_rank, heads * (nope + rope), bias) if q_rank else d * heads * (nope + rope)
    key_value = low_rank(d, kv_rank, heads * (nope + value), bias) + d * rope + bias * rope
    return Mixer("attention", query + key_value + heads * value * d + bias * d)


def low_rank(d: int, rank: int, out: int, bias: bool) -> int:
    """Returns the parameters of a projection to `rank`, a norm there, and a projection up again."""
    return d * rank + bias * rank + rank + rank * out


def mamba(f: Fields) -> Mixer:
    """Returns Mamba (Gu and Dao 2023) with Jamba's three inner norms (Lieber et al. 2024)."""
    d, state = f.size("hidden_size"), f.count("mamba_d_state")
    inner = f.count("mamba_expand") * d
    rank = math.ceil(d / 16) if f.optional("mamba_dt_rank") == "auto" else f.count("mamba_dt_rank")
    conv = inner * (f.count("mamba_d_conv") + f.switch("mamba_conv_bias"))
    projections = 3 * d * inner + f.switch("mamba_proj_bias") * (2 * inner + d)
    steps = inner * (rank + 2 * state) + (rank + 1) * inner + rank + 2 * state
    return Mixer("mamba", conv + projections + steps + inner * state + inner)


def lightning(f: Fields) -> Mixer:
    """Returns lightning attention (MiniMax-01, arXiv 2501.08313): four projections, a gate, one norm."""
    heads, _, width = heads_of(f)
    return Mixer("linear_attention", 5 * f.size("hidden_size") * heads * width + heads * width)
