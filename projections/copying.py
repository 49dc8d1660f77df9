"""Rows in the text format of PostgreSQL's COPY.

The text is made column by column, because one pass over a column's values costs a fraction of a call for each value of
each row. Format: https://www.postgresql.org/docs/current/sql-copy.html, "Text Format".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, LargeBinary, Table, Text
from sqlalchemy.types import JSON

from projections.columns import Moment, Money, Packed, plain_json
from projections.projection import Row

_NULL = "\\N"
_SPECIAL = "\\\t\n\r"
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_BETWEEN = "\0"
"""Separates the values of a column of text while they are escaped together; PostgreSQL stores no text with it."""

_AT_ONCE = 1_000
"""Rows in a block. Memory for larger texts comes from the operating system each time, which takes longer."""

Texts = Callable[[Iterable[Any]], Iterable[str]]
"""Converts the values of a column, none of which is None, to escaped text."""


def quoted_columns(table: Table) -> str:
    """The quoted names of the columns, in the order in which `copy_texts` writes them."""
    return ", ".join(f'"{column.name}"' for column in table.columns)


def copy_texts(table: Table, partition: int, rows: Sequence[Row]) -> Iterator[bytes]:
    """The rows in blocks of lines, one line for each row, with the partition as the first value.

    Raises ValueError for text with NUL or with half a surrogate pair, TypeError for a value of another type than text
    in a column of text; PostgreSQL refuses other values that do not fit their column.
    """
    for start in range(0, len(rows), _AT_ONCE):
        yield _block(table, partition, rows[start : start + _AT_ONCE])


def _block(table: Table, partition: int, rows: Sequence[Row]) -> bytes:
    columns = [
        _column([row[name] for row in rows], nullable=nullable, texts=texts)
        for name, nullable, texts in _plan(table)
    ]
    lines = zip([str(partition)] * len(rows), *columns, strict=True)
    return ("\n".join(map("\t".join, lines)) + "\n").encode()


@lru_cache(maxsize=1024)
def _plan(table: Table) -> Sequence[tuple[str, bool, Texts]]:
    return [(column.name, bool(column.nullable), _texts_of(column)) for column in list(table.columns)[1:]]


def _texts_of(column: Column[Any]) -> Texts:
    return next(texts for kind, texts in _TEXTS if isinstance(column.type, kind))


def _column(values: Sequence[Any], *, nullable: bool, texts: Texts) -> Iterable[str]:
    if not nullable or None not in values:
        return texts(values)
    known = iter(list(texts([value for value in values if value is not None])))
    return [_NULL if value is None else next(known) for value in values]


def _escaped(values: Iterable[str]) -> Sequence[str]:
    texts = list(values)
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) != max(len(texts) - 1, 0):
        raise ValueError("PostgreSQL stores no text with the character NUL")
    if not any(special in joined for special in _SPECIAL):
        return texts
    return joined.translate(_ESCAPES).split(_BETWEEN)


def _moments(values: Iterable[Any]) -> Iterable[str]:
    """Events of one instant share their times, and a time takes longer to write than to look up."""
    times = list(values)
    texts = {value: value.isoformat() for value in set(times)}
    return [texts[value] for value in times]


def _bytes(values: Iterable[bytes]) -> Iterable[str]:
    return [rf"\\x{value.hex()}" for value in values]


def _json(values: Iterable[Any]) -> Iterable[str]:
    return _escaped(map(plain_json, values))


def _plain(values: Iterable[Any]) -> Iterable[str]:
    return map(str, values)


_TEXTS: Sequence[tuple[type, Texts]] = (
    (Money, _plain),
    (Moment, _moments),
    (Packed, _json),
    (JSON, _json),
    (Text, _escaped),
    (LargeBinary, _bytes),
    (BigInteger, _plain),
    (Boolean, _plain),
    (Float, _plain),
)
"""By column type. Each text is read by PostgreSQL as the value itself: decimals with all digits, times with their
offset, floats by their shortest text that gives the same value."""
