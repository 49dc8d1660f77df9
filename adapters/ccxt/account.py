"""The account at an exchange of ccxt beside its orders: clock, rights of the key, modes, leverage.

ccxt unifies no rights of keys, and modes only in part, so `AccountDialect` states for each exchange where they are.
What ccxt cannot state is refused, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from adapters.ccxt.account_dialect import AccountDialect, account_dialect_of
from adapters.ccxt.client import Client
from adapters.ccxt.exchange import CcxtExchange
from adapters.ccxt.fields import figure, flag, needed
from adapters.instruments.document import Table, rows, table
from commands.clock_reading import ClockReading
from commands.exchange import Funded, Liquidated
from commands.venue_account import KeyRights, TradingTerms
from domain.errors import ExchangeRefused, InvalidInput, Refused

_CONNECTING = "the stream of reports is not connected yet"
_NOT_POLLED = "orders and trades were not polled yet"
_ISOLATED = "isolated"


class CcxtAccount:
    """See `commands.venue_account.VenueAccount`. It shares the connection of its exchange, and its thread.

    `is_key_checked` states that a person has checked at the exchange that the key may trade and may not withdraw. It is
    needed where ccxt cannot state the rights of a key, and not believed where it can.
    """

    def __init__(
        self,
        exchange: CcxtExchange,
        *,
        is_key_checked: bool = False,
        dialect: AccountDialect | None = None,
    ) -> None:
        self._exchange, self._is_key_checked = exchange, is_key_checked
        self._dialect = dialect or account_dialect_of(exchange.venue, exchange.site)

    @property
    def _client(self) -> Client:
        return self._exchange.client

    @property
    def _ccxt(self) -> Any:
        return self._exchange.ccxt

    def clock_reading(self) -> ClockReading:
        """See `VenueAccount.clock_reading`.

        Raises ExchangeRefused where ccxt does not state the exchange's clock.
        """
        if self._ccxt.has["fetchTime"] is not True:
            raise self._unknown("the exchange's clock (fetchTime)")
        return self._exchange.clock_reading()

    def market_time(self, instrument: str) -> datetime | None:
        """See `VenueAccount.market_time`: None, because ccxt's time of an order book may be that of its last change."""
        return None

    def rights(self) -> KeyRights:
        """See `VenueAccount.rights`.

        Raises Refused where ccxt cannot state them and no person has checked them.
        """
        reader = self._dialect.rights
        if reader is not None:
            response = self._client.ask(getattr(self._ccxt, reader.call))
            return self._client.readable(partial(reader.read, table(response)))
        if not self._is_key_checked:
            raise Refused(
                f"ccxt cannot state what an API key of {self._exchange.venue} may do: check at the exchange that it "
                "may trade contracts and may not withdraw, then add --key-is-checked"
            )
        return KeyRights(may_trade=True, may_withdraw=False)

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        """See `VenueAccount.terms`: up to three requests for each instrument.

        Raises ExchangeRefused where ccxt cannot state one of them.
        """
        return [self._terms(name) for name in instruments]

    def _terms(self, instrument: str) -> TradingTerms:
        symbol = self._exchange.symbol(instrument)
        return TradingTerms(
            instrument=instrument,
            is_one_way=not self._is_hedged(symbol),
            is_isolated=self._margin_mode(symbol) == _ISOLATED,
            leverage=self._leverage(symbol),
        )

    def set_one_way(self, instrument: str) -> None:
        """See `VenueAccount.set_one_way`."""
        self._needs("setPositionMode", "how to set one-way mode")
        symbol = self._exchange.symbol(instrument)
        self._client.ask(partial(self._ccxt.set_position_mode, False, symbol))  # noqa: FBT003 - ccxt's own signature

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """See `VenueAccount.set_leverage`. ccxt takes it as a number; what the exchange has then is compared."""
        self._needs("setLeverage", "how to set the leverage")
        symbol = self._exchange.symbol(instrument)
        given = int(leverage) if leverage == int(leverage) else float(leverage)
        try:
            self._client.ask(
                partial(self._ccxt.set_leverage, given, symbol, dict(self._dialect.leverage_params))
            )
        except ExchangeRefused:  # some exchanges refuse one that is set already
            if self._leverage(symbol) != leverage:
                raise

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """See `VenueAccount.settlements`."""
        return self._exchange.settlements(since)

    def silence(self) -> str:
        """See `VenueAccount.silence`: why polls are not answered, or why streams are not connected."""
        poll, stream = self._exchange.poll_state, self._exchange.stream_state
        if not poll.is_live:
            return poll.fault or _NOT_POLLED
        if stream is not None and not stream.is_live:
            return stream.fault or _CONNECTING
        return ""

    # -- modes and leverage

    def _is_hedged(self, symbol: str) -> bool:
        if self._dialect.position_index:
            return any(
                str(table(row.get("info")).get(self._dialect.position_index)) != "0"
                for row in self._positions(symbol)
            )
        self._needs("fetchPositionMode", "the position mode")
        mode = table(self._client.ask(partial(self._ccxt.fetch_position_mode, symbol)))
        return self._client.readable(partial(flag, mode, "hedged"))

    def _margin_mode(self, symbol: str) -> str:
        if self._dialect.margin_mode:
            return self._dialect.margin_mode
        self._needs("fetchMarginMode", "the margin mode")
        mode = table(self._client.ask(partial(self._ccxt.fetch_margin_mode, symbol)))
        return self._client.readable(partial(needed, mode, "marginMode"))

    def _leverage(self, symbol: str) -> Decimal:
        """The larger one of both directions."""
        if self._dialect.leverage_field:
            listed = [table(row.get("info")) for row in self._positions(symbol)]
            return self._client.readable(partial(_largest, listed, (self._dialect.leverage_field,)))
        if not self._ccxt.has["fetchLeverage"]:
            raise self._unknown("the leverage")
        params = dict(self._dialect.leverage_params)
        found = table(self._client.ask(partial(self._ccxt.fetch_leverage, symbol, params)))
        return self._client.readable(partial(_largest, [found], ("longLeverage", "shortLeverage")))

    def _positions(self, symbol: str) -> Sequence[Table]:
        """The rows of a symbol, of which the exchange lists one without a position, too."""
        listed = rows(self._client.ask(partial(self._ccxt.fetch_positions, [symbol])))
        return self._client.readable(partial(_some, [row for row in listed if row.get("symbol") == symbol]))

    def _needs(self, call: str, what: str) -> None:
        if self._ccxt.has[call] is not True:
            raise self._unknown(what)

    def _unknown(self, what: str) -> ExchangeRefused:
        return ExchangeRefused(
            f"ccxt cannot state {what} at {self._exchange.venue}, so the account cannot be checked there"
        )


def _some(listed: Sequence[Table]) -> Sequence[Table]:
    if not listed:
        raise InvalidInput("no position of the symbol is listed")
    return listed


def _largest(listed: Sequence[Mapping[str, object]], names: Sequence[str]) -> Decimal:
    found = [figure(row, name) for row in listed for name in names]
    if not found or not max(found):
        raise InvalidInput(f"{' and '.join(names)} state no leverage")
    return max(found)
