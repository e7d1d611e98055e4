"""A transformer with mixture-of-experts layers as a slow loop in float64, one number after another.

Written from the papers and from nothing in `app`: Vaswani et al. 2017 (attention), Zhang and Sennrich 2019
(RMSNorm), Su et al. 2021 (rotary positions, in the halves that the Hugging Face layout has), Ainslie et al.
2023 (grouped queries), Shazeer 2020 (SwiGLU), Jiang et al. 2024 (Mixtral: softmax, the k best, divided by
their sum).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

Vector = list[float]
Matrix = list[Vector]


@dataclass
class Traced:
    """What the oracle says of each token: nested lists [T][L][.] and [T][V]."""

    scores: list[list[Vector]]
    experts: list[list[list[int]]]
    weights: list[list[Vector]]
    logits: list[Vector]


def trace(config, tensors, ids, k, choose=None, weighs_input=False):
    """Runs a Mixtral over `ids` without any cache: every token looks at all before it anew.

    `choose`: another router, from the logits [T][N] of a layer to (scores, experts, weights) of each token.
    `weighs_input`: the weight multiplies what an expert reads (Llama 4), not what it says.
    """
    choose = choose or (lambda rows: [route(row, k) for row in rows])
    weights = {name: tensor.astype("float64").tolist() for name, tensor in tensors.items()}
    layers, head = config["num_hidden_layers"], "lm_head.weight"
    if config["tie_word_embeddings"]:
        head = "model.embed_tokens.weight"
    stream = [list(weights["model.embed_tokens.weight"][id]) for id in ids]
    routed = [[] for _ in ids]
    for layer in range(layers):
        part = {
            name.removeprefix(f"model.layers.{layer}."): value
            for name, value in weights.items()
            if name.startswith(f"model.layers.{layer}.")
        }
        normed = [norm(x, part["input_layernorm.weight"], config["rms_norm_eps"]) for x in stream]
        stream = [add(x, y) for x, y in zip(stream, attention(config, part, normed), strict=True)]
        read = [norm(x, part["post_attention_layernorm.weight"], config["rms_norm_eps"]) for x in stream]
        found = choose([times(part["block_sparse_moe.gate.weight"], x) for x in read])
        for token, x in enumerate(stream):
            routed[token].append(found[token])
            for expert, weight in zip(*found[token][1:], strict=True):
                if expert < 0:
                    continue
                inside, outside = (weight, 1) if weighs_input else (1, weight)
                output = swiglu(part, f"block_sparse_moe.experts.{expert}", [inside * a for a in read[token]])
                x = [a + outside * b for a, b in zip(x, output, strict=True)]
            stream[token] = x
    final = [norm(x, weights["model.norm.weight"], config["rms_norm_eps"]) for x in stream]
    scores, experts, mix = ([[layer[part] for layer in token] for token in routed] for part in range(3))
    return Traced(scores, experts, mix, logits=[times(weights[head], x) for x in final])


def attention(config, part, normed):
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    width = config["hidden_size"] // heads
    queries, keys, values = (
        [times(part[f"self_attn.{name}_proj.weight"], x) for x in normed] for name in "qkv"
    )
    outputs = []
    for token, query in enumerate(queries):
        joined = []
        for head in range(heads):
            shared = head // (heads // kv_heads)
            turned = rotate(cut(query, head, width), token, config["rope_theta"])
            products = [
                dot(turned, rotate(cut(keys[seen], shared, width), seen, config["rope_theta"]))
                for seen in range(token + 1)
            ]
            shares = softmax([product / math.sqrt(width) for product in products])
            joined += [
                sum(share * cut(values[seen], shared, width)[column] for seen, share in enumerate(shares))
                for column in range(width)
            ]
        outputs.append(times(part["self_attn.o_proj.weight"], joined))
    return outputs


def rotate(vector, position, theta):
    """Turns the numbers i and i + half of a head by position / theta^(2 i / width)."""
    half = len(vector) // 2
    turned = list(vector)
    for i in range(half):
        angle = position * theta ** (-2 * i / len(vector))
        a, b = vector[i], vector[i + half]
        turned[i] = a * math.cos(angle) - b * math.sin(angle)
        turned[i + half] = b * math.cos(angle) + a * math.sin(angle)
    return turned


def route(logits, k):
    scores = softmax(logits)
    chosen = sorted(range(len(scores)), key=lambda expert: (-scores[expert], expert))[:k]
    total = sum(scores[expert] for expert in chosen)
    return scores, chosen, [scores[expert] / total for expert in chosen]


def swiglu(part, name, x):
    gate, up = times(part[f"{name}.w1.weight"], x), times(part[f"{name}.w3.weight"], x)
    inner = [a / (1 + math.exp(-a)) * b for a, b in zip(gate, up, strict=True)]
    return times(part[f"{name}.w2.weight"], inner)


def norm(x, gain, epsilon):
    scale = 1 / math.sqrt(sum(a * a for a in x) / len(x) + epsilon)
    return [a * scale * g for a, g in zip(x, gain, strict=True)]


def softmax(values):
    powers = [math.exp(value - max(values)) for value in values]
    return [power / sum(powers) for power in powers]


def times(matrix, x):
    return [dot(row, x) for row in matrix]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def add(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


def cut(vector, head, width):
    return vector[head * width : (head + 1) * width]
