"""Writes models/README.md from the training.json files; no figure in it is typed by hand."""

import json
from pathlib import Path
from typing import Any

from .heldout import LENGTH, WINDOWS
from .recipe import MODELS

_TEXT = """# The models

Five small mixtures of experts, trained from scratch for this project. The page computes LIVE routing
from these weights. They are also small: {parameters} parameters, {tokens:.1f}
million tokens. They generate the languages of their training, not sensible text.

All have {layers} layers of width {d_model}, {heads} attention heads ({kv_heads} for keys and values),
top-{top_k} of experts of width {d_expert}, and one tokenizer: byte-level BPE of {vocabulary} entries.
They were trained on the same tokens in the same order
for the same {steps} steps and differ in the number of experts
alone; `trio-8-unbalanced` is `trio-8` without the load-balancing loss. The layout is that of Hugging
Face's Mixtral, and transformers loads each directory as it is.

## Held-out loss

Nats per token over {held_out_tokens} tokens of held-out documents, in float32, from the
shipped (bfloat16) weights. An untrained model has ln {vocabulary} = {untrained:.2f}.

{loss_table}

## Load balance

MaxVio, (busiest expert - mean) / mean, of each layer over the same held-out text, all languages
together: 0 is even, {most:.0f} (N = 8) is every token to the same two experts. Dropped: the share of
choices over the capacity limit of {limit:g} times the mean while training; the shipped models drop
nothing.

{balance_table}

## Context

Mean loss by position in the text; sequences had {length} tokens, and {long_length} in the last part of
training.

{position_table}

## Copying

Loss of pieces of held-out text, and of the same pieces directly repeated. A model that has learned to
copy has a low loss on the second copy. Copying develops suddenly (induction heads; Olsson et al. 2022),
and a short training can miss it. Such a model is worse on all text, with any number of experts. Read the
losses above with this table.

{copying_table}

## Rounding

Weights are saved in bfloat16. The change in held-out loss, in nats per token:

{rounding_table}

## Training

`make train`, that is `python -m app.training all` with the extra `train`. It can be stopped and resumed
at any time; see `app/training/__init__.py` for the steps. Loss: cross entropy, plus
{balance_weight:g} times Switch's load-balancing loss of each layer, plus {z_weight:g} times ST-MoE's
router z-loss of each layer. Muon for matrices, Adam for embedding, norms and routers. Products in
bfloat16; router, norms and residual stream in float32. Each `training.json` has every setting, the loss
by language and the balance by layer at {moments} moments, times and versions.

{time_table}

`snapshots/` holds the routing of three held-out prompts at {snapshots} moments of training, from the
first step to the last, as trace files.

## The text, and its licences

Documentation and code of Debian packages, fetched by name. The repository does not contain the text.

{sizes}

| text | packages | licence |
|---|---|---|
{licences}

`heldout.safetensors` has {heldout_windows} windows of {heldout_length} tokens of each language's held-out
text, as token ids, under the same licences. `python -m app measure` runs the models on it and writes
`measured.json`: the cost of every router and number of experts, and what the routers learned.

Whole documents are held out, each translation together with its original: two books (the FAQ and the
maintainers' guide) and one in sixteen of the manual pages, help pages and Python modules. Repeated paragraphs
were kept once.
"""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _loss_table(reports: list[dict[str, Any]]) -> str:
    names = list(reports[0]["held_out"]["loss"])
    rows = [
        [
            each["name"],
            str(each["shape"]["experts"]),
            *(f"{each['held_out']['loss'][name]:.3f}" for name in names),
        ]
        for each in reports
    ]
    return _table(["model", "experts", *names], rows)


def _balance_table(reports: list[dict[str, Any]]) -> str:
    layers = [f"layer {number + 1}" for number in range(reports[0]["shape"]["layers"])]
    rows = [
        [
            each["name"],
            *(f"{value:.2f}" for value in each["held_out"]["max_vio"]),
            f"{100 * each['dropped_share']:.2f} %",
        ]
        for each in reports
    ]
    return _table(["model", *layers, "dropped"], rows)


def _position_table(reports: list[dict[str, Any]]) -> str:
    spans = list(reports[0]["loss_by_position"])
    rows = [[each["name"], *(f"{each['loss_by_position'][span]:.3f}" for span in spans)] for each in reports]
    return _table(["model", *spans], rows)


def _copying_table(reports: list[dict[str, Any]]) -> str:
    rows = [
        [each["name"], *(f"{value:.3f}" for value in each["loss_when_repeated"].values())] for each in reports
    ]
    return _table(["model", "first copy", "second copy"], rows)


def _rounding_table(reports: list[dict[str, Any]]) -> str:
    names = list(reports[0]["rounding"]["cost"])
    rows = [[each["name"], *(f"{each['rounding']['cost'][name]:+.5f}" for name in names)] for each in reports]
    return _table(["model", *names], rows)


def _time_table(reports: list[dict[str, Any]]) -> str:
    rows = [
        [each["name"], f"{each['train_secs'] / 60:.0f} min", str(each["threads"]), str(each["resumed"])]
        for each in reports
    ]
    return _table(["model", "training took (on a shared 2-core machine)", "threads", "times resumed"], rows)


def _licences() -> str:
    from . import __doc__ as table

    assert table is not None
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return "\n".join(lines[1:])


def _sizes(corpus: dict[str, Any]) -> str:
    sides = [(key.split("-"), value) for key, value in corpus.items() if isinstance(value, dict)]
    rows = [
        [
            language,
            side,
            str(value["documents"]),
            f"{value['bytes'] / 1e6:.1f} MB",
            f"{value['tokens'] / 1e6:.2f} M",
        ]
        for (language, side), value in sides
    ]
    return _table(["language", "part", "documents", "text", "tokens"], rows)


def readme(reports: list[dict[str, Any]]) -> str:
    """Returns the page about the models, from their training.json, smallest first."""
    import math

    first, recipe = reports[0], reports[0]["recipe"]
    sizes = sorted(_parameters(each["shape"]) for each in reports)
    return _TEXT.format(
        **first["shape"],
        parameters=f"{sizes[0] / 1e6:.1f} to {sizes[-1] / 1e6:.1f} million",
        tokens=first["tokens_seen"] / 1e6,
        untrained=math.log(first["shape"]["vocabulary"]),
        most=8 / first["shape"]["top_k"] - 1,
        limit=recipe["capacity_limit"],
        held_out_tokens=f"{first['held_out']['tokens']:,}",
        loss_table=_loss_table(reports),
        balance_table=_balance_table(reports),
        position_table=_position_table(reports),
        copying_table=_copying_table(reports),
        rounding_table=_rounding_table(reports),
        time_table=_time_table(reports),
        moments=len(first["log"]),
        sizes=_sizes(first["corpus"]),
        heldout_windows=WINDOWS,
        heldout_length=LENGTH,
        licences=_licences(),
        **{name: value for name, value in recipe.items() if name != "capacity_limit"},
    )


def _parameters(shape: dict[str, Any]) -> int:
    d, head = shape["d_model"], shape["d_model"] // shape["heads"]
    attention = 2 * d * head * (shape["heads"] + shape["kv_heads"])
    experts = shape["experts"] * (3 * d * shape["d_expert"] + d)
    return shape["layers"] * (attention + experts + 2 * d) + d + shape["vocabulary"] * d


def write_readme(out: Path) -> None:
    """Writes `out/README.md` about the finished models in `out`."""
    order = sorted(MODELS, key=lambda model: (model.recipe.balance_weight == 0, model.shape.experts))
    paths = [out / model.name / "training.json" for model in order]
    reports = [json.loads(path.read_text()) for path in paths if path.exists()]
    (out / "README.md").write_text(readme(reports), encoding="utf-8")
