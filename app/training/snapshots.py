"""Routing at moments of a training, on fixed held-out prompts: logits first, trace files at the end."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from ..shape import ModelShape
from ..trace import RoutingTrace, Token, TraceHeader
from .corpus import Document, text_of
from .evaluation import NO_LIMIT
from .model import Mixtral
from .recipe import Shape

# One piece of each language, out of held-out documents: the English and French FAQ, and contextlib.
PROMPTS = {
    "english": "The Depends field gives a list of packages that have to be installed in order to install this"
    " package successfully.",
    "french": "Les différentes distributions Linux utilisent des formats de paquets et des programmes de"
    " gestion de paquets différents.",
    "python": "    def __init__(self, path):\n        self.path = path\n        self._old_cwd = []",
}


def check_prompts(parts: dict[tuple[str, bool], list[Document]]) -> None:
    """Raises ValueError if a prompt is not held-out text."""
    for language, prompt in PROMPTS.items():
        if any(prompt in text_of(each) for each in parts[language, False]):
            raise ValueError(
                f"snapshot prompt: expected held-out text, found this in training text: {prompt!r}"
            )
        if not any(prompt in text_of(each) for each in parts[language, True]):
            raise ValueError(f"snapshot prompt: not in the held-out {language} text: {prompt!r}")


def moments(steps: int, count: int) -> list[int]:
    """`count` numbers of steps done, log-spaced from 1 to `steps` (fewer where two would be the same)."""
    return sorted({round(steps ** (index / max(1, count - 1))) for index in range(count)})


@torch.no_grad()
def router_logits(model: Mixtral, tokenizer: Tokenizer) -> np.ndarray:
    """Runs each prompt by itself -> float32 [T, L, N], computed in float32."""
    before = model.compute
    model.compute_in(torch.float32)
    columns = []
    for prompt in PROMPTS.values():
        _, routing = model.hidden(torch.tensor([tokenizer.encode(prompt).ids]), NO_LIMIT)
        columns.append(torch.stack([layer.logits for layer in routing], 1))
    model.compute_in(before)
    return torch.cat(columns).float().numpy()


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(-1, keepdims=True)
    return shares


def _tokens(tokenizer: Tokenizer) -> tuple[Token, ...]:
    tokens = []
    for language, prompt in PROMPTS.items():
        encoding = tokenizer.encode(prompt)
        for number, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            tokens.append(Token(text=prompt[start:end], group=language, id=number))
    return tuple(tokens)


def _model_shape(shape: Shape) -> ModelShape:
    d, head = shape.d_model, shape.head_width
    return ModelShape(
        layers=shape.layers,
        experts=shape.experts,
        top_k=shape.top_k,
        d_model=d,
        d_expert=shape.d_expert,
        attention=shape.layers * d * head * 2 * (shape.heads + shape.kv_heads),
        embeddings=shape.vocabulary * d,
        norms=(2 * shape.layers + 1) * d,
    )


def trace_of(logits: np.ndarray, name: str, shape: Shape, step: int, tokenizer: Tokenizer) -> RoutingTrace:
    """Router logits [T, L, N] at a step -> a trace with Mixtral's router: softmax, top-k, renormalised."""
    scores = _softmax(logits).astype(np.float32)
    experts = np.argsort(-scores, axis=-1, kind="stable")[..., : shape.top_k].astype(np.int32)
    chosen = np.take_along_axis(scores, experts, -1)
    header = TraceHeader(
        tokens=_tokens(tokenizer),
        shape=_model_shape(shape),
        model={"name": name, "router": "topk_norm", "step": step},
        origin={
            "source": "training",
            "checkpoint": name,
            "step": step,
            "prompts": list(PROMPTS.values()),
            "groups": "the language of each prompt; every prompt was routed by itself",
        },
    )
    return RoutingTrace(
        header, scores, experts, chosen / chosen.sum(-1, keepdims=True), logits.astype(np.float32)
    )


def write_traces(run: Path, out: Path, name: str, shape: Shape, tokenizer: Tokenizer) -> list[int]:
    """Turns the kept logits of a run into `out/snapshots/step-000123.safetensors`; returns the steps."""
    folder = out / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    steps = []
    for path in sorted(run.glob("routing-*.npy")):
        step = int(path.stem.split("-")[1])
        trace = trace_of(np.load(path), name, shape, step, tokenizer)
        (folder / f"step-{step:06d}.safetensors").write_bytes(trace.to_bytes())
        steps.append(step)
    return steps
