"""Opens a file by its first bytes: arrays, JSON, a table, a folder. Formats are recognised elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..bounds import no_routing, truncated, unsafe
from ..findings import CaptureError
from .files import Bytes, Files
from .gguf_counts import MAGIC as GGUF
from .gguf_counts import read_gguf
from .json_text import is_lines, parse, parse_events, parse_lines, text_of
from .numpy_files import NPY, read_npy, read_npz, read_safetensors
from .parquet import read_parquet
from .pickle_free import read_pt
from .tables import looks_like_table, read_table

LFS = "version https://git-lfs"


@dataclass(frozen=True)
class Opened:
    """An opened file: `container` names its kind, `value` holds its content."""

    name: str
    container: str
    value: Any
    files: Files
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def records(self) -> list[Any]:
        """Returns JSON Lines as a list, a JSON list as its entries, anything else as one entry."""
        if self.container in ("jsonl", "sse"):
            return list(self.value)
        return list(self.value) if isinstance(self.value, list) else [self.value]


def open_files(files: Files) -> Opened:
    """Opens a capture. Raises CaptureError."""
    if files.folder:
        return Opened("folder", "folder", files.names, files)
    name, data = files.only()
    if not len(data):
        raise truncated(name, "a capture", "an empty file")
    return open_binary(name, data, files) or open_text(name, data, files)


def open_binary(name: str, data: Bytes, files: Files) -> Opened | None:
    """Opens a file that has a binary signature; returns None for text."""
    head = bytes(data[:8])
    bounds = files.bounds
    if head[:6] == NPY:
        return Opened(name, "npy", read_npy(name, data, bounds), files)
    if head[:4] == GGUF:
        return Opened(name, "gguf", read_gguf(name, data, bounds), files)
    if head[:4] == b"PAR1":
        return Opened(name, "parquet", read_parquet(name, data, bounds), files)
    if head[:2] == b"PK":
        return open_archive(name, data, files)
    length_alone = bytes(data[2:9]) == b"\0\0\0\0\0\0{"  # of a safetensors header, such as 0x0280 bytes
    if head[:1] == b"\x80" and len(data) > 2 and head[1] in range(2, 6) and not length_alone:
        return Opened(name, "pt", read_pt(name, data, bounds), files)
    if bytes(data[8:9]) == b"{" and is_safetensors(data):
        arrays, metadata = read_safetensors(name, data, bounds)
        return Opened(name, "safetensors", arrays, files, metadata)
    if b"\0" in bytes(data[:512]) and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return Opened(name, "binary", data, files)
    return None


def is_safetensors(data: Bytes) -> bool:
    """Returns whether the first eight bytes are a header length, even one that is far too large."""
    return b"\0" in bytes(data[:8]) or int.from_bytes(data[:8], "little") > 2**62


def open_archive(name: str, data: Bytes, files: Files) -> Opened:
    """Opens a zip archive: as .pt if it contains a `data.pkl`, else as .npz."""
    if b"data.pkl" in bytes(data[:4096]):
        return Opened(name, "pt", read_pt(name, data, files.bounds), files)
    arrays = read_npz(name, data, files.bounds)
    if not arrays:
        raise no_routing(name, "an archive of arrays (.npz, .pt)", "another archive", "unpack it first")
    return Opened(name, "npz", arrays, files)


def open_text(name: str, data: Bytes, files: Files) -> Opened:
    """Opens JSON, JSON Lines, a stream, or a table."""
    text = text_of(name, data, files.bounds)
    begin = text.lstrip()[:40]
    if begin.startswith(LFS):
        advice = "fetch the file itself with git lfs pull"
        raise no_routing(name, "a capture", "a Git LFS pointer to one", advice)
    if begin.startswith("{") and is_lines(text):
        return Opened(name, "jsonl", parse_lines(name, text), files)
    if begin.startswith(("{", "[")):
        return Opened(name, "json", parse(name, text), files)
    if begin.startswith(("data:", "event:", ":")):
        ended = {"ended": "yes"} if "[DONE]" in text[-200:] else {}
        return Opened(name, "sse", parse_events(name, text), files, ended)
    if begin.startswith("nrlre1:"):
        return Opened(name, "json", text.strip(), files)
    check_known_texts(name, text)
    if looks_like_table(text):
        return Opened(name, "table", read_table(name, text, files.bounds), files)
    raise no_routing(name, "a capture", "text of no known format", "see docs/CAPTURES.md for what is read")


def check_known_texts(name: str, text: str) -> None:
    """Raises CaptureError for known texts that mention routing but hold none, and for pickles as text."""
    head = text[:20_000]
    if "initial_global_assignments" in head:
        advice = "give a file with ids or counts"
        raise no_routing(name, "routing", "a placement plan of expert slots", advice)
    if "ffn_moe_" in head and ("ggml_debug" in head or ("[" in head and "..." in head) or "{" in head):
        advice = "prints leave numbers out; write the whole tensors"
        raise no_routing(name, "routing", "a print-out of tensors", advice)
    if head.startswith("(d") or head.startswith("(l") or head.startswith("c__builtin__"):
        raise unsafe(name, "a capture", "a pickle", "save tensors with torch.save, or .npz")


__all__ = ["CaptureError", "Opened", "open_files"]
