"""The markets of a ccxt exchange, dumped as JSON: `json.dumps(exchange.markets)`, or a list of its values.

Precisions are steps, as current versions of ccxt state them (`TICK_SIZE`). Amounts of a contract are multiplied by its
`contractSize`. The dump does not name the exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from adapters.instruments.document import Table, is_table, rows, table
from adapters.instruments.stated import LeftOut, Row, Stated, figure, listed
from domain.arithmetic import EXACT, ONE
from domain.errors import InvalidInput
from domain.instrument import RulesOrigin

_KEYS = ("symbol", "base", "quote", "precision", "limits")


def markets_of(document: object) -> Sequence[Table]:
    """The markets of a dump; none where the document is no dump."""
    found = rows(list(document.values()) if is_table(document) else document)
    return found if found and all(key in found[0] for key in _KEYS) else ()


def listings(markets: Sequence[Table], venue: str, origin: RulesOrigin) -> Iterator[Row]:
    """The instruments of the dump.

    Raises InvalidInput where the precisions are numbers of decimal places, as early versions of ccxt state them.
    """
    if not any(_is_fraction(table(market.get("precision")).get("price")) for market in markets):
        raise InvalidInput(
            "no price precision of the dump is a fraction, so they may be decimal places and not steps: dump the "
            "markets with a current version of ccxt"
        )
    for market in markets:
        stated = _stated(market)
        yield stated if isinstance(stated, LeftOut) else listed(stated, venue, origin)


def _stated(market: Table) -> Stated | LeftOut:
    symbol = str(market.get("symbol"))
    kind = _kind(market)
    if kind is None:
        return LeftOut(symbol, "neither spot nor a linear perpetual: not traded here")
    precision, limits = table(market.get("precision")), table(market.get("limits"))
    amounts = table(limits.get("amount"))
    try:
        size = figure("contract size", market.get("contractSize")) if kind == "LINEAR" else ONE
        lot = _times(precision.get("amount"), size)
        return Stated(
            symbol=f"{market.get('base')}{market.get('quote')}",
            market=kind,
            base=market.get("base"),
            quote=market.get("quote"),
            tick=precision.get("price"),
            lot=lot,
            min_quantity=lot if amounts.get("min") is None else _times(amounts.get("min"), size),
            max_quantity=_UNLIMITED if amounts.get("max") is None else _times(amounts.get("max"), size),
            min_notional=table(limits.get("cost")).get("min"),
            max_leverage=table(limits.get("leverage")).get("max"),
            maker_fee=market.get("maker"),
            taker_fee=market.get("taker"),
        )
    except InvalidInput as fault:
        return LeftOut(symbol, str(fault))


_UNLIMITED = "1e18"


def _kind(market: Table) -> str | None:
    if market.get("spot") is True:
        return "SPOT"
    return "LINEAR" if market.get("swap") is True and market.get("linear") is True else None


def _times(value: object, size: Decimal) -> str:
    return format(EXACT.multiply(figure("amount", value), size), "f")


def _is_fraction(value: object) -> bool:
    """Whether a JSON number is a fraction; the document holds such numbers as text."""
    try:
        return isinstance(value, str) and figure("precision", value) % 1 != 0
    except InvalidInput:
        return False
