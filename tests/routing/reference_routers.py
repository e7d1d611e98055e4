"""Every router once more, one token and one expert at a time, written from the papers in plain Python.

Nothing of `app.routing` is used here. A routed token is a list of (expert, weight, dropped), in order of
choice; each function returns (scores, tokens).
"""

import itertools
import math


def softmax(row):
    peak = max(row)
    powers = [math.exp(x - peak) for x in row]
    return [power / sum(powers) for power in powers]


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def pick(values, k):
    """Returns the k best, best first, the lower id in a tie; never one at minus infinity."""
    chosen = []
    for _ in range(k):
        top = None
        for expert, value in enumerate(values):
            if expert not in chosen and value > -math.inf and (top is None or value > values[top]):
                top = expert
        chosen.append(top)
    return chosen


def each(rows, one):
    """Routers that see a token alone."""
    routed = [one(row) for row in rows]
    return [scores for scores, _ in routed], [token for _, token in routed]


def topk(rows, k, renormalise=False):
    def one(row):
        p = softmax(row)
        chosen = pick(p, k)
        total = sum(p[e] for e in chosen) if renormalise else 1
        return p, [(e, p[e] / total, False) for e in chosen]

    return each(rows, one)


def topk_norm(rows, k):
    return topk(rows, k, renormalise=True)


def softmax_after(rows, k):
    def one(row):
        chosen = pick(row, k)
        weights = softmax([row[e] for e in chosen])
        return softmax(row), [(e, w, False) for e, w in zip(chosen, weights, strict=True)]

    return each(rows, one)


def noisy_topk(rows, k, noise):
    """KeepTopK puts minus infinity in place of what is not chosen, then one softmax over all of the row."""
    noisy = [[x + z for x, z in zip(row, more, strict=True)] for row, more in zip(rows, noise, strict=True)]

    def one(row):
        chosen = pick(row, k)
        kept = [x if e in chosen else -math.inf for e, x in enumerate(row)]
        gate = softmax(kept)
        return softmax(row), [(e, gate[e], False) for e in chosen]

    return each(noisy, one)


def sigmoid_top1(rows):
    def one(row):
        (best,) = pick(row, 1)
        return [sigmoid(x) for x in row], [(best, sigmoid(row[best]), False)]

    return each(rows, one)


def outside_masked(values, group_value, groups, kept):
    """Returns values with minus infinity outside the `kept` groups whose `group_value` is largest."""
    size = len(values) // groups
    members = [values[g * size : (g + 1) * size] for g in range(groups)]
    best = pick([group_value(member) for member in members], kept)
    return [value if e // size in best else -math.inf for e, value in enumerate(values)]


def group_limited(rows, k, groups, kept, scale):
    def one(row):
        p = softmax(row)
        chosen = pick(outside_masked(p, max, groups, kept), k)
        return p, [(e, p[e] * scale, False) for e in chosen]

    return each(rows, one)


def sigmoid_bias(rows, k, bias, groups, kept, scale):
    def one(row):
        s = [sigmoid(x) for x in row]
        choice = [x + b for x, b in zip(s, bias, strict=True)]
        if groups > 1:
            choice = outside_masked(choice, lambda member: sum(sorted(member)[-2:]), groups, kept)
        chosen = pick(choice, k)
        total = sum(s[e] for e in chosen) + 1e-20
        return s, [(e, s[e] / total * scale, False) for e in chosen]

    return each(rows, one)


def softmax_bias(rows, k, bias):
    def one(row):
        p = softmax(row)
        chosen = pick([x + b for x, b in zip(p, bias, strict=True)], k)
        total = max(sum(p[e] for e in chosen), 1e-12)
        return p, [(e, p[e] / total, False) for e in chosen]

    return each(rows, one)


def softplus_root(x):
    return math.sqrt(math.log(1 + math.exp(x)) if x < 30 else x)


def share(values):
    return [value / (sum(values) + 1e-20) for value in values]


def sqrt_softplus_bias(rows, k, bias, scale):
    def one(row):
        s = [softplus_root(x) for x in row]
        chosen = pick([x + b for x, b in zip(s, bias, strict=True)], k)
        total = sum(s[e] for e in chosen) + 1e-20
        return share(s), [(e, s[e] / total * scale, False) for e in chosen]

    return each(rows, one)


def hash_routing(rows, table, ids, scale):
    """Returns the routing with the experts of each token's id in the table, in the table's order."""
    scores, tokens = [], []
    for row, token in zip(rows, ids, strict=True):
        s = [softplus_root(x) for x in row]
        total = sum(s[e] for e in table[token]) + 1e-20
        scores.append(share(s))
        tokens.append([(e, s[e] / total * scale, False) for e in table[token]])
    return scores, tokens


def softmax_with_zeros(rows, k, zeros, bias, scale):
    """Returns the routing of rows [N + Z]; a choice from N on is (-1, 0, False)."""

    def one(row):
        p, count = softmax(row), len(row) - zeros
        chosen = pick([x + b for x, b in zip(p, bias, strict=True)], k)
        return p[:count], [(e, p[e] * scale, False) if e < count else (-1, 0.0, False) for e in chosen]

    return each(rows, one)


def sigmoid_joint(rows, shared, k, bias, scale):
    """Also returns the weights of the shared experts of each token."""
    scores, tokens, beside = [], [], []
    for row, more in zip(rows, shared, strict=True):
        s, always = [sigmoid(x) for x in row], [sigmoid(x) for x in more]
        chosen = pick([x + b for x, b in zip(s, bias, strict=True)], k)
        total = sum(s[e] for e in chosen) + sum(always)
        scores.append(s)
        tokens.append([(e, s[e] / total * scale, False) for e in chosen])
        beside.append([x / total * scale for x in always])
    return (scores, tokens), beside


def topk_norm_scaled(rows, k, scales):
    scores, tokens = topk_norm(rows, k)
    return scores, [[(e, weight * scales[e], drop) for e, weight, drop in token] for token in tokens]


def queueing(rows, k, capacity):
    """Switch for k = 1, ST-MoE for k = 2: first choices of all tokens first, then the second ones."""
    scores = [softmax(row) for row in rows]
    chosen = [pick(p, k) for p in scores]
    waiting = [0] * len(rows[0])
    tokens = [[] for _ in rows]
    for choice in range(k):
        for p, experts, token in zip(scores, chosen, tokens, strict=True):
            expert = experts[choice]
            full = waiting[expert] >= capacity
            waiting[expert] += 1
            token.append((expert, 0.0 if full else p[expert], full))
    return scores, tokens


def gshard(rows, capacity, draws):
    """Algorithm 1 of the paper, line by line; a second choice that is not drawn is (-1, 0, False)."""
    scores = [softmax(row) for row in rows]
    counts = [0] * len(rows[0])
    tokens = []
    for p in scores:
        first, second = pick(p, 2)
        g1 = p[first] / (p[first] + p[second])
        fits = counts[first] < capacity
        counts[first] += 1
        tokens.append([(first, g1 if fits else 0.0, not fits)])
    for p, draw, token in zip(scores, draws, tokens, strict=True):
        first, second = pick(p, 2)
        g2 = p[second] / (p[first] + p[second])
        fits = counts[second] < capacity
        counts[second] += 1
        if 2 * g2 > draw:
            token.append((second, g2 if fits else 0.0, not fits))
        else:
            token.append((-1, 0.0, False))
    return scores, tokens


def expert_choice(rows, capacity):
    """Lets each expert in turn take its best tokens, then sorts each token's experts by score."""
    scores = [softmax(row) for row in rows]
    tokens = [[] for _ in rows]
    for expert in range(len(rows[0])):
        for t in pick([p[expert] for p in scores], min(capacity, len(rows))):
            tokens[t].append((expert, scores[t][expert], False))
    for token in tokens:
        token.sort(key=lambda entry: -entry[1])
    return scores, tokens


def best_balanced_sum(rows):
    """Returns the largest sum of logits over all assignments with T / N tokens to each expert, by trying
    them all."""
    tokens, experts = len(rows), len(rows[0])
    assert tokens % experts == 0
    seats = [e for e in range(experts) for _ in range(tokens // experts)]
    return max(
        sum(row[e] for row, e in zip(rows, order, strict=True))
        for order in set(itertools.permutations(seats))
    )
