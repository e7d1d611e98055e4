"""Writes .pt files as torch.save does, without torch: a pickle whose tensors are calls over storages."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np

STORAGES = {
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
}


class Storage:
    """A storage by its number; `pt` gives it to the pickle as a persistent id."""

    def __init__(self, array: Any, number: int) -> None:
        self.array, self.number = array, number


def pt(value: Any) -> bytes:
    """Returns a .pt file with the arrays of a value as tensors."""
    names = ["torch", "torch._utils"]
    kept = {name: sys.modules.get(name) for name in names}
    fake, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in STORAGES.values():
        setattr(fake, name, type(name, (), {"__module__": "torch"}))

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    sys.modules.update({"torch": fake, "torch._utils": utils})
    try:
        return written(value, fake, rebuild)
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def written(value: Any, fake: Any, rebuild: Any) -> bytes:
    """Returns the archive: data.pkl and one member per storage."""
    storages: list[Storage] = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: Any) -> Any:
            if not isinstance(one, Storage):
                return None
            kind = getattr(fake, STORAGES[one.array.dtype.name])
            return ("storage", kind, str(one.number), "cpu", one.array.size)

        def reducer_override(self, one: Any) -> Any:
            if not isinstance(one, np.ndarray):
                return NotImplemented
            array = np.ascontiguousarray(one)
            storages.append(Storage(array, len(storages)))
            strides = tuple(step // array.itemsize for step in array.strides)
            return rebuild, (storages[-1], 0, array.shape, strides, False, OrderedDict())

    out = io.BytesIO()
    Pickler(out, 2).dump(value)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("archive/data.pkl", out.getvalue())
        for storage in storages:
            files.writestr(f"archive/data/{storage.number}", storage.array.tobytes())
    return archive.getvalue()
