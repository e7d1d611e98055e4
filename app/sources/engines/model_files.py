"""Finds a model by its files: a checkpoint folder, the hub's cache, a GGUF file, or an address."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from .engine_error import EngineRefusal

Kind = Literal["checkpoint", "gguf", "address"]
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
LFS = b"version https://git-lfs.github.com/spec/"
CONVERT = (
    "they are pickles, which can run code; convert them on a machine that you trust: "
    'python -c "from transformers import AutoModelForCausalLM as M; '
    "M.from_pretrained('FOLDER').save_pretrained('NEW', safe_serialization=True)\""
)


@dataclass(frozen=True)
class ModelFiles:
    """A model on disk. `path`: the checkpoint's folder, or the GGUF file."""

    kind: Kind
    name: str
    path: Path
    config: Mapping[str, Any]  # config.json; empty for other kinds

    @property
    def model_type(self) -> str:
        """Returns the family named in config.json."""
        return str(self.config.get("model_type", ""))

    @property
    def quantised(self) -> str:
        """Returns the quantisation method of the weights: "fp8", "mxfp4", "gptq"; "" for none."""
        inner: Any = self.config.get("text_config") or {}
        found: Any = self.config.get("quantization_config") or inner.get("quantization_config") or {}
        return str(found.get("quant_method", "")) if isinstance(found, dict) else ""

    def weight_files(self) -> list[Path]:
        """Returns the weight files, sorted by name."""
        return [self.path] if self.kind == "gguf" else sorted(self.path.glob("*.safetensors"))

    def weight_bytes(self) -> int:
        """Returns the size of the weights on disk, bytes."""
        return sum(path.stat().st_size for path in self.weight_files())

    def digest(self) -> str:
        """Returns a hash of config.json, and of the first megabyte and size of each weight file."""
        digest = sha256(json.dumps(dict(self.config), sort_keys=True).encode())
        for path in self.weight_files():
            with path.open("rb") as file:
                digest.update(f"{path.name} {path.stat().st_size} ".encode() + file.read(1 << 20))
        return digest.hexdigest()[:16]


def find_model(model: str, env: Mapping[str, str] = os.environ) -> ModelFiles:
    """Finds a model by path, by name in the hub's cache, or by address. Raises EngineRefusal."""
    if model.startswith(("http://", "https://")):
        return ModelFiles("address", model, Path(), {})
    path = Path(model).expanduser()
    if path.suffix.lower() in PICKLED:
        raise EngineRefusal(
            f"{model}: expected safetensors or GGUF weights, got {path.suffix} files; {CONVERT}"
        )
    if path.is_file() and path.suffix.lower() == ".gguf":
        return gguf(path)
    folder = path if path.is_dir() else cached(model, hub_cache(env))
    if folder is None:
        raise EngineRefusal(
            f"{model}: expected a checkpoint folder, a .gguf file, or a model of the hub's cache "
            f"({hub_cache(env)}), got none of them; nothing is downloaded here: hf download {model}"
        )
    return checkpoint(snapshot(folder), model_name(model, folder))


def gguf(path: Path) -> ModelFiles:
    """Returns a GGUF file as a model. Raises EngineRefusal if it is not one."""
    with path.open("rb") as file:
        magic = file.read(len(LFS))
    check_pointer(path, magic)
    if magic[:4] != b"GGUF":
        raise EngineRefusal(f"{path}: expected a GGUF file, got one that begins with {magic[:4]!r}")
    return ModelFiles("gguf", path.stem, path, {})


def checkpoint(folder: Path, name: str) -> ModelFiles:
    """Returns a checkpoint folder, or its only GGUF file, as a model. Raises EngineRefusal."""
    if not (folder / "config.json").exists():
        found = sorted(folder.glob("*.gguf"))
        if len(found) == 1:
            return gguf(found[0])
        several = f"{len(found)} .gguf files; name one of them" if found else "neither; check the path"
        raise EngineRefusal(f"{folder}: expected config.json or one .gguf file, got {several}")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        raise EngineRefusal(f"{folder / 'config.json'}: expected JSON; {error}") from error
    if not isinstance(config, dict):
        raise EngineRefusal(f"{folder / 'config.json'}: expected an object, got {type(config).__name__}")
    files = ModelFiles("checkpoint", name, folder, config)
    check_weights(files)
    return files


def check_weights(files: ModelFiles) -> None:
    """Raises EngineRefusal for pickled weights, a lone adapter, Git LFS pointers, or missing weights."""
    weights = files.weight_files()
    pickled = sorted(path.name for path in files.path.iterdir() if path.suffix in PICKLED)
    if not [path for path in weights if path.name != "adapter_model.safetensors"]:
        if pickled:
            raise EngineRefusal(
                f"{files.path}: expected safetensors weights, got {', '.join(pickled[:3])}; {CONVERT}"
            )
        raise EngineRefusal(f"{files.path}: expected *.safetensors weights, got none; download them too")
    if (files.path / "adapter_config.json").exists():
        raise EngineRefusal(
            f"{files.path}: expected whole weights, got an adapter (LoRA) beside them; "
            "merge it first: peft's merge_and_unload() and save_pretrained()"
        )
    for path in weights:
        with path.open("rb") as file:
            check_pointer(path, file.read(len(LFS)))


def check_pointer(path: Path, beginning: bytes) -> None:
    """Raises EngineRefusal if a file is a Git LFS pointer."""
    if beginning == LFS:
        raise EngineRefusal(f"{path}: expected weights, got a pointer of Git LFS; run: git lfs pull")


def hub_cache(env: Mapping[str, str]) -> Path:
    """Returns the folder in which Hugging Face's tools cache downloads."""
    home = Path(env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(env.get("HF_HUB_CACHE") or home / "hub").expanduser()


def cached(model: str, cache: Path) -> Path | None:
    """Returns the folder of `owner/name` in the hub's cache; None if it is not there."""
    owner, _, name = model.partition("/")
    parts_are_plain = all(part and part.strip(".") and "/" not in part for part in (owner, name))
    folder = cache / f"models--{owner}--{name}"
    return folder if parts_are_plain and folder.is_dir() else None


def snapshot(folder: Path) -> Path:
    """Returns the snapshot of a cache folder's `main`, else its newest one; any other folder unchanged."""
    snapshots = folder / "snapshots"
    if not snapshots.is_dir():
        return folder
    main = folder / "refs" / "main"
    named = snapshots / main.read_text(encoding="ascii").strip() if main.exists() else None
    if named is not None and named.parent == snapshots and named.is_dir():
        return named
    found = sorted(
        (path for path in snapshots.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    if not found:
        raise EngineRefusal(f"{folder}: expected a snapshot, got none; download the model again")
    return found[-1]


def model_name(model: str, folder: Path) -> str:
    """Returns the displayed name: the last part of the path, or `name` of `models--owner--name`."""
    for part in (folder.resolve(), *folder.resolve().parents):
        if part.name.startswith("models--"):
            return part.name.split("--")[-1]
    return folder.resolve().name
