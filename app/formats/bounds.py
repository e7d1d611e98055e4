"""Limits on the memory and time that reading a file may cost. Each is checked before the cost arises."""

from __future__ import annotations

from dataclasses import dataclass

from .findings import CaptureError

MIB = 2**20


@dataclass(frozen=True)
class Bounds:
    """The limits on one file. The page uses tighter ones than the command line."""

    file_bytes: int = 4096 * MIB  # of one file on disk
    json_bytes: int = 512 * MIB  # of a JSON text; Python's lists take ten times as much memory
    unpacked_bytes: int = 4096 * MIB  # of all arrays of a file, once unpacked
    header_bytes: int = 64 * MIB  # of a header before the arrays
    cells: int = 2**31  # of one array, and of a table
    files: int = 10_000  # in a folder or an archive

    def check(self, where: str, size: int, limit: int, held: int | None = None) -> None:
        """Raises CaptureError `too-large` if `size` exceeds `limit`, or is implausible for `held` bytes."""
        if size > limit:
            raise too_large(where, f"at most {limit:,}", f"{size:,}")
        if held is not None and size > 64 * MIB and size > FACTOR * max(held, 1):
            raise too_large(where, f"at most {FACTOR} times the {held:,} bytes that it holds", f"{size:,}")


FACTOR = 100  # compression ratio: expert ids reach ten at most; a deflate bomb reaches a thousand
PAGE_BOUNDS = Bounds(256 * MIB, 128 * MIB, 512 * MIB, 16 * MIB, 2**28, 1000)


def too_large(where: str, expected: str, got: str) -> CaptureError:
    """Returns the error `too-large` for a file that claims more than the limit."""
    return CaptureError("too-large", where, expected, got, "the file was not read; save a shorter capture")


def truncated(where: str, expected: str, got: str) -> CaptureError:
    """Returns the error `truncated` for a file that ends too early."""
    return CaptureError("truncated", where, expected, got, "copy or download the whole file again")


def unsafe(where: str, expected: str, got: str, advice: str) -> CaptureError:
    """Returns the error `unsafe-file` for a file that can only be read by running its code."""
    return CaptureError("unsafe-file", where, expected, got, f"nothing was run; {advice}")


def no_routing(where: str, expected: str, got: str, advice: str) -> CaptureError:
    """Returns the error `no-routing` for a file that holds no routing."""
    return CaptureError("no-routing", where, expected, got, advice)


def needs(where: str, expected: str, got: str, advice: str) -> CaptureError:
    """Returns the error `needs-facts` for a size that the file does not state."""
    return CaptureError("needs-facts", where, expected, got, advice)
