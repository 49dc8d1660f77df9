"""The response of Bybit's `GET /v5/market/instruments-info` for linear and spot markets.

Linear contracts state tick, quantities, least notional and leverage; spot markets state the least notional as
`minOrderAmt` and the lot as `basePrecision`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adapters.instruments.document import Table, is_table, rows, table
from adapters.instruments.stated import LeftOut, Row, Stated, listed
from domain.errors import InvalidInput
from domain.instrument import RulesOrigin

VENUE = "BYBIT"


def recognises(document: object) -> bool:
    """Whether the document is a response in Bybit's envelope."""
    return is_table(document) and "retCode" in document


def source(document: Table) -> str:
    """The name of the source, with the market."""
    return f"Bybit v5 instruments-info ({table(document.get('result')).get('category')})"


def time_of(document: Table) -> object:
    """The response's time in milliseconds, unchecked."""
    return document.get("time")


def notes(document: Table) -> Iterator[str]:
    """What the user should know about the response."""
    if table(document.get("result")).get("nextPageCursor"):
        yield "the response has a next page (nextPageCursor): save and import it, too, if a symbol is missing"


def listings(document: Table, origin: RulesOrigin) -> Iterator[Row]:
    """The instruments of the response. Raises InvalidInput for an error response and for another market."""
    if document.get("retCode") != 0:
        raise InvalidInput(f"the response is an error: {str(document.get('retMsg'))[:200]}")
    result = table(document.get("result"))
    category = result.get("category")
    read = _MARKETS.get(str(category))
    if read is None:
        raise InvalidInput(
            f"category {str(category)[:40]!r} is not traded here: save the one of linear or spot"
        )
    for row in rows(result.get("list")):
        stated = read(row)
        yield stated if isinstance(stated, LeftOut) else listed(stated, VENUE, origin)


def _linear(row: Table) -> Stated | LeftOut:
    contract = row.get("contractType")
    if contract != "LinearPerpetual":
        return LeftOut(str(row.get("symbol")), f"{contract}: only perpetuals are traded here")
    quantities = table(row.get("lotSizeFilter"))
    return Stated(
        symbol=row.get("symbol"),
        market="LINEAR",
        base=row.get("baseCoin"),
        quote=row.get("quoteCoin"),
        tick=table(row.get("priceFilter")).get("tickSize"),
        lot=quantities.get("qtyStep"),
        min_quantity=quantities.get("minOrderQty"),
        max_quantity=quantities.get("maxOrderQty"),
        min_notional=quantities.get("minNotionalValue"),
        max_leverage=table(row.get("leverageFilter")).get("maxLeverage"),
    )


def _spot(row: Table) -> Stated | LeftOut:
    quantities = table(row.get("lotSizeFilter"))
    return Stated(
        symbol=row.get("symbol"),
        market="SPOT",
        base=row.get("baseCoin"),
        quote=row.get("quoteCoin"),
        tick=table(row.get("priceFilter")).get("tickSize"),
        lot=quantities.get("basePrecision"),
        min_quantity=quantities.get("minOrderQty"),
        max_quantity=quantities.get("maxLimitOrderQty") or quantities.get("maxOrderQty"),
        min_notional=quantities.get("minOrderAmt"),
    )


_MARKETS: Mapping[str, Callable[[Table], Stated | LeftOut]] = {"linear": _linear, "spot": _spot}
