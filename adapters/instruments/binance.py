"""Binance's exchangeInfo: `GET /api/v3/exchangeInfo` (spot) and `GET /fapi/v1/exchangeInfo` (USD-M futures).

The filters PRICE_FILTER, LOT_SIZE and NOTIONAL or MIN_NOTIONAL state tick, quantities and least notional. Leverage,
margins and fees are not in the response.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.instruments.document import Table, is_table, rows, table
from adapters.instruments.stated import LeftOut, Row, Stated, listed
from domain.errors import InvalidInput
from domain.instrument import RulesOrigin

VENUE = "BINANCE"
_PERPETUAL = ("PERPETUAL", "TRADIFI_PERPETUAL")


def recognises(document: object) -> bool:
    """Whether the document is an exchangeInfo."""
    return is_table(document) and isinstance(document.get("symbols"), list)


def source(document: Table) -> str:
    """The name of the source, with the market."""
    market = "USD-M" if any("contractType" in row for row in rows(document.get("symbols"))) else "spot"
    return f"Binance exchangeInfo ({market})"


def time_of(document: Table) -> object:
    """The response's time in milliseconds, unchecked."""
    return document.get("serverTime")


def notes(_document: Table) -> Iterator[str]:
    """What the user should know about the response: nothing, because it is always whole."""
    yield from ()


def listings(document: Table, origin: RulesOrigin) -> Iterator[Row]:
    """The instruments of the response. Raises InvalidInput for a response without symbols."""
    found = rows(document.get("symbols"))
    if not found:
        raise InvalidInput("the exchangeInfo has no symbols")
    for row in found:
        stated = _stated(row)
        yield stated if isinstance(stated, LeftOut) else listed(stated, VENUE, origin)


def _stated(row: Table) -> Stated | LeftOut:
    contract = row.get("contractType")
    if "contractSize" in row:
        return LeftOut(str(row.get("symbol")), "an inverse contract: only linear ones are traded here")
    if contract not in (None, *_PERPETUAL):
        return LeftOut(
            str(row.get("symbol")), f"{contract or 'no contract type'}: only perpetuals are traded here"
        )
    filters = {str(one.get("filterType")): one for one in rows(row.get("filters"))}
    quantities = table(filters.get("LOT_SIZE"))
    return Stated(
        symbol=row.get("symbol"),
        market="SPOT" if contract is None else "LINEAR",
        base=row.get("baseAsset"),
        quote=row.get("quoteAsset"),
        tick=table(filters.get("PRICE_FILTER")).get("tickSize"),
        lot=quantities.get("stepSize"),
        min_quantity=quantities.get("minQty"),
        max_quantity=quantities.get("maxQty"),
        min_notional=_least(filters.get("NOTIONAL")) or _least(filters.get("MIN_NOTIONAL")),
    )


def _least(notional: object) -> object:
    found = table(notional)
    return found.get("minNotional") or found.get("notional")
