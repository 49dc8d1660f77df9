"""Parquet, by pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

from adapters.exports.sheet import Sheet, cell
from projections.columns import COUNT, FLAG, JSON_TEXT, MOMENT, MONEY, TEXT, Kind
from projections.projection import Row

_DIGITS, _PLACES = 38, 18
"""The digits of a decimal128, and how many of them are after the point."""
_ROWS = 50_000
"""The rows of one group."""


def write_parquet(sheet: Sheet, file: BinaryIO) -> None:
    """Writes amounts as decimal128(38, 18); as text a column with an amount that has more digits, so that none is lost.

    Times are UTC to the microsecond. Raises ImportError where pyarrow is not installed.
    """
    arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    has_amounts = any(_is_money(kind) for kind in sheet.columns.values())
    rows = list(sheet.rows) if has_amounts else sheet.rows
    types = {name: _type(arrow, name, kind, rows) for name, kind in sheet.columns.items()}
    texts = {name for name, type_ in types.items() if type_ == arrow.string()}
    schema = arrow.schema(list(types.items()))
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(rows):
            columns = {
                name: [cell(row[name]) if name in texts else row[name] for row in group] for name in types
            }
            writer.write_table(arrow.table(columns, schema=schema))


def _groups(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    waiting = iter(rows)
    while group := list(islice(waiting, _ROWS)):
        yield group


def _is_money(kind: Kind) -> bool:
    return kind.name.rstrip("?") == MONEY.name


def _type(arrow: Any, name: str, kind: Kind, rows: Iterable[Row]) -> Any:
    """The type of a column. `rows` are read for a column of amounts alone."""
    if _is_money(kind):
        fits = all(row[name] is None or _fits(row[name]) for row in rows)
        return arrow.decimal128(_DIGITS, _PLACES) if fits else arrow.string()
    return _TYPES[kind.name.rstrip("?")](arrow)


def _fits(amount: Decimal) -> bool:
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_PLACES and amount.adjusted() < _DIGITS - _PLACES


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    TEXT.name: lambda arrow: arrow.string(),
    JSON_TEXT.name: lambda arrow: arrow.string(),
    COUNT.name: lambda arrow: arrow.int64(),
    FLAG.name: lambda arrow: arrow.bool_(),
    MOMENT.name: lambda arrow: arrow.timestamp("us", tz="UTC"),
}
