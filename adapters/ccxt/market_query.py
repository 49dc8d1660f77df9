"""Candles, prices, trades and books by REST. A query is repeated while the exchange cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from threading import Event
from typing import Any, TypeVar

from adapters.ccxt.client import Client, opened
from adapters.ccxt.dialect import dialect_of
from adapters.ccxt.lists import Lists
from adapters.ccxt.market_rows import book, candle, quote, trade
from adapters.ccxt.markets import Market, Markets
from adapters.ccxt.site import Site, Timing
from adapters.ccxt.unreadable import Unreadable, is_skipped, skip_unreadable
from adapters.closed_candles import BEHIND, Fetched, is_closed
from adapters.instruments.document import Table, rows, table
from adapters.milliseconds import in_ms
from adapters.patient import patient
from adapters.secrecy import NOBODY
from domain.arithmetic import ONE
from domain.candle import Candle, interval_name
from domain.errors import ExchangeRefused, InvalidInput
from domain.market import BookUpdate, KnownPrice, Quote, Trade

T = TypeVar("T")
_PAGE = 500
"""Candles of a page where ccxt does not state how many the exchange lists."""


class MarketQuery:
    """Queries of one thread, without a key.

    Every query raises ExchangeUnreachable and ExchangeRefused, as the port does. A set `stopping` ends the repetitions.
    A row that cannot be read fails the query; with `skipped` it is kept there and left out. Raises InvalidSettings for
    an exchange that ccxt does not know, and for a testnet that it does not have.
    """

    def __init__(
        self, name: str, site: Site, timing: Timing, stopping: Event, skipped: Unreadable | None = None
    ) -> None:
        self.ccxt: Any = opened(name, NOBODY, site, timing)
        self._skipped = skipped
        if skipped is not None:
            skip_unreadable(self.ccxt, skipped)
        self._client = Client(self.ccxt, NOBODY)
        self._lists = Lists(self._client, dialect_of(name))
        self._counts_base = dialect_of(name).candles_in_base
        self._patient = patient(timing.first_pause, timing.longest_pause, stopping)

    def close(self) -> None:
        self.ccxt.session.close()

    @property
    def markets(self) -> Markets:
        """The markets, fetched at first use."""
        return self._patient(lambda: self._lists.markets)

    def reload(self) -> None:
        """Fetches the markets again at their next use."""
        self._lists.reload()

    def is_traded(self, instrument: str) -> bool:
        """Whether the markets that were fetched last have the instrument."""
        return bool(self.markets.symbols([instrument]))

    def interval(self, interval: timedelta) -> str:
        """ccxt's name of an interval. Raises InvalidInput for one that the exchange does not have."""
        name = interval_name(interval)
        known = list(self.ccxt.timeframes or {})
        if name not in known:
            raise InvalidInput(
                f"{self.ccxt.id} has no candles of {name}; its intervals are: {', '.join(known)}"
            )
        return name

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime, now: datetime
    ) -> Fetched:
        """The candles that open in `since` <= time < `until` and are closed at `now`.

        `since` is the time at which one opens. Raises ExchangeRefused where ccxt may state volumes in contracts.
        """
        market = self._counted(self.markets.of(instrument))
        found: list[Candle] = []
        later, begin = False, since
        while begin < until:
            end = min(until, begin + (self._page - BEHIND) * interval)
            page = self._listed(market, interval, begin, end + interval)
            newest = max((one.open_time for one in page), default=begin)
            found.extend(one for one in page if one.open_time < end and is_closed(one, newest, now))
            later = newest > end
            # A page may end before it should: some exchanges list fewer rows than were requested.
            begin = newest + interval if page and newest < end - interval else end
        return Fetched(found, later)

    def _counted(self, market: Market) -> Market:
        if market.size != ONE and not self._counts_base:
            raise ExchangeRefused(
                f"one contract of {market.instrument} is {market.size:f}, and ccxt does not state whether the volume "
                f"of its candles at {self.ccxt.id} counts contracts"
            )
        return market

    @cached_property
    def _page(self) -> int:
        stated = self._lists.feature("fetchOHLCV").get("limit")
        return max(stated, BEHIND + 1) if isinstance(stated, int) else _PAGE

    def _listed(
        self, market: Market, interval: timedelta, first: datetime, last: datetime
    ) -> Sequence[Candle]:
        """The candles that open from `first` to `last`, both included, in order; the last one may be open."""
        count = (last - first) // interval + 1
        call = partial(self.ccxt.fetch_ohlcv, market.symbol, self.interval(interval), in_ms(first), count)
        found = (self._read(one, partial(candle, one, market, interval)) for one in self._ask(call))
        by_time = {one.open_time: one for one in found if one is not None and first <= one.open_time <= last}
        return [by_time[at] for at in sorted(by_time)]

    def quotes(self, instruments: Sequence[str], at: datetime) -> Mapping[str, Quote | KnownPrice]:
        """Best bid and ask by instrument, or the last price where the exchange does not list those with all others.

        `at` is the time of those without one of their own; an instrument without a price is left out.
        """
        markets = {market.symbol: market for market in map(self.markets.of, instruments)}
        named = "fetch_bids_asks" if self.ccxt.has["fetchBidsAsks"] is True else "fetch_tickers"
        listed: Mapping[str, object] = self._ask(partial(getattr(self.ccxt, named), list(markets)))
        found: dict[str, Quote | KnownPrice] = {}
        for symbol, market in markets.items():
            row = table(listed.get(symbol))
            price = self._read(row, partial(quote, row, market, at), key=symbol)
            if price is not None:
                found[market.instrument] = price
        return found

    def trades(self, instrument: str) -> Sequence[Trade]:
        """The newest public trades, by time."""
        market = self.markets.of(instrument)
        listed = self._ask(partial(self.ccxt.fetch_trades, market.symbol))
        found = (self._trade(one, market) for one in rows(listed) if not is_skipped(one))
        return sorted((one for one in found if one is not None), key=lambda one: one.at)

    def _trade(self, row: Table, market: Market) -> Trade | None:
        return self._read(row, partial(trade, row, market), key=str(row.get("id") or ""))

    def book(self, instrument: str, depth: int, at: datetime, update_id: int) -> BookUpdate:
        """The whole book, at least `depth` levels a side where it has them."""
        market = self.markets.of(instrument)
        found: Table = self._ask(partial(self.ccxt.fetch_order_book, market.symbol, depth))
        return self._client.readable(lambda: book(found, market, at, update_id))

    def _read(self, row: object, reader: Callable[[], T], key: str = "") -> T | None:
        if self._skipped is None:
            return self._client.readable(reader)
        return self._skipped.read(row, reader, key)

    def _ask(self, call: Callable[[], T]) -> T:
        return self._patient(lambda: self._client.ask(call))
