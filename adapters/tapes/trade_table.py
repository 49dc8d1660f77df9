"""The table of a file of public trades: its columns by what they mean.

A file names its columns in a header, or is one of Binance's downloads without one, which its columns of flags tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.tapes.columns import TIME
from adapters.tapes.headers import plain_name
from adapters.tapes.sheet import Sheet
from adapters.tapes.table import Table

ID, SIDE, MAKER, PRICE, QUANTITY = "id", "side", "is buyer maker", "price", "quantity"

_NAMES: Mapping[str, str] = {
    TIME: "timestamp time ts datetime date transacttime tradetime timestampms",
    ID: "id tradeid aggtradeid trdmatchid execid",
    SIDE: "side takerside",
    MAKER: "isbuyermaker",
    PRICE: "price",
    QUANTITY: "qty quantity size amount",
}
"""What a column means: its names in lower case, without any sign that is no letter or digit."""
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}
_BINANCE: Sequence[Mapping[str, int]] = (
    {ID: 0, PRICE: 1, QUANTITY: 2, TIME: 4, MAKER: 5},
    {ID: 0, PRICE: 1, QUANTITY: 2, TIME: 5, MAKER: 6},
)
"""Binance's downloads of trades, and of aggregated trades, which have no header for spot."""
FLAGS: Mapping[str, bool] = {"true": True, "false": False}


def trade_table(sheet: Sheet) -> Table:
    """The table of a sheet. Raises InvalidTape where its columns are not those of trades."""
    places = _unnamed(sheet) if sheet.header is None else _named(sheet, sheet.header)
    columns = {name: sheet.columns[place] for name, place in places.items()}
    return Table(
        file=sheet.file,
        form=sheet.form,
        numbers=range(sheet.top, sheet.top + len(columns[TIME])),
        columns=columns,
        clocks={},
        headed=sheet.header is not None,
        unended=sheet.unended,
        unread=(),
        unconfirmed=(),
        currency=None,
        notes=sheet.notes,
    )


def _named(sheet: Sheet, header: Sequence[str]) -> Mapping[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        meaning = _MEANINGS.get(plain_name(name))
        if meaning in places:
            raise sheet.fault(
                f"{header[places[meaning]]!r} and {name!r} are both a {meaning}: remove one of them"
            )
        if meaning is not None:
            places[meaning] = place
    missing = [name for name in (TIME, PRICE, QUANTITY) if name not in places]
    if SIDE not in places and MAKER not in places:
        missing.append("taker's side (side, or is_buyer_maker)")
    if missing:
        raise sheet.fault(
            f"no column for {', '.join(missing)}: trades need a header like timestamp,id,side,price,size"
        )
    return places


def _unnamed(sheet: Sheet) -> Mapping[str, int]:
    first = [column[0].lower() for column in sheet.columns]
    for places in _BINANCE:
        if len(first) > places[MAKER] and first[places[MAKER]] in FLAGS:
            return places
    raise sheet.fault(
        "has no header, and its columns are not those of Binance's trades: add a first line like "
        "timestamp,id,side,price,size"
    )
