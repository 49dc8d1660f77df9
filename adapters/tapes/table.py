"""Reads a candle file as columns of text: UTF-8, every row as wide as the first."""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.tapes.columns import columns_of, has_header, unread_columns
from domain.errors import InvalidTape

_FAULTS: Mapping[type[OSError], str] = {
    FileNotFoundError: "there is no such file",
    NotADirectoryError: "there is no such file",
    PermissionError: "cannot be read: check its permissions",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a candle file by column, one text for each row.

    `top` is the line (1 = first) of the first candle. `unended`: the last line has no line end, so it may be truncated.
    `unread` are the names of columns that are not known.
    """

    file: str
    top: int
    columns: Mapping[str, Sequence[str]]
    unended: bool
    unread: tuple[str, ...]

    def fault(self, index: int, sentence: str) -> InvalidTape:
        """An error that names the row of candle `index` (0 = first in the file)."""
        return InvalidTape(self.file, self.top + index, sentence)


def read_table(path: Path) -> Table:
    """Reads a candle file. Raises InvalidTape where it is not a table of candles in UTF-8."""
    file = str(path)
    text = _decode(file, _read(path))
    rows = _rows(file, text)
    columns = columns_of(file, rows[0])
    header = has_header(rows[0])
    unread = unread_columns(rows[0]) if header else ()
    unended = not text.rstrip(" \t").endswith(("\n", "\r"))
    _check_widths(file, rows, unended=unended)
    if header and len(rows) == 1:
        raise InvalidTape(file, 1, "only a header: no candles")
    cells = list(zip(*(rows[1:] if header else rows), strict=True))
    return Table(
        file=file,
        top=2 if header else 1,
        columns={name: cells[place] for name, place in columns.items()},
        unended=unended,
        unread=unread,
    )


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InvalidTape(str(path), None, "is a folder, not a file of candles")
        if not stat.S_ISREG(mode):
            # Reading a pipe or a device may never end and cannot be repeated after a restart.
            raise InvalidTape(str(path), None, "is not a regular file")
        return path.read_bytes()
    except OSError as error:
        raise InvalidTape(
            str(path), None, _FAULTS.get(type(error), f"cannot be read: {error.strerror}")
        ) from None


def _decode(file: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTape(file, _line_at(content, error.start), "is not text in UTF-8") from None
    if "\0" in text:
        raise InvalidTape(file, _line_at(content, content.index(0)), "is not text: it contains zero bytes")
    return text


def _line_at(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1


def _rows(file: str, text: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InvalidTape(file, reader.line_num, f"is not CSV: {error}") from None
    if reader.line_num != len(rows):
        _refuse_line_breaks(file, rows)
    while rows and _is_blank(rows[-1]):
        rows.pop()
    if not rows:
        raise InvalidTape(file, None, "is empty")
    if _is_blank(rows[0]):
        raise InvalidTape(file, 1, "is an empty line where the header or the first candle should be")
    return rows


def _is_blank(row: Sequence[str]) -> bool:
    return not "".join(row).strip()


def _refuse_line_breaks(file: str, rows: Sequence[Sequence[str]]) -> None:
    """Raises InvalidTape: after a quoted line break, row numbers would differ from line numbers."""
    for line, row in enumerate(rows, start=1):
        if any("\n" in cell or "\r" in cell for cell in row):
            raise InvalidTape(file, line, "a quoted field contains a line break")


def _check_widths(file: str, rows: Sequence[Sequence[str]], *, unended: bool) -> None:
    width = len(rows[0])
    for line, row in enumerate(rows, start=1):
        if len(row) != width:
            cut = "the file is cut off here: " if unended and line == len(rows) else ""
            raise InvalidTape(file, line, f"{cut}{len(row)} fields instead of {width}")
