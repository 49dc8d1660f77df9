"""The kinds of rows: the columns of each, and how a row becomes values and is made from them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from adapters.market_recordings.row import BookRow, CandleRow, MarketRow, NoticeRow, QuoteRow, TradeRow
from domain.errors import InvalidInput

Numbered = tuple[int, MarketRow]
"""A row with its number, which counts the rows of all kinds in one session of a recorder."""

_LEVELS: Final = "levels"
_SHARED: Final[Mapping[str, str]] = {"number": "int64", "arrived_ns": "int64", "instrument": "string"}
_FRAME: Final[Mapping[str, str]] = {
    "is_snapshot": "bool_",
    "first": "int64",
    "last": "int64",
    "previous": "int64",
    "sequence": "int64",
    "matched_ms": "int64",
    "checksum": "int64",
    "bids": _LEVELS,
    "asks": _LEVELS,
}


class Kind(NamedTuple):
    """`name` is also the name of its folder; `columns` have their Arrow types. `values` are a row's, in that order, and
    `fields` what the row is made of again.
    """

    name: str
    row: type[MarketRow]
    columns: Mapping[str, str]
    values: Callable[[Any], Sequence[object]]
    fields: Callable[[dict[str, Any]], dict[str, Any]]

    def schema(self) -> Any:
        """The columns as an Arrow schema."""
        arrow = _arrow()
        return arrow.schema([(name, _type(arrow, type_)) for name, type_ in self.columns.items()])

    def batch(self, rows: Sequence[Numbered]) -> Any:
        """The rows as one Arrow batch."""
        arrow = _arrow()
        lines = [(number, *self.values(row)) for number, row in rows]
        columns = zip(self.columns.values(), zip(*lines, strict=True), strict=True)
        return arrow.RecordBatch.from_arrays(
            [_array(arrow, type_, held) for type_, held in columns], schema=self.schema()
        )

    def rows(self, batch: Any) -> Iterator[Numbered]:
        """The rows of an Arrow batch, in its order. Raises InvalidInput for values that no recorder wrote."""
        columns = [_values(type_, batch.column(name)) for name, type_ in self.columns.items()]
        for line in zip(*columns, strict=True):
            fields = dict(zip(self.columns, line, strict=True))
            number = int(fields.pop("number"))
            try:
                row = msgspec.convert(self.fields(fields), self.row)
            except msgspec.ValidationError as fault:
                raise self._refused(number, str(fault)) from None
            for name in _AMOUNTS.get(self.name, ()):
                if not getattr(row, name).replace(".", "", 1).isdecimal():
                    raise self._refused(number, f"`{name}` is no number of at least 0")
            yield number, row

    def _refused(self, number: int, why: str) -> InvalidInput:
        return InvalidInput(f"row {number} of the {self.name} is none of a recording: {why}")


def _plain(name: str, row: type[MarketRow], own: Mapping[str, str]) -> Kind:
    """A kind whose columns are its row's fields."""
    columns = {**_SHARED, **own}
    return Kind(name, row, columns, attrgetter(*list(columns)[1:]), _of_columns)


def _of_columns(fields: dict[str, Any]) -> dict[str, Any]:
    return fields


def _of_frame(fields: dict[str, Any]) -> dict[str, Any]:
    frame = {name: fields.pop(name) for name in _FRAME}
    return {**fields, "frame": frame}


_TEXTS: Final = ("open", "high", "low", "close", "volume")
_AMOUNTS: Final[Mapping[str, Sequence[str]]] = {
    "trades": ("price", "size"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "candles": _TEXTS,
}
"""The texts that are numbers; those of books are checked by the book."""
KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "books",
            BookRow,
            {**_SHARED, "depth": "int32", **_FRAME},
            attrgetter("arrived_ns", "instrument", "depth", *(f"frame.{name}" for name in _FRAME)),
            _of_frame,
        ),
        _plain(
            "trades",
            TradeRow,
            {"id": "string", "price": "string", "size": "string", "is_buy": "bool_", "matched_ms": "int64"},
        ),
        _plain(
            "quotes",
            QuoteRow,
            {
                "update": "int64",
                "matched_ms": "int64",
                **dict.fromkeys(("bid", "bid_size", "ask", "ask_size"), "string"),
            },
        ),
        _plain(
            "candles",
            CandleRow,
            {
                "seconds": "int32",
                "opened_ms": "int64",
                **dict.fromkeys(_TEXTS, "string"),
                "is_closed": "bool_",
            },
        ),
        _plain("notices", NoticeRow, {"notice": "string", "detail": "string"}),
    )
}
"""The kinds by name."""
_OF_ROW: Final[Mapping[type[MarketRow], Kind]] = {kind.row: kind for kind in KINDS.values()}


def kind_of(row: MarketRow) -> Kind:
    """The kind of the row."""
    return _OF_ROW[type(row)]


def _arrow() -> Any:
    return importlib.import_module("pyarrow")


def _type(arrow: Any, name: str) -> Any:
    if name != _LEVELS:
        return getattr(arrow, name)()
    return arrow.list_(arrow.struct([("price", arrow.string()), ("size", arrow.string())]))


def _array(arrow: Any, name: str, held: Sequence[Any]) -> Any:
    """Levels are written as two flat columns and the place where each row begins, which is ten times as fast."""
    if name != _LEVELS:
        return arrow.array(held, _type(arrow, name))
    begins = [0]
    for rows in held:
        begins.append(begins[-1] + len(rows))
    flat = [level for rows in held for level in rows]
    texts = [arrow.array([level[place] for level in flat], arrow.string()) for place in (0, 1)]
    levels = arrow.StructArray.from_arrays(texts, ["price", "size"])
    return arrow.ListArray.from_arrays(arrow.array(begins, arrow.int32()), levels)


def _values(name: str, column: Any) -> Sequence[Any]:
    if name != _LEVELS:
        return list(column.to_pylist())
    prices, sizes = (column.values.field(place).to_pylist() for place in (0, 1))
    levels = list(zip(prices, sizes, strict=True))
    begins = column.offsets.to_pylist()
    return [levels[begin:end] for begin, end in pairwise(begins)]
