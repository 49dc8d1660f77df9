"""The linear perpetuals of an exchange: our instruments, ccxt's symbols, and contracts as base currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from adapters.ccxt.failure import RAISED
from adapters.ccxt.fields import figure, needed
from adapters.instruments.document import Table
from domain.arithmetic import EXACT
from domain.errors import ExchangeRefused, InvalidInput
from domain.instrument import instrument_id


class Market(Struct, frozen=True, gc=False):
    """`symbol` is ccxt's (`BTC/USDT:USDT`), `size` the base currency of one contract."""

    symbol: str
    instrument: str
    size: Decimal

    @property
    def settlement(self) -> str:
        """The currency in which profit and loss are settled, which is that of the account."""
        return self.symbol.rpartition(":")[2]


class Markets:
    """The markets of a client that has loaded them. Instruments are named by the exchange's name in ccxt."""

    def __init__(self, ccxt: Any, listed: Mapping[str, Table]) -> None:
        self._ccxt = ccxt
        self._by_symbol = {
            symbol: _market(row, ccxt.id) for symbol, row in listed.items() if _is_perpetual(row)
        }
        self._by_instrument: dict[str, Market] = {}
        for market in self._by_symbol.values():
            self._by_instrument.setdefault(market.instrument, market)

    def of(self, instrument: str) -> Market:
        """Raises ExchangeRefused for an instrument that is not a linear perpetual of the exchange."""
        found = self._by_instrument.get(instrument)
        if found is None:
            raise ExchangeRefused(f"not sent: {self._ccxt.id} has no linear perpetual {instrument}")
        return found

    def symbols(self, instruments: Sequence[str]) -> Sequence[str]:
        """ccxt's symbols of these instruments, without those that the exchange has delisted: every query by one of them
        is refused, and the other instruments' would be missed.
        """
        return [self._by_instrument[one].symbol for one in instruments if one in self._by_instrument]

    def named(self, symbol: str) -> Market | None:
        """The market of ccxt's symbol; None for a market that is not traded here."""
        return self._by_symbol.get(symbol)

    def amount(self, market: Market, quantity: Decimal) -> str:
        """A quantity in contracts, as ccxt takes it. Raises ExchangeRefused where ccxt would truncate it."""
        contracts = EXACT.divide(quantity, market.size)
        return self._exact("quantity", contracts, self._ccxt.amount_to_precision, market)

    def price(self, market: Market, price: Decimal) -> str:
        """A price, as ccxt takes it. Raises ExchangeRefused where ccxt would round it."""
        return self._exact("price", price, self._ccxt.price_to_precision, market)

    def _exact(self, name: str, value: Decimal, rounded: Callable[[str, str], object], market: Market) -> str:
        text = format(value, "f")
        try:
            kept = Decimal(str(rounded(market.symbol, text)))
        except RAISED as fault:
            raise ExchangeRefused(f"not sent: {name} {text} of {market.symbol}: {fault}") from None
        if kept != value:
            raise ExchangeRefused(f"not sent: {name} {text} is not a multiple of the step of {market.symbol}")
        return text


def _is_perpetual(row: Table) -> bool:
    return row.get("swap") is True and row.get("linear") is True and _instrument(row, "ANY") is not None


def _instrument(row: Table, exchange: str) -> str | None:
    """The id of a market's instrument; None for a market whose currencies no instrument can be named by."""
    try:
        return instrument_id(f"{row.get('base')}{row.get('quote')}", "LINEAR", exchange.upper())
    except InvalidInput:
        return None


def _market(row: Table, exchange: str) -> Market:
    instrument = _instrument(row, exchange)
    assert instrument is not None
    return Market(needed(row, "symbol"), instrument, figure(row, "contractSize"))
