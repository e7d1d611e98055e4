"""Moescope: watch tokens route through a mixture-of-experts model."""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"


def record(model: Any, tokenizer: Any = None, scores: bool = True) -> Any:
    """Records the routing of a transformers model inside a `with` block; needs the extra `transformers`.

    `with moescope.record(model) as r: model.generate(...)`, then `r.trace`, or `r.traces` for a batch.
    Raises ValueError if the model has no MoE layer.
    """
    from .sources.engines.transformers_record import Recording

    return Recording(model, tokenizer, scores)


def read(path: Any, **options: Any) -> Any:
    """Reads a capture written by an engine, a hook or a person. `notebook.read` documents the options.

    The result has `findings`, `compare(other)`, `save(path)`, `show()` and the arrays in `routing`.
    Raises ValueError if the file cannot be read.
    """
    from .notebook import read as read_capture

    return read_capture(path, **options)
