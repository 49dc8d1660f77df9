"""Candles and prices by REST. A query is repeated while Bybit cannot be reached: it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import TypeVar

import msgspec

from adapters.bybit.client import Client, http, readable
from adapters.bybit.fields import in_ms, moment
from adapters.bybit.market_frame import candle, figure
from adapters.bybit.placing import CATEGORY
from adapters.bybit.site import Site, Timing
from adapters.bybit.wanted import interval_at_bybit, symbol_at_bybit
from adapters.closed_candles import BEHIND, Fetched, is_closed
from adapters.instruments.document import Table, rows, table
from adapters.patient import patient
from adapters.secrecy import NOBODY
from domain.candle import Candle
from domain.errors import InvalidInput

T = TypeVar("T")
LIMITS: Mapping[str, int] = {"get_kline": 50, "get_tickers": 10}
"""Calls a second, of the 120 that Bybit takes from one address."""

_PAGE = 1_000
_Row = tuple[str, str, str, str, str, str, str]
"""Start in ms, open, high, low, close, volume, turnover."""


class MarketQuery:
    """Queries of one thread. Every query raises ExchangeUnreachable and ExchangeRefused, as the port says.

    A set `stopping` ends the repetitions.
    """

    def __init__(self, site: Site, timing: Timing, stopping: Event) -> None:
        self._session = http(NOBODY, site, timing)
        self._client = Client(self._session, NOBODY, LIMITS, _nothing, sleep=_until(stopping))
        self._patient = patient(timing.first_pause, timing.longest_pause, stopping)

    def close(self) -> None:
        self._session.client.close()

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime, now: datetime
    ) -> Fetched:
        """The candles that open in `since` <= time < `until` and are closed at `now`."""
        found: list[Candle] = []
        later, begin, window = False, since, (_PAGE - BEHIND) * interval
        while begin < until:
            end = min(until, begin + window)
            page = self._page(instrument, interval, begin, end + interval)
            newest = max((one.open_time for one in page), default=begin)
            found.extend(one for one in page if one.open_time < end and is_closed(one, newest, now))
            later, begin = newest > end, end
        return Fetched(found, later)

    def is_traded(self, instrument: str) -> bool:
        """Whether Bybit states a ticker of the instrument; of one that was delisted it states none."""
        response = self._ask("get_tickers", {"category": CATEGORY})
        symbol = symbol_at_bybit(instrument)
        return any(row.get("symbol") == symbol for row in rows(table(response.get("result")).get("list")))

    def prices(self, instruments: Sequence[str]) -> Mapping[str, Decimal]:
        """The last prices of these instruments, by instrument; one without a price is left out."""
        named = {symbol_at_bybit(one): one for one in instruments}
        only = {"symbol": next(iter(named))} if len(named) == 1 else {}
        response = self._ask("get_tickers", {"category": CATEGORY, **only})
        listed = rows(table(response.get("result")).get("list"))
        return readable(lambda: _last_prices(listed, named))

    def _page(
        self, instrument: str, interval: timedelta, first: datetime, last: datetime
    ) -> Sequence[Candle]:
        """The candles that open from `first` to `last`, both included, in order; the last one may be open."""
        params = {
            "category": CATEGORY,
            "symbol": symbol_at_bybit(instrument),
            "interval": interval_at_bybit(interval),
            "start": in_ms(first),
            "end": in_ms(last),
            "limit": _PAGE,
        }
        listed = table(self._ask("get_kline", params).get("result")).get("list")
        found = readable(lambda: _candles(listed, instrument, interval))
        return sorted((one for one in found if first <= one.open_time <= last), key=_opens)

    def _ask(self, method: str, params: Table) -> Table:
        return self._patient(self._client.ask, method, params)


def _opens(one: Candle) -> datetime:
    return one.open_time


def _candles(listed: object, instrument: str, interval: timedelta) -> list[Candle]:
    try:
        found = msgspec.convert(listed, list[_Row])
    except msgspec.ValidationError as fault:
        raise InvalidInput(f"the list of candles: {fault}") from None
    return [candle(instrument, interval, in_ms(moment({"start": one[0]}, "start")), one[1:]) for one in found]


def _last_prices(listed: Sequence[Table], named: Mapping[str, str]) -> Mapping[str, Decimal]:
    """Without instruments that have not traded yet."""
    last = {str(row.get("symbol")): figure(str(row.get("lastPrice") or "0")) for row in listed}
    return {named[symbol]: price for symbol, price in last.items() if symbol in named and price}


def _until(stopping: Event) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        stopping.wait(seconds)

    return sleep


def _nothing() -> None:
    """A query changes no rules."""
