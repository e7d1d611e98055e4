"""Reads tables: CSV of any dialect, TSV, columns of text."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from ..bounds import Bounds, no_routing, truncated

DELIMITERS = ("\t", ";", ",", " ")
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
# One number in a cell of several.
VALUE = re.compile(rf"{NUMBER.pattern}|-?\b(?:nan|inf(?:inity)?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """Columns by lower-case name; `header` is False if the names are generated."""

    columns: dict[str, Any]  # name -> pyarrow array
    rows: int
    header: bool = True
    parquet: bool = False
    comments: tuple[str, ...] = ()
    delimiter: str = ","
    whole: bool = True  # the last line ends with a line break

    def name_of(self, *names: str) -> str | None:
        """Returns the first of these names that is a column."""
        return next((name for name in names if name in self.columns), None)

    def integers(self, name: str) -> NDArray[np.int64]:
        """Returns a column of whole numbers. Raises CaptureError naming the first cell that is not one."""
        column = self.columns[name]
        if column.null_count:
            raise truncated(f"column {name}", "a number in every line", f"{column.null_count} empty cells")
        try:
            return np.asarray(column.cast(pa.int64(), safe=True).to_numpy(zero_copy_only=False), np.int64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError, TypeError) as error:
            raise no_routing(
                f"column {name}", "whole numbers", "something else", "check the column"
            ) from error

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Returns a column of numbers; decimal commas are accepted."""
        column = self.columns[name]
        try:
            if pa.types.is_string(column.type):
                column = pa.array(
                    [None if one is None else one.replace(",", ".") for one in column.to_pylist()]
                )
            return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
            raise no_routing(f"column {name}", "numbers", "something else", "check the column") from error

    def texts(self, name: str) -> list[str]:
        """Returns a column as texts."""
        return ["" if one is None else str(one) for one in self.columns[name].to_pylist()]

    def lists(self, name: str, kind: type = int) -> list[list[Any]]:
        """Returns a column of lists; text cells such as `15 13` or `[15, 13]` are parsed."""
        column = self.columns[name]
        if pa.types.is_string(column.type):
            return [
                [kind(float(part.replace(",", "."))) for part in VALUE.findall(spaced(cell))]
                for cell in self.texts(name)
            ]
        return [[one] if not isinstance(one, list) else one for one in column.to_pylist()]


def matrix_of(name: str, table: Table) -> NDArray[np.int64]:
    """Returns a table of whole numbers as a matrix. Raises CaptureError if the last line ends early."""
    if any(column.null_count for column in table.columns.values()):
        raise truncated(name, "whole lines of numbers", "empty cells")
    return np.stack([table.integers(one) for one in table.columns], axis=1)


def spaced(cell: str) -> str:
    """Returns a cell with the commas between its numbers replaced by spaces; decimal commas stay."""
    return cell.replace(", ", " ") if " " in cell or "[" in cell else cell.replace(",", " ")


def read_table(name: str, text: str, bounds: Bounds) -> Table:
    """Reads CSV, TSV or columns of text: any delimiter, with or without a header, comments with `#`."""
    body = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    comments = []
    while body.startswith("#"):
        line, _, body = body.partition("\n")
        comments.append(line)
    head = next((line for line in body.split("\n", 20) if line.strip()), "")
    delimiter = delimiter_of(head)
    header = not all(is_number(cell) for cell in head.split(delimiter))
    bounds.check(f"{name}: cells", body.count("\n") * (head.count(delimiter) + 1), bounds.cells)
    columns = parse_table(name, body, delimiter, header)
    names = [str(one).strip().lower() for one in columns.column_names]
    arrays = {one: columns.column(at).combine_chunks() for at, one in enumerate(names)}
    return Table(arrays, columns.num_rows, header, False, tuple(comments), delimiter, body.endswith("\n"))


def parse_table(name: str, body: str, delimiter: str, header: bool) -> pa.Table:
    """Parses with pyarrow. Raises CaptureError `truncated` if the last line is too short."""
    options = pa_csv.ReadOptions(autogenerate_column_names=not header)
    parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values='"' in body)
    convert = pa_csv.ConvertOptions(
        decimal_point="," if delimiter == ";" else ".", strings_can_be_null=False, null_values=[""]
    )
    try:
        return pa_csv.read_csv(io.BytesIO(body.encode()), options, parse, convert)
    except pa.ArrowInvalid as error:
        last = body.rstrip("\n").rpartition("\n")[2]
        if (last.strip() and (last in str(error) or '"' in last or "EOF" in str(error))) or not body.count(
            "\n"
        ):
            raise truncated(name, "whole lines", f"part of one at the end: {last[:60]!r}") from error
        raise no_routing(name, "a table", f"lines that differ ({str(error)[:120]})", "check them") from error


def delimiter_of(head: str) -> str:
    """Returns the delimiter of the first line."""
    counts = {one: head.count(one) for one in DELIMITERS}
    return next((one for one in DELIMITERS[:2] if counts[one]), "," if counts[","] else " ")


def is_number(cell: str) -> bool:
    """Returns whether a cell is a number; a line with one is not a header."""
    return bool(NUMBER.fullmatch(cell.strip())) or not cell.strip()


def looks_like_table(text: str) -> bool:
    """Returns whether the first lines have the same number of cells, at least two."""
    lines = [line for line in text[:4000].split("\n") if line.strip() and not line.startswith("#")][:4]
    if not lines:
        return False
    delimiter = delimiter_of(lines[0])
    cells = lines[0].count(delimiter)
    numeric = any(is_number(cell) for line in lines[-2:] for cell in line.split(delimiter) if cell.strip())
    return cells >= 1 and numeric and all(ord(one) >= 9 for one in text[:200])
