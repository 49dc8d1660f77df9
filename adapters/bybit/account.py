"""The account at Bybit beside its orders: clock, rights of the key, modes, leverage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import cast

from adapters.bybit.client import Client, readable
from adapters.bybit.exchange import BybitExchange
from adapters.bybit.fields import figure, moment, needed, plain, positive
from adapters.bybit.placing import address
from adapters.instruments.document import Table, rows, table
from commands.clock_reading import ClockReading
from commands.exchange import Funded, Liquidated
from commands.venue_account import KeyRights, TradingTerms
from domain.errors import ExchangeRefused, InvalidInput
from domain.instrument import symbol_of

_ISOLATED = "ISOLATED_MARGIN"
_ONE_WAY = 0
_CONNECTING = "the stream of reports is not connected yet"


class BybitAccount:
    """See `commands.venue_account.VenueAccount`. It shares the connection of its exchange, and its thread."""

    def __init__(self, exchange: BybitExchange) -> None:
        self._exchange = exchange

    @property
    def _client(self) -> Client:
        return self._exchange.client

    def clock_reading(self) -> ClockReading:
        """See `VenueAccount.clock_reading`."""
        return self._exchange.clock_reading()

    def market_time(self, instrument: str) -> datetime | None:
        """See `VenueAccount.market_time`: when Bybit has made the order book that it returns."""
        response = self._client.ask("get_orderbook", {**address(instrument), "limit": 1})
        stated = table(response.get("result")).get("ts")
        return readable(lambda: moment({"ts": str(stated)}, "ts"))

    def rights(self) -> KeyRights:
        """See `VenueAccount.rights`, of /v5/user/query-api."""
        result = table(self._client.ask("get_api_key_information", {}).get("result"))
        return readable(partial(_rights, result))

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        """See `VenueAccount.terms`: one request for the account, whose margin mode is that of all instruments, and one
        for each instrument.
        """
        account = table(self._client.ask("get_account_info", {}).get("result"))
        return [self._terms(name, account) for name in instruments]

    def set_one_way(self, instrument: str) -> None:
        """See `VenueAccount.set_one_way`."""
        self._client.ask("switch_position_mode", {**address(instrument), "mode": _ONE_WAY})

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """See `VenueAccount.set_leverage`: in one-way mode both directions have the same.

        Bybit refuses one that is set already (110043), so a refusal is one only where the terms state another leverage.
        """
        given = plain(leverage)
        terms = {**address(instrument), "buyLeverage": given, "sellLeverage": given}
        try:
            self._client.ask("set_leverage", terms)
        except ExchangeRefused:
            if self.terms([instrument])[0].leverage != leverage:
                raise

    def _terms(self, instrument: str, account: Table) -> TradingTerms:
        try:
            listed = list(self._client.pages("get_positions", dict(address(instrument))))
        except ExchangeRefused as refused:
            raise ExchangeRefused(f"{instrument}: {refused}") from None
        return readable(partial(_terms, instrument, account, listed))

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """See `VenueAccount.settlements`."""
        return self._exchange.settlements(since)

    def silence(self) -> str:
        """See `VenueAccount.silence`."""
        state = self._exchange.stream_state
        return "" if state.is_live else state.fault or _CONNECTING


def _rights(result: Table) -> KeyRights:
    """Raises InvalidInput where the permissions are missing, because a key without a list is no key without rights."""
    if not isinstance(result.get("permissions"), dict):
        raise InvalidInput("permissions are missing")
    allowed = table(result.get("permissions"))
    return KeyRights(
        may_trade=result.get("readOnly") == 0 and "Order" in _names(allowed, "ContractTrade"),
        may_withdraw="Withdraw" in _names(allowed, "Wallet"),
    )


def _names(allowed: Table, group: str) -> list[object]:
    found = allowed.get(group)
    return cast("list[object]", found) if isinstance(found, list) else []


def _terms(instrument: str, account: Table, listed: list[Table]) -> TradingTerms:
    symbol = symbol_of(instrument)
    of_symbol = [row for row in rows(listed) if row.get("symbol") == symbol]
    if not of_symbol:
        raise InvalidInput(f"no position of {symbol} is listed")
    is_isolated = needed(account, "marginMode") == _ISOLATED
    read = positive if is_isolated else figure  # in portfolio margin the leverage is empty
    return TradingTerms(
        instrument=instrument,
        is_one_way=all(row.get("positionIdx") == 0 for row in of_symbol),
        is_isolated=is_isolated,
        leverage=max(read(row, "leverage") for row in of_symbol),
    )
