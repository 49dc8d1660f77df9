"""The queries for orders, trades and funding, which the port and the poll share; each has a client of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TypeVar, cast

from adapters.ccxt.client import Client
from adapters.ccxt.dialect import Dialect, Search
from adapters.ccxt.fields import moment, needed, text
from adapters.ccxt.markets import Market, Markets
from adapters.ccxt.order_row import OrderRow, order_row, triggered
from adapters.ccxt.trade_row import TradeRow, trade_row
from adapters.ccxt.unreadable import Unreadable, is_skipped
from adapters.instruments.document import Table, is_table, table
from adapters.milliseconds import at_ms, in_ms
from domain.errors import ExchangeRefused, ExchangeUnreachable

_log = logging.getLogger(__name__)
_LEAST_WINDOW = timedelta(milliseconds=1)
_ENDED = ("fetchCanceledAndClosedOrders", "fetchClosedOrders", "fetchCanceledOrders", "fetchOrders")
_METHODS = {
    "fetchCanceledAndClosedOrders": "fetch_canceled_and_closed_orders",
    "fetchClosedOrders": "fetch_closed_orders",
    "fetchCanceledOrders": "fetch_canceled_orders",
    "fetchOrders": "fetch_orders",
}
Params = dict[str, object]
T = TypeVar("T")


class Lists:
    """Every query raises ExchangeUnreachable or ExchangeRefused, as `VenueQueries` says.

    A row that cannot be read fails the query, because nothing may be concluded from a list without it. With `skipped`
    it is kept there and left out: that is for polls, from whose lists nothing is concluded.
    """

    def __init__(self, client: Client, dialect: Dialect, skipped: Unreadable | None = None) -> None:
        self.client, self.dialect, self._skipped = client, dialect, skipped
        self._named_currencies: set[str] = set()
        self._funding_currencies: set[str] = set()

    @cached_property
    def markets(self) -> Markets:
        """The markets, fetched at first use."""
        return Markets(self.client.ccxt, self.client.markets())

    def reload(self) -> None:
        """Fetches the markets again at their next use, with the steps that the exchange states then."""
        self.client.ccxt.markets = None
        self.__dict__.pop("markets", None)

    def now(self) -> datetime:
        """The exchange's clock; this machine's where the exchange does not state it."""
        ccxt = self.client.ccxt
        if not ccxt.has["fetchTime"]:
            return datetime.now(UTC)
        given = self.client.ask(ccxt.fetch_time)
        if not isinstance(given, int):
            raise ExchangeUnreachable("the response has no time")
        return at_ms(given)

    # -- orders

    def open_orders(self, instruments: Sequence[str]) -> list[OrderRow]:
        """The open orders; of these instruments only where the exchange lists none of all."""
        found: dict[str, OrderRow] = {}
        for symbol in self._symbols("fetchOpenOrders", instruments):
            for params in self._kinds():
                for row in self._open(symbol, params):
                    found[row.venue_id] = row
        return list(found.values())

    def by_venue_id(self, venue_id: str, symbol: str) -> OrderRow | None:
        """The order with the exchange's id; None where there is none."""
        if self.dialect.search is Search.FILTER:
            return self._in_lists({"orderId": venue_id}, symbol)
        if not self.client.ccxt.has["fetchOrder"]:
            return self._where(lambda row: row.venue_id == venue_id, symbol)
        return self._fetched(venue_id, symbol, {})

    def by_link(self, link: str, instruments: Sequence[str]) -> OrderRow | None:
        """The order with this client order id in one of the instruments; None where there is none.

        Raises ExchangeRefused where the exchange finds an order by its instrument only, and none is given.
        """
        if not instruments and self.dialect.search is not Search.FILTER:
            raise ExchangeRefused(
                f"{self.client.ccxt.id} finds an order by its instrument, and that of {link} is not known"
            )
        symbols: Sequence[str | None] = self.markets.symbols(instruments)
        if not symbols and self.dialect.search is Search.FILTER:
            symbols = [None]
        for symbol in symbols:
            row = self._search[self.dialect.search](link, symbol)
            if row is not None and row.link in {"", link}:
                return self.grown(row)
        return None

    @property
    def _search(self) -> Mapping[Search, Callable[[str, str | None], OrderRow | None]]:
        return {Search.BY_ID: self._by_id, Search.FILTER: self._filtered, Search.LISTS: self._listed}

    def _by_id(self, link: str, symbol: str | None) -> OrderRow | None:
        return self._fetched(None, symbol, {"clientOrderId": link})

    def _fetched(self, venue_id: str | None, symbol: str | None, params: Params) -> OrderRow | None:
        for kind in self._kinds():
            more = {**params, "trigger": True} if kind else params
            found = self.client.find(partial(self.client.ccxt.fetch_order, venue_id, symbol, more))
            row = None if found is None else self.order(found)
            if row is not None:
                return row
        return None

    def _filtered(self, link: str, symbol: str | None) -> OrderRow | None:
        return self._in_lists({self.dialect.id_filter: link}, symbol)

    def _in_lists(self, which: Params, symbol: str | None) -> OrderRow | None:
        ccxt = self.client.ccxt
        for method in (ccxt.fetch_open_orders, ccxt.fetch_canceled_and_closed_orders):
            for found in self.client.ask(partial(method, symbol, None, None, which)):
                row = self.order(found)
                if row is not None:
                    return row
        return None

    def _listed(self, link: str, symbol: str | None) -> OrderRow | None:
        return self._where(lambda row: row.link == link, symbol)

    def _where(self, matches: Callable[[OrderRow], bool], symbol: str | None) -> OrderRow | None:
        for kind in self._kinds():
            for row in (*self._open(symbol, kind), *self._ended(symbol, kind)):
                if matches(row):
                    return row
        return None

    def _ended(self, symbol: str | None, params: Params) -> Iterator[OrderRow]:
        ccxt = self.client.ccxt
        for name in _ENDED:
            if ccxt.has[name] is True:
                for found in self.client.ask(
                    partial(getattr(ccxt, _METHODS[name]), symbol, None, None, params)
                ):
                    row = self.order(found)
                    if row is not None:
                        yield row

    def _open(self, symbol: str | None, params: Params) -> Iterator[OrderRow]:
        ccxt = self.client.ccxt
        limit = self._limit("fetchOpenOrders")
        found = self.client.ask(partial(ccxt.fetch_open_orders, symbol, None, limit, params))
        if limit is not None and len(found) >= limit:
            found = self.client.ask(
                partial(ccxt.fetch_open_orders, symbol, None, limit, {**params, "paginate": True})
            )
        for one in found:
            row = self.order(one)
            if row is not None:
                yield row

    def order(self, found: Table) -> OrderRow | None:
        """The order; None for one of a market that is not traded here."""
        market = self.market(found)
        if market is None:
            return None
        return self._read(found, lambda: order_row(found, market, self.dialect))

    def grown(self, row: OrderRow) -> OrderRow:
        """The order; a conditional one that has become another one has the figures of that."""
        if not row.has_triggered:
            return row
        found = self.client.find(partial(self.client.ccxt.fetch_order, row.child, row.symbol))
        child = None if found is None else self.order(found)
        return row if child is None else triggered(row, child)

    def _kinds(self) -> Sequence[Params]:
        plain: Params = {}
        return [plain, dict(self.dialect.trigger)] if self.has_trigger_lists else [plain]

    @property
    def has_trigger_lists(self) -> bool:
        """Whether conditional orders are listed and cancelled apart from the others."""
        return bool(self.dialect.trigger) and self.feature("fetchOpenOrders").get("trigger") is True

    def market(self, found: Table) -> Market | None:
        """The market of a structure of ccxt; None where it is not traded here."""
        if is_skipped(found):
            return None
        return self.markets.named(self._read(found, lambda: needed(found, "symbol")) or "")

    # -- trades and funding

    def trades(self, since: datetime, until: datetime, instruments: Sequence[str]) -> list[TradeRow]:
        """The trades at or after `since`, each id once, in order of time."""
        oldest = max(since, until - timedelta(days=self.dialect.history_days))
        found: dict[tuple[str, str], TradeRow] = {}
        for symbol in self._symbols("fetchMyTrades", instruments):
            for start, end in _windows(oldest, until, self._window("fetchMyTrades")):
                for kind in self._trade_kinds():
                    for row in self._trades(symbol, start, end, kind):
                        found.setdefault((row.symbol, row.id), row)
        trades = (row for row in found.values() if row.at >= since)
        return sorted(trades, key=lambda row: (row.at, row.sequence))

    def funding(self, since: datetime, instruments: Sequence[str]) -> list[tuple[datetime, Table]]:
        """The times of the funding payments since then, and the payments as ccxt unifies them; none where the exchange
        does not show them. One in another currency than the market's settlement changes nothing that the log counts:
        it is named in the log of the program, and left out.
        """
        ccxt = self.client.ccxt
        if ccxt.has["fetchFundingHistory"] is not True:
            return []
        found: list[Table] = []
        for symbol in self.markets.symbols(instruments):
            found += self.client.ask(partial(ccxt.fetch_funding_history, symbol, in_ms(since)))
        times = [(self._read(row, partial(moment, row, "timestamp")), row) for row in found]
        return [
            (at, row) for at, row in times if at is not None and at >= since and not self._is_foreign(row)
        ]

    def _is_foreign(self, payment: Table) -> bool:
        """Whether the funding payment is in another currency; names the first of each currency."""
        market = self.market(payment)
        if market is None or not self.dialect.states_funding_currency:
            return False
        currency = self._read(payment, lambda: text(payment, "code"))
        if currency in ("", market.settlement):
            return False
        if currency is not None and currency not in self._funding_currencies:
            self._funding_currencies.add(currency)
            _log.warning(
                "%s settles funding of %s in %s (first: %s %s, payment %s): neither the balance nor a result of this "
                "log, which are in %s, contains it",
                self.client.ccxt.id,
                market.instrument,
                currency,
                payment.get("amount"),
                currency,
                payment.get("id"),
                market.settlement,
            )
        return True

    def _trades(self, symbol: str | None, start: datetime, end: datetime, kind: Params) -> list[TradeRow]:
        """The trades of a window. A full page may lack some, so its window is halved."""
        limit = self._limit("fetchMyTrades")
        call = partial(
            self.client.ccxt.fetch_my_trades, symbol, in_ms(start), limit, {"until": in_ms(end), **kind}
        )
        page = self.client.ask(call)
        if limit is None or len(page) < limit or end - start <= _LEAST_WINDOW:
            return [row for one in page if (row := self.trade(one)) is not None]
        half = at_ms(in_ms(start + (end - start) / 2))
        return [
            *self._trades(symbol, start, half, kind),
            *self._trades(symbol, half + _LEAST_WINDOW, end, kind),
        ]

    def _trade_kinds(self) -> Sequence[Params]:
        return [{self.dialect.trade_type: one} for one in self.dialect.trade_types] or [{}]

    def trade(self, found: Table) -> TradeRow | None:
        """The trade; None for a row of a market that is not traded here, or that is no trade."""
        kinds, stated = self.dialect.trade_types, table(found.get("info")).get(self.dialect.trade_type)
        if kinds and stated is not None and stated not in kinds:
            return None
        market = self.market(found)
        if market is None:
            return None
        row = self._read(found, lambda: trade_row(found, market, self.dialect))
        if row is not None:
            self._name_other_fees(row)
        return row

    def _name_other_fees(self, row: TradeRow) -> None:
        """A fill has one fee: a trade's fees in further currencies are named in the log of the program, once each."""
        for currency, paid in row.other_fees.items():
            if currency not in self._named_currencies:
                self._named_currencies.add(currency)
                _log.warning(
                    "%s states fees in several currencies: of trade %s the fill has %s %s, and %s %s is not recorded; "
                    "later fees in %s beside another one are not either",
                    self.client.ccxt.id,
                    row.id,
                    row.fee,
                    row.fee_currency,
                    paid,
                    currency,
                    currency,
                )

    def _read(self, found: Table, reader: Callable[[], T]) -> T | None:
        """What the reader makes of a row; None where it cannot be read and is kept as skipped."""
        if self._skipped is None:
            return self.client.readable(reader)
        return self._skipped.read(found, reader, key=str(found.get("id") or ""))

    # -- what ccxt knows of the exchange

    def _symbols(self, method: str, instruments: Sequence[str]) -> Sequence[str | None]:
        if not self.feature(method).get("symbolRequired"):
            return [None]
        return self.markets.symbols(instruments)

    def _limit(self, method: str) -> int | None:
        return _count(self.feature(method).get("limit"))

    def _window(self, method: str) -> timedelta | None:
        days = _count(self.feature(method).get("untilDays"))
        return None if days is None else timedelta(days=days)

    def feature(self, method: str) -> Table:
        """What ccxt states of a call for linear perpetuals."""
        features = table(self.client.ccxt.features)
        linear = table(table(features.get("swap")).get("linear"))
        found = linear.get(method)
        return found if is_table(found) else {}


def _count(value: object) -> int | None:
    return int(cast("int", value)) if isinstance(value, int | float) and value else None


def _windows(
    since: datetime, until: datetime, longest: timedelta | None
) -> Iterator[tuple[datetime, datetime]]:
    start = since
    while start < until:
        end = until if longest is None else min(start + longest, until)
        yield start, end
        start = end
