"""The port to Bybit: linear perpetuals of one unified account in one-way mode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

from adapters.bybit.bucket import LIMITS
from adapters.bybit.client import Client, http, readable
from adapters.bybit.execution_row import FORCED, FUNDING, TRADES, VENUE, ExecutionRow, execution_row, funded
from adapters.bybit.fields import at_ms, in_ms, is_dated, plain
from adapters.bybit.holdings import balances, positions
from adapters.bybit.line import Line
from adapters.bybit.names import VENUE_ID, Names
from adapters.bybit.order_row import OrderRow, order_row, venue_order, waiting_leg
from adapters.bybit.pace import PRIVATE_SHARE, Turns
from adapters.bybit.placing import CATEGORY, LEVELS, Params, Placement, address, placements
from adapters.bybit.reading import Reading, faults_in, in_order
from adapters.bybit.secrecy import Credentials, hidden_from_logs
from adapters.bybit.site import Site, Timing
from adapters.bybit.stream import Stream, StreamState
from adapters.bybit.texts import Texts
from adapters.bybit.trade_socket import TradeSocket
from adapters.executed import execution, liquidated
from adapters.instruments.bybit import listings
from adapters.instruments.document import Table
from adapters.lease import Lease
from adapters.measured_clock import measured
from adapters.order_way import OrderWay
from commands.clock_reading import ClockReading
from commands.exchange import (
    AnyReport,
    Filled,
    Funded,
    Gap,
    Liquidated,
    NotSent,
    OutcomeUnclear,
    Rejected,
    Ticket,
    Unread,
)
from domain.catalogue import Listing
from domain.direction import Purpose
from domain.errors import (
    ExchangeError,
    ExchangeRefused,
    ExchangeUnreachable,
    InvalidInput,
    InvalidSettings,
    OutcomeUnknown,
)
from domain.instrument import Instrument, RulesOrigin, symbol_of
from domain.order import OrderPlaced
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition

TOPICS = ("order", "execution")
_NO_SOCKET_IN_DEMO = (
    "order_entry = WEBSOCKET: Bybit's demo trading has no socket of orders; set order_entry = REST"
)
_NO_SOCKET_UNDER_LEASE = (
    "order_entry = WEBSOCKET: a leased account sends its orders by REST; set order_entry = REST"
)
RULES_KEPT = 3600.0
"""Seconds for which the instruments are kept."""

_WINDOW = timedelta(days=7)
_HISTORY, _SEARCHED = timedelta(days=730), timedelta(days=90)
_NOBODY: Mapping[str, OrderPlaced] = {}


def _nothing() -> None:
    """Does nothing with an arrival."""


class BybitExchange:
    """`placed` holds the terms of the orders that the log knows and that may still be open, by order id.

    `way` is that of the requests that change orders. `limits` are calls a second by pybit's method; a method without
    one is never waited for. Under a `lease` nothing is changed at the exchange while that is not valid. `settle` is the
    settlement currency of the account's contracts. `on_arrival` is called, in a thread of a socket, where a report
    arrived, a gap was noticed or `stream_state` or `trade_state` changed. Every other call comes from one thread.
    Raises InvalidSettings for an empty key or secret, and for a socket of orders in demo trading or under a lease.
    """

    venue = VENUE

    def __init__(
        self,
        credentials: Credentials,
        site: Site,
        placed: Mapping[str, OrderPlaced] = _NOBODY,
        *,
        settle: str = "USDT",
        timing: Timing | None = None,
        on_arrival: Callable[[], None] = _nothing,
        monotonic: Callable[[], float] = time.monotonic,
        limits: Mapping[str, int] = LIMITS,
        way: OrderWay = OrderWay.REST,
        lease: Lease | None = None,
    ) -> None:
        if not credentials.key or not credentials.secret:
            raise InvalidSettings("Bybit needs an API key and its secret")
        if way is OrderWay.WEBSOCKET and site.demo:
            raise InvalidSettings(_NO_SOCKET_IN_DEMO)
        if way is OrderWay.WEBSOCKET and lease is not None:
            raise InvalidSettings(_NO_SOCKET_UNDER_LEASE)
        timing = timing or Timing()
        self.session: Any = http(credentials, site, timing, lease)
        self._trade = (
            TradeSocket(site, credentials, timing, on_arrival) if way is OrderWay.WEBSOCKET else None
        )
        self._client = Client(self.session, credentials, limits, self._forget_rules, trade=self._trade)
        self._names = Names(placed)
        self._reading = Reading(self._names, settle, credentials.hide)
        self._texts = Texts()
        line = Line(site=site, channel="private", topics=TOPICS, credentials=credentials)
        self._stream = Stream(line, timing, Turns(PRIVATE_SHARE), self._texts, on_arrival)
        self._settle, self._monotonic = settle, monotonic
        self._made: list[AnyReport] = []
        self._rules: tuple[float, Sequence[Instrument]] | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._open = ExitStack()
        self._open.enter_context(hidden_from_logs(credentials))

    @property
    def client(self) -> Client:
        """The connection, for queries and settings of the same account (`adapters/bybit/account.py`)."""
        return self._client

    def start(self) -> None:
        """Connects the stream of reports and the socket of orders, each in a thread."""
        for one in self._connected():
            self._open.callback(one.close)
            one.start()

    def close(self) -> None:
        """Ends the connections and their threads."""
        for one in self._connected():
            one.end()
        self._open.close()
        self.session.client.close()

    def _connected(self) -> Sequence[Stream | TradeSocket]:
        return [self._stream] if self._trade is None else [self._stream, self._trade]

    # -- reports

    @property
    def stream_state(self) -> StreamState:
        """Whether reports arrive now."""
        return self._stream.state

    @property
    def trade_state(self) -> StreamState | None:
        """Whether orders go over the socket now; None where they are to go by REST."""
        return None if self._trade is None else self._trade.state

    @property
    def pushes(self) -> int:
        """The number of pushes that arrived so far."""
        return self._stream.pushes

    def gaps(self) -> Sequence[Gap]:
        """See `ReportStream.gaps`: one for each connection of the stream."""
        return self._stream.gaps()

    def unread(self) -> Sequence[Unread]:
        """See `ReportStream.unread`."""
        found, self._reading.unread = self._reading.unread, []
        return found if self._trade is None else [*found, *self._trade.unread()]

    def reports(self) -> Sequence[AnyReport]:
        """See `ReportStream.reports`."""
        made, self._made = self._made, []
        for text in self._texts.taken():
            made.extend(self._reading.read(text))
        for venue_id in self._reading.unknown():
            self._learn(venue_id)
        return in_order([*made, *self._reading.settle_unknown()])

    def read_again(self, content: str) -> Sequence[AnyReport]:
        """The executions of a push that could not be read before; what the log has already is reported again. What the
        push states of orders is left out: it may be old, and the next comparison queries them.

        Raises InvalidInput where the push still cannot be understood as a whole, ExchangeUnreachable where Bybit does
        not state whose order was executed.
        """
        faults = faults_in(content, self._settle)
        if faults:
            raise InvalidInput("; ".join(faults))
        # Apart from the stream: its own reading would leave out an execution that it has read before.
        again = Reading(self._names, self._settle)
        found = again.read(content)
        for venue_id in again.unknown():
            self._learn(venue_id)
        found.extend(again.settle_unknown())
        if waiting := again.unknown():
            raise ExchangeUnreachable(f"Bybit does not state whose order {waiting[0]} is")
        return in_order([one for one in found if isinstance(one, Filled | Funded | Liquidated)])

    def _learn(self, venue_id: str) -> None:
        """Finds out whose order this is. Where Bybit does not answer, its executions wait for the next call."""
        try:
            row = self._by_venue_id(venue_id)
        except ExchangeError:
            return
        if row is None:
            self._names.stranger(venue_id)

    # -- order entry

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """See `OrderEntry.submit`."""
        planned = placements(tickets)
        for ticket in tickets:
            self._names.send(ticket)
        has_arrived = False
        for number, placement in enumerate(planned):
            try:
                self._client.send("place_order", placement.params)
                has_arrived = True
            except ExchangeError as error:
                if len(planned) == 1 or (
                    isinstance(error, ExchangeUnreachable) and not has_arrived and not number
                ):
                    raise
                self._made.extend(_failed(placement, error))

    def adopt(self, order_id: str, venue_order_id: str, terms: OrderPlaced) -> bool:
        """See `Exchange.adopt`. False for a stop or target of another log's entry."""
        return self._names.adopt(order_id, venue_order_id, terms)

    def cancel(self, order_id: str, at: datetime) -> None:
        """See `OrderEntry.cancel`. A target whose stop stands is not cancelled, because Bybit cancels both."""
        parent = self._names.parent(order_id)
        if parent is None:
            self._client.send("cancel_order", self._addressed(order_id))
            return
        row = self._needed(order_id)
        if not row.venue_id:
            self._amend_entry(row, {LEVELS[_leg_of(row)]: "0"})
            return
        if row.leg is Purpose.TARGET and Purpose.STOP in self._names.legs(parent):
            raise ExchangeRefused("not sent: Bybit would cancel the stop together with its target")
        self._client.send("cancel_order", _by_id(row))

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        """See `OrderEntry.amend`."""
        named = {"qty": quantity, "price": limit_price, "triggerPrice": trigger_price}
        changes: Params = {name: plain(value) for name, value in named.items() if value is not None}
        if self._names.parent(order_id) is None:
            self._client.send("amend_order", self._addressed(order_id) | changes)
            return
        row = self._needed(order_id)
        if row.leg is Purpose.TARGET and "price" in changes:
            changes["triggerPrice"] = changes.pop("price")
        if row.venue_id:
            self._client.send("amend_order", _by_id(row) | changes)
        elif set(changes) == {"triggerPrice"}:
            self._amend_entry(row, {LEVELS[_leg_of(row)]: changes["triggerPrice"]})
        else:
            raise ExchangeRefused("not sent: the quantity of a waiting stop or target is that of its entry")

    def _amend_entry(self, leg: OrderRow, changes: Params) -> None:
        entry = {**address(leg.instrument), "orderLinkId": leg.parent}
        self._client.send("amend_order", entry | changes)

    def _addressed(self, order_id: str) -> Params:
        terms = self._names.terms.get(order_id)
        instrument = self._needed(order_id).instrument if terms is None else terms.instrument
        own = "orderId" if self._names.venue_id(order_id) == order_id else "orderLinkId"
        return {**address(instrument), own: order_id}

    def _needed(self, order_id: str) -> OrderRow:
        row = self._find(order_id)
        if row is None:
            raise ExchangeRefused(f"not sent: Bybit has no order {order_id}")
        return row

    # -- queries

    def order(self, order_id: str) -> VenueOrder | None:
        """See `VenueQueries.order`. A waiting stop or target is found in its entry.

        An order is searched among the open ones and those that ended in the last seven days; one of an earlier process
        among those of the last 90 days, too.
        """
        row = self._find(order_id)
        return None if row is None else venue_order(row, order_id)

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`; an order that is not ours has an empty order id."""
        listed = self._rows("get_open_orders", {"settleCoin": self._settle, "limit": 50})
        found = [order for row in reversed(list(listed)) for order in self._with_legs(row) if order.is_open]
        return sorted(found, key=lambda order: order.created_at)

    def executions(self, since: datetime) -> Sequence[Execution]:
        """See `VenueQueries.executions`. Bybit keeps two years."""
        return [execution(row, self._owner(row)) for row in self._since(since) if row.type in TRADES]

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """The funding and the forced closes at or after `since`, in order of time, as the stream reports them."""
        rows = self._since(since)
        return [
            funded(row) if row.type == FUNDING else liquidated(row, row.fact)
            for row in rows
            if row.type == FUNDING or row.type in FORCED
        ]

    def _since(self, since: datetime) -> Sequence[ExecutionRow]:
        """The rows of executions at or after `since`, in order of time; each id once."""
        found: dict[str, ExecutionRow] = {}
        for start, end in self._windows(since):
            params: Params = {"startTime": in_ms(start), "endTime": in_ms(end), "limit": 100}
            for row in reversed(list(self._execution_rows(params))):
                found.setdefault(row.id, row)
        return sorted((row for row in found.values() if row.at >= since), key=lambda row: row.at)

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`. Raises ExchangeRefused where the account is in hedge mode."""
        listed = list(self._perpetuals("get_positions", {"settleCoin": self._settle, "limit": 200}))
        return readable(lambda: positions(listed))

    def balances(self) -> Sequence[VenueBalance]:
        """See `VenueQueries.balances`."""
        response = self._client.ask("get_wallet_balance", {"accountType": "UNIFIED"})
        return readable(lambda: balances(response))

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`. They are kept for an hour, or until Bybit refuses an order by its rules.

        Fees are those of an account without a VIP level, the maintenance margin is that of the first tier.
        """
        now = self._monotonic()
        if self._rules is None or now - self._rules[0] >= RULES_KEPT:
            self._rules = (now, self._listed())
        return self._rules[1]

    def server_time(self) -> datetime:
        """See `VenueQueries.server_time`."""
        response = self._client.ask("get_server_time", {})
        given = response.get("time")
        if not isinstance(given, int):
            raise ExchangeUnreachable("the response has no time")
        self._latest = max(self._latest, at_ms(given))
        return self._latest

    def clock_reading(self) -> ClockReading:
        """The difference of Bybit's clock from this machine's."""
        return measured(self.server_time)

    def _forget_rules(self) -> None:
        self._rules = None

    def _listed(self) -> Sequence[Instrument]:
        params: Params = {"category": CATEGORY, "limit": 1000}
        pages = self._client.pages("get_instruments_info", params)
        trading = [row for row in pages if row.get("status") == "Trading"]
        document = {"retCode": 0, "result": {"category": CATEGORY, "list": trading}}
        origin = RulesOrigin("Bybit v5 instruments-info", None, guessed=False)
        found = readable(lambda: list(listings(document, origin)))
        return [one.instrument for one in found if isinstance(one, Listing)]

    def _find(self, order_id: str) -> OrderRow | None:
        parent, venue_id = self._names.parent(order_id), self._names.venue_id(order_id)
        if venue_id:
            return self._by_venue_id(venue_id)
        found = self._search({"orderLinkId": order_id})
        if found is None and parent is not None:
            return self._attached(order_id, parent)
        if found is None and VENUE_ID.fullmatch(order_id) is not None:
            found = self._by_venue_id(order_id)
        return self._long_ago(order_id) if found is None else found

    def _long_ago(self, order_id: str) -> OrderRow | None:
        """The order among those that an earlier process sent; without times Bybit lists seven days only."""
        if order_id not in self._names.terms or self._names.sent_at(order_id) is not None:
            return None
        for start, end in self._windows(self.server_time() - _SEARCHED):
            times: Params = {"startTime": in_ms(start), "endTime": in_ms(end)}
            for row in self._rows("get_order_history", {"orderLinkId": order_id, **times}):
                return row
        return None

    def _attached(self, order_id: str, parent: str) -> OrderRow | None:
        """The stop or target in its entry, or the order that it has become."""
        entry = self._find(parent)
        if entry is None:
            return None
        waiting = waiting_leg(entry, self._names.terms[order_id].purpose)
        if waiting is not None:
            return waiting
        scope: Params = {**self._scope(entry.instrument), "limit": 50}
        ended = {**scope, "openOnly": 1}
        for row in chain(self._rows("get_open_orders", scope), self._rows("get_open_orders", ended)):
            if self._names.name(row) == order_id:
                return row
        for start, end in self._windows(entry.created):
            times: Params = {"startTime": in_ms(start), "endTime": in_ms(end)}
            for row in self._rows("get_order_history", scope | times):
                if self._names.name(row) == order_id:
                    return row
        return None

    def _scope(self, instrument: str) -> Params:
        """Bybit refuses a query that names a delisted symbol."""
        is_listed = any(one.id == instrument for one in self.instruments())
        return {"symbol": symbol_of(instrument)} if is_listed else {"settleCoin": self._settle}

    def _by_venue_id(self, venue_id: str) -> OrderRow | None:
        return self._search({"orderId": venue_id})

    def _search(self, which: Params) -> OrderRow | None:
        """The order among the open and recently ended ones, else in the history.

        Bybit requires a scope for a linear contract, and prefers the id to it.
        """
        for method in ("get_open_orders", "get_order_history"):
            for row in self._rows(method, {"settleCoin": self._settle, **which}):
                self._names.name(row)
                return row
        return None

    def _rows(self, method: str, params: Params) -> Iterator[OrderRow]:
        for row in self._perpetuals(method, params):
            yield readable(partial(order_row, row))

    def _execution_rows(self, params: Params) -> Iterator[ExecutionRow]:
        for row in self._perpetuals("get_executions", params):
            yield readable(partial(execution_row, row, self._settle))

    def _perpetuals(self, method: str, params: Params) -> Iterator[Table]:
        """The rows of a query, without those of dated futures, which somebody else trades on this account."""
        for row in self._client.pages(method, {"category": CATEGORY, **params}):
            if not readable(partial(is_dated, row)):
                yield row

    def _with_legs(self, row: OrderRow) -> Iterator[VenueOrder]:
        yield venue_order(row, self._names.name(row))
        for leg, order_id in self._names.legs(row.link).items() if row.link else ():
            waiting = None if self._names.venue_id(order_id) else waiting_leg(row, leg)
            if waiting is not None:
                yield venue_order(waiting, order_id)

    def _owner(self, row: ExecutionRow) -> str | None:
        """Our id of the execution's order; None for an order of Bybit, or without a client order id."""
        if row.type in FORCED:
            return None
        known = self._names.of_execution(row.link, row.venue_order_id)
        if known is None:
            found = self._by_venue_id(row.venue_order_id)
            known = "" if found is None else self._names.name(found)
            self._names.stranger(row.venue_order_id)
        return known or None

    def _windows(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Windows of at most seven days, from `since` to now."""
        now = self.server_time() + timedelta(seconds=1)
        start = max(since, now - _HISTORY)
        while start < now:
            end = min(start + _WINDOW, now)
            yield start, end
            start = end


def _leg_of(row: OrderRow) -> Purpose:
    assert row.leg is not None
    return row.leg


def _by_id(row: OrderRow) -> Params:
    return {**address(row.instrument), "orderId": row.venue_id}


def _failed(placement: Placement, error: ExchangeError) -> Iterator[AnyReport]:
    """The reports of the tickets of a request that failed while others of the same call may have arrived."""
    for ticket in placement.tickets:
        yield _MADE[type(error)](ticket.order_id, ticket.sent_at, str(error))


def _rejected(order_id: str, at: datetime, reason: str) -> AnyReport:
    fact = f"exchange:{VENUE}:{order_id}-rejected-{at:%Y%m%dT%H%M%S%f}"
    return Rejected(order_id=order_id, at=at, fact=fact, reason=reason)


def _not_sent(order_id: str, at: datetime, reason: str) -> AnyReport:
    return NotSent(order_id=order_id, at=at, fact=_clock(at), reason=f"not sent: {reason}")


def _unclear(order_id: str, at: datetime, reason: str) -> AnyReport:
    return OutcomeUnclear(order_id=order_id, at=at, fact=_clock(at), reason=reason)


def _clock(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"


_MADE: Mapping[type[ExchangeError], Callable[[str, datetime, str], AnyReport]] = {
    ExchangeRefused: _rejected,
    ExchangeUnreachable: _not_sent,
    OutcomeUnknown: _unclear,
}
