"""Reads Parquet from standard input in a process of its own, and writes Arrow to standard output.

Parquet's C++ reader can crash its process, or run for minutes, on a file with one wrong byte. This process
is disposable: it limits its own memory and time. It is started by its path and imports nothing of this
package. Arguments: most values, most bytes unpacked, most memory, most seconds. Exit status: 3 if the file is
too large, another one if it is broken.
"""

import sys
from typing import Any

TOO_LARGE = 3


def limit(memory: int, seconds: int) -> None:
    """Limits memory and CPU time of this process, if the system supports it."""
    try:
        import resource
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def plain_bytes(column: Any) -> int:
    """Returns about how many bytes a column takes once each row of a dictionary has its own value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    kind = column.type.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)):
        return 16 * len(column)
    parts = [pc.take(pc.binary_length(part.dictionary), part.indices) for part in column.chunks]
    return 8 * len(column) + sum(pc.sum(lengths).as_py() or 0 for lengths in parts)


def plain(column: Any) -> Any:
    """Returns a column whose rows have a value of their own each."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def main() -> int:
    """Reads the file, checks the sizes in its footer, unpacks it, and writes it."""
    values, unpacked, memory, seconds = (int(one) for one in sys.argv[1:5])
    limit(memory, seconds)
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = sys.stdin.buffer.read()
    file = pq.ParquetFile(
        pa.BufferReader(data), thrift_string_size_limit=2**26, thrift_container_size_limit=1_000_000
    )
    metadata = file.metadata
    groups = [metadata.row_group(at) for at in range(min(metadata.num_row_groups, 100_000))]
    columns = [group.column(at) for group in groups for at in range(group.num_columns)]
    announced = max(sum(one.num_values for one in columns), metadata.num_rows)
    bytes_announced = sum(one.total_uncompressed_size for one in columns)
    if announced > values or max(bytes_announced, 4 * announced) > unpacked:
        print(f"{announced:,} values and {bytes_announced:,} bytes", file=sys.stderr)
        return TOO_LARGE
    table = file.read(use_threads=False)
    taken = sum(plain_bytes(column) for column in table.columns)
    if taken > unpacked:
        print(f"{taken:,} bytes in the rows", file=sys.stderr)
        return TOO_LARGE
    table = pa.Table.from_arrays([plain(column) for column in table.columns], table.column_names)
    with pa.ipc.new_stream(sys.stdout.buffer, table.schema) as out:
        out.write_table(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
