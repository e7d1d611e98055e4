"""Static content: with an ETag, and with compressed copies if they are smaller."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

TYPES = {".js": "text/javascript", ".svg": "image/svg+xml"}  # operating systems disagree on these
TEXTUAL = ("text/", "image/svg+xml", "application/json")
FILE_BYTES = 64 * 2**20  # memory limit for cached answers of a group of routes
WORTH = 500  # bytes below which compression is not worthwhile


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    compressed: bytes | None  # gzip, if smaller
    media_type: str
    digest: str  # of the content
    brotli: bytes | None = None  # from the build, if it made one

    @classmethod
    def of(cls, content: bytes, media_type: str, brotli: bytes | None = None) -> Asset:
        """Returns content with its digest and compressed copy."""
        digest = sha256(content).hexdigest()[:32]
        return cls(content, compress(content, media_type), media_type, digest, brotli)

    def encoded(self, accept_encoding: str) -> tuple[bytes, str, str | None]:
        """Returns content, strong ETag and content-encoding for a client that accepts these encodings.

        A compressed copy has its own ETag: strong ones identify bytes (RFC 9110, 8.8.3.3).
        """
        for encoding, copy in (("br", self.brotli), ("gzip", self.compressed)):
            if copy is not None and takes(encoding, accept_encoding):
                return copy, f'"{self.digest}-{encoding}"', encoding
        return self.content, f'"{self.digest}"', None


class Assets:
    """The files of a folder by relative path; read again when they change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.kept: dict[Path, tuple[object, Asset]] = {}  # with size and modification time of the file

    def find(self, name: str) -> Asset | None:
        """Returns the file at a path; None if it does not exist or is hidden."""
        if "\0" in name or any(part.startswith(".") for part in name.split("/")):
            return None
        try:
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder) or not path.is_file():
                return None
            status = path.stat()
        except (OSError, ValueError):  # a name that no file can have
            return None
        stamp = (status.st_size, status.st_mtime_ns)
        if path not in self.kept or self.kept[path][0] != stamp:
            self.kept[path] = stamp, Asset.of(path.read_bytes(), media_type_of(path), brotli_of(path))
        return self.kept[path][1]


def brotli_of(path: Path) -> bytes | None:
    """Returns the build's brotli copy of a file, unless the file changed since."""
    copy = path.with_name(f"{path.name}.br")
    fresh = copy.is_file() and copy.stat().st_mtime_ns >= path.stat().st_mtime_ns
    return copy.read_bytes() if fresh else None


def media_type_of(path: Path) -> str:
    """Returns the media type of a file by its suffix."""
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(TEXTUAL[:2]) else kind


def compress(content: bytes, media_type: str) -> bytes | None:
    """Returns a gzip copy of text if it is long enough to gain by it."""
    if len(content) < WORTH or not media_type.startswith(TEXTUAL):
        return None
    compressed = gzip.compress(content, 9, mtime=0)
    return compressed if len(compressed) < 0.95 * len(content) else None


def takes(encoding: str, accept_encoding: str) -> bool:
    """Returns whether Accept-Encoding names this encoding with a weight other than 0."""
    parts = (part.replace(" ", "").lower().split(";q=") for part in accept_encoding.split(","))
    return any(
        name == encoding and weight.strip("0.") != "" for name, *rest in parts for weight in (rest or ["1"])
    )


def matches(if_none_match: str | None, etag: str) -> bool:
    """Returns whether If-None-Match has this ETag: RFC 9110, 13.1.2 (weak comparison)."""
    if if_none_match is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))
