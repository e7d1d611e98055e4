"""Reads Parquet files in a separate process: see `parquet_child.py`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from ..bounds import MIB, Bounds, too_large, truncated
from .files import Bytes
from .tables import Table

CHILD = Path(__file__).with_name("parquet_child.py")
TOO_LARGE = 3  # exit status of the child
SECONDS = 20  # time limit for a small file
BYTES_A_SECOND = 10 * MIB
ROOM = 1024 * MIB  # address space for Python and pyarrow themselves


def read_parquet(name: str, data: Bytes, bounds: Bounds) -> Table:
    """Reads a Parquet file. Raises CaptureError. A bad file cannot crash this process."""
    if len(data) < 12 or bytes(data[-4:]) != b"PAR1":
        raise truncated(name, "a Parquet file with its footer", f"{len(data):,} bytes without one")
    unpacked = min(bounds.unpacked_bytes, 4000 * len(data) + MIB)
    table = unpack(name, data, min(bounds.cells, unpacked), unpacked)
    arrays = {str(one).lower(): table.column(one).combine_chunks() for one in table.column_names}
    return Table(arrays, table.num_rows, parquet=True)


def unpack(name: str, data: Bytes, values: int, unpacked: int) -> pa.Table:
    """Returns the table that the child read."""
    seconds = SECONDS + len(data) // BYTES_A_SECOND
    limits = (values, unpacked, ROOM + 2 * len(data) + 4 * unpacked, seconds)
    arguments = [sys.executable, "-I", str(CHILD), *(str(one) for one in limits)]
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    try:
        child = subprocess.run(
            arguments,
            input=bytes(data),
            capture_output=True,
            timeout=4 * seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise truncated(name, f"a Parquet file that reads in {seconds} s", "one that does not end") from error
    if child.returncode == TOO_LARGE:
        got = child.stderr.decode(errors="replace").strip()[:120]
        raise too_large(name, f"at most {values:,} values and {unpacked:,} bytes unpacked", got)
    if child.returncode:
        reason = child.stderr.decode(errors="replace").strip().rpartition("\n")[2][:120]
        raise truncated(name, "a whole Parquet file", f"a broken one ({reason})")
    with pa.ipc.open_stream(child.stdout) as stream:
        return stream.read_all()
