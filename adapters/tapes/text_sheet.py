"""Reads a table of text into a sheet: CSV with any usual separator, with lines before the header or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice

from adapters.tapes.headers import is_header
from adapters.tapes.sheet import Sheet, check_cells
from adapters.tapes.yahoo import is_yahoo, yahoo_sheet
from domain.errors import InvalidTape

_SEPARATORS = (";", "\t", "|", ",")
"""In order of precedence: a comma may be a decimal comma where one of the others separates columns."""
LEAST_COLUMNS = 5
_SAMPLE_LINES, _SAMPLE_CHARACTERS, _MOST_PREAMBLE, _MOST_LINE = 20, 1 << 16, 10, 1 << 16
_WORDS = re.compile(r"[a-z]+")
_PRICE_WORDS = frozenset({"open", "high", "low", "close"})


def read_text_sheet(file: str, text: str) -> Sheet:
    """The sheet of a text.

    Raises InvalidTape where the text is no table with equally many fields in each row, or has no row of candles.
    """
    _check_lines(file, text)
    rows = _rows(file, text)
    start = _start(rows)
    unended = not text.rstrip(" \t").endswith(("\n", "\r"))
    _check_widths(file, rows, start, unended=unended)
    if is_yahoo(rows[start:]):
        return yahoo_sheet(file, rows, start, unended=unended)
    return _sheet(file, rows, start, unended=unended)


def _sheet(file: str, rows: Sequence[Sequence[str]], start: int, *, unended: bool) -> Sheet:
    header = rows[start] if is_header(rows[start]) else None
    top = start + (header is not None)
    if len(rows) == top:
        raise InvalidTape(file, top, "only a header: no candles")
    return Sheet(
        file=file,
        form="CSV",
        header=header,
        columns=list(zip(*(islice(rows, top, None) if top else rows), strict=True)),
        top=top + 1,
        unended=unended,
        notes=_preamble_notes(rows[:start]),
    )


def _check_lines(file: str, text: str) -> None:
    """Raises InvalidTape for a line that is far too long, before its cells are made."""
    for start in range(0, len(text) - _MOST_LINE, _MOST_LINE):
        end = start + _MOST_LINE
        if text.find("\n", start, end) < 0 and text.find("\r", start, end) < 0:
            line = text.count("\n", 0, start) + 1
            raise InvalidTape(file, line, f"the line is longer than {_MOST_LINE:,} characters: not a candle")


def _separator(text: str) -> str:
    """The separator that most of the first lines have often enough; a comma where none has."""
    lines = [line for line in text[:_SAMPLE_CHARACTERS].splitlines()[:_SAMPLE_LINES] if line.strip()]
    for sign in _SEPARATORS:
        if 2 * sum(line.count(sign) >= LEAST_COLUMNS - 1 for line in lines) > len(lines):
            return sign
    return _SEPARATORS[-1]


def _rows(file: str, text: str) -> list[list[str]]:
    separator = _separator(text)
    check_cells(file, text, separator)
    reader = csv.reader(
        io.StringIO(text, newline=""), strict=True, skipinitialspace=True, delimiter=separator
    )
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


def _start(rows: Sequence[Sequence[str]]) -> int:
    """The index of the header or, without one, of the first candle: the first row that is no preamble."""
    for index, row in enumerate(rows[:_MOST_PREAMBLE]):
        if len(row) >= LEAST_COLUMNS:
            return index
        if not _is_preamble(row):
            break
    return 0


def _is_preamble(row: Sequence[str]) -> bool:
    """Whether the row is a title or a web address: it has at most two cells, no figure first and no price's name."""
    text = " ".join(row).lower()
    named = _PRICE_WORDS.intersection(_WORDS.findall(text))
    return len([cell for cell in row if cell]) <= 2 and not text[:1].isdecimal() and not named


def _preamble_notes(preamble: Sequence[Sequence[str]]) -> tuple[str, ...]:
    lines = [" ".join(row).strip() for row in preamble]
    return (f"lines before the table not read: {', '.join(map(repr, lines))}",) if lines else ()


def _check_widths(file: str, rows: Sequence[Sequence[str]], start: int, *, unended: bool) -> None:
    width = len(rows[start])
    if not start and set(map(len, rows)) == {width}:
        return
    for line, row in enumerate(islice(rows, start, None), start=start + 1):
        if len(row) != width:
            cut = "the file is cut off here: " if unended and line == len(rows) else ""
            raise InvalidTape(file, line, f"{cut}{len(row)} fields instead of {width}")
