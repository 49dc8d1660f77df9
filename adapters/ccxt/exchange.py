"""The port to an exchange of ccxt: linear perpetuals of one account in one-way mode."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

from msgspec import Struct
from tenacity import Retrying, stop_after_attempt

from adapters.ccxt.arrivals import Arrival, Arrivals, Funding, Pushed
from adapters.ccxt.client import LOGGERS, Client, opened
from adapters.ccxt.dialect import Dialect, dialect_of
from adapters.ccxt.failure import PlacedBefore
from adapters.ccxt.holdings import balances, positions
from adapters.ccxt.lists import Lists
from adapters.ccxt.names import Names
from adapters.ccxt.order_row import OrderRow, venue_order
from adapters.ccxt.placing import amendment, in_sending_order, is_conditional, is_target, placement
from adapters.ccxt.poll import Poll, PollState, Watched
from adapters.ccxt.protection import surplus
from adapters.ccxt.reading import Reading, in_order
from adapters.ccxt.site import Site, Timing
from adapters.ccxt.stream import WATCHES, Stream, StreamState
from adapters.ccxt.trade_row import TradeRow, funded
from adapters.ccxt.unreadable import Unreadable, skip_unreadable
from adapters.ccxt.waiting_targets import WaitingTargets, waits_for
from adapters.executed import execution, liquidated
from adapters.history import rules_with
from adapters.instruments.document import Table
from adapters.instruments.responses import imported
from adapters.measured_clock import measured
from adapters.order_terms import Terms
from adapters.secrecy import Credentials, hidden_from
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
    Report,
    Ticket,
    Unread,
)
from domain.direction import Purpose, entry_side
from domain.errors import (
    ExchangeError,
    ExchangeRefused,
    ExchangeUnreachable,
    InvalidSettings,
    OutcomeUnknown,
)
from domain.instrument import Instrument, market_of
from domain.order import OrderPlaced
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition

RULES_KEPT = 3600.0
"""Seconds for which the instruments are kept."""

_AHEAD = timedelta(seconds=1)
_PAUSE = 1.0
_NEEDED = ("createOrder", "cancelOrder", "fetchOpenOrders", "fetchMyTrades", "fetchPositions", "fetchBalance")
_NOBODY: Mapping[str, OrderPlaced] = {}
_OF_RULES = (
    "InvalidOrder:",
    "BadRequest:",
    "BadSymbol:",
    "ContractUnavailable:",
    "MarketClosed:",
    "not sent: ",
)
"""How refusals begin that may mean that an instrument's rules have changed."""
_ONCE = Retrying(stop=stop_after_attempt(1), reraise=True)
_CREDENTIALS = frozenset({"apiKey", "secret", "password"})
_TRADED = "LINEAR"
_NOTHING = Terms(Decimal(0), None, None)


def _nothing() -> None:
    """Does nothing with an arrival."""


class Address(Struct, frozen=True, gc=False):
    """By what an exchange knows an order: its own id, ccxt's symbol, and whether it waits for a price."""

    venue_id: str
    symbol: str
    is_trigger: bool


class CcxtExchange:
    """`name` is the exchange's in ccxt. `placed` holds the terms of the orders that the log knows and that may still be
    open, by order id; a stop or target whose entry is not among them is that of an entry that was filled.

    `dialect` is for an exchange that `DIALECTS` lacks. Reports come from polls, and from ccxt.pro's streams where the
    exchange has those of orders and trades, unless `streams` is False. `on_arrival` is called, in a thread of a stream
    or of the poll, where something arrived or a state changed. Every other call comes from one thread. Raises
    InvalidSettings for an empty key or secret, for an exchange that ccxt does not know, and for one that lacks a call
    which this program needs.
    """

    def __init__(
        self,
        name: str,
        credentials: Credentials,
        site: Site,
        placed: Mapping[str, OrderPlaced] = _NOBODY,
        *,
        dialect: Dialect | None = None,
        streams: bool = True,
        timing: Timing | None = None,
        on_arrival: Callable[[], None] = _nothing,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not credentials.key or not credentials.secret:
            raise InvalidSettings(f"{name} needs an API key and its secret")
        timing, self.site = timing or Timing(), site
        open_client = partial(opened, name, credentials, site, timing)
        self.venue, self._dialect, self._monotonic = name, dialect or dialect_of(name), monotonic
        self.ccxt: Any = open_client()
        _check_calls(self.ccxt)
        _check_keys(self.ccxt, credentials)
        self._client = Client(self.ccxt, credentials)
        self._lists = Lists(self._client, self._dialect)
        self._names = Names(placed, self._dialect.order_id)
        self._reading = Reading(self._names, name)
        self._arrivals = Arrivals(on_arrival, credentials)
        self._unreadable = Unreadable(self._arrivals.refuse)
        self._live = {order_id: terms.instrument for order_id, terms in placed.items()}
        self._traded = dict.fromkeys(self._live.values())
        self._targets = WaitingTargets(name)
        self._unsure = {order_id: terms for order_id, terms in placed.items() if is_target(terms)}
        self._watched = self._plan()
        self._made: list[AnyReport] = []
        self._waiting: list[Arrival] = []
        self._unsent: set[str] = set()
        self._closing: set[str] = set()
        self._withdrawing: set[str] = set()
        self._next_try = 0.0
        self._rules: tuple[float, Sequence[Instrument]] | None = None
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._open = ExitStack()
        self._open.enter_context(hidden_from(credentials, LOGGERS))
        polling = open_client()
        skip_unreadable(polling, self._unreadable)
        polled = Lists(Client(polling, credentials), self._dialect, self._unreadable)
        has_streams = streams and _streams(name)
        every = timing.safety_poll if has_streams else timing.poll
        self._poll = Poll(polled, timing, every, self._arrivals, self._unreadable, lambda: self._watched)
        self._stream = (
            Stream(partial(open_client, "ccxt.pro"), credentials, timing, self._arrivals, self._poll.soon)
            if has_streams
            else None
        )

    def start(self) -> None:
        """Begins to receive reports, in threads."""
        for one in (self._stream, self._poll):
            if one is not None:
                self._open.callback(one.close)
                one.start()

    def close(self) -> None:
        """Ends the threads and connections."""
        self._open.close()
        self.ccxt.session.close()

    @property
    def client(self) -> Client:
        """The client of the thread of the caller."""
        return self._client

    def symbol(self, instrument: str) -> str:
        """ccxt's symbol. Raises ExchangeRefused for an instrument that is not traded here, and as a query does."""
        return self._lists.markets.of(instrument).symbol

    # -- reports

    @property
    def poll_state(self) -> PollState:
        """Whether polls are answered."""
        return self._poll.state

    @property
    def stream_state(self) -> StreamState | None:
        """Whether the streams are connected; None without streams."""
        return None if self._stream is None else self._stream.state

    def poll_soon(self) -> None:
        """Makes the next poll at once."""
        self._poll.soon()

    def gaps(self) -> Sequence[Gap]:
        """See `ReportStream.gaps`: one for each connection, and for the first poll after others that failed."""
        return self._arrivals.gaps()

    def unread(self) -> Sequence[Unread]:
        """See `ReportStream.unread`."""
        return self._arrivals.unread()

    def reports(self) -> Sequence[AnyReport]:
        """See `ReportStream.reports`. Targets whose entry has filled are sent here, and stops and targets that have
        nothing left to protect are cancelled.
        """
        self._try_to_recall_targets()
        made, self._made = self._made, []
        arrived = self._arrived()
        for arrival in arrived:
            made.extend(self._take(arrival))
        for venue_id, symbol in self._reading.unknown():
            self._learn(venue_id, symbol)
        made.extend(self._reading.settle_unknown())
        if arrived or made or self._withdrawing or self._targets.due(()):
            made.extend(self._withdrawn(made))
            made.extend(self._send_targets(made))
            self._watched = self._plan()
        return in_order(made)

    def _arrived(self) -> Sequence[Arrival]:
        """What arrived; nothing as long as the markets, without which no row can be read, are not known."""
        try:
            _ = self._lists.markets
        except ExchangeError:
            return ()
        waiting, self._waiting = self._waiting, []
        return [*waiting, *self._arrivals.rows()]

    def _take(self, arrival: Arrival) -> Iterator[AnyReport]:
        """The reports of an arrival. An entry that the exchange reports on was sent, whatever its response was."""
        try:
            for report in self._reports_of(arrival):
                if isinstance(report, Report):
                    self._unsent.discard(report.order_id)
                yield report
        except ExchangeUnreachable as error:
            self._unreadable.refuse(arrival, str(error))

    def _reports_of(self, arrival: Arrival) -> Iterator[AnyReport]:
        match arrival:
            case OrderRow():
                yield from self._order(arrival)
            case TradeRow():
                yield from self._reading.trade(arrival)
            case Funding(row=row):
                yield from self._funding(row)
            case Pushed(watch=watch, row=row):
                yield from self._pushed(watch, row)

    def _order(self, row: OrderRow) -> Iterator[AnyReport]:
        """A triggered order waits until the order that it has become was found."""
        try:
            grown = self._lists.grown(row)
        except ExchangeError:
            self._waiting.append(row)
            return
        yield from self._reading.order(grown)

    def _funding(self, row: Table) -> Iterator[AnyReport]:
        market = self._lists.market(row)
        if market is not None:
            is_paid = self._dialect.states_funding_paid
            read = self._client.readable
            yield from read(lambda: list(self._reading.funding(row, market, is_paid=is_paid)))

    def _pushed(self, watch: str, row: Table) -> Iterator[AnyReport]:
        if watch == WATCHES[0]:
            order = self._lists.order(row)
            if order is not None:
                yield from self._order(order)
            return
        trade = self._lists.trade(row)
        if trade is not None:
            yield from self._reading.trade(trade)

    def _learn(self, venue_id: str, symbol: str) -> None:
        """Finds out whose order this is. Where the exchange does not answer, its trades wait for the next call."""
        try:
            row = self._lists.by_venue_id(venue_id, symbol)
        except ExchangeError:
            return
        if row is None:
            self._names.pair("", venue_id)
        else:
            self._reading.know(row)

    # -- targets that wait for their entry

    def _try_to_recall_targets(self) -> None:
        """A later call repeats what failed."""
        if not self._unsure or self._monotonic() < self._next_try:
            return
        try:
            self._recall_targets()
        except ExchangeError:
            self._next_try = self._monotonic() + _PAUSE

    def _recall_targets(self) -> None:
        """Finds the targets that an earlier process has reported and not sent. Raises as the queries of the port do."""
        for order_id, terms in list(self._unsure.items()):
            filled = self._filled_without_target(order_id, terms)
            if filled is not None:
                self._targets.recall(Ticket(order_id, terms, self.server_time()), is_due=filled)
            del self._unsure[order_id]

    def _filled_without_target(self, order_id: str, terms: OrderPlaced) -> bool | None:
        """Whether the entry of a target has filled; None where the target or the end of its entry is at the exchange.

        An entry that the log does not hold as working was filled by an earlier process: its target is sent as long as
        the position is there.
        """
        assert terms.parent is not None
        if self._find(order_id) is not None:
            return None
        entry = self._names.terms.get(terms.parent)
        if entry is None:
            side = terms.side.opposite
            found = (one for one in self.positions() if one.instrument == terms.instrument)
            return True if any(entry_side(one.direction) is side for one in found) else None
        row = self._find(terms.parent) if waits_for(terms, entry) else None
        if row is None or not (row.is_open or row.filled):
            return None
        return bool(row.filled)

    def _send_targets(self, made: Sequence[AnyReport]) -> Iterator[AnyReport]:
        """Sends the targets of the entries that have filled; a later call repeats what was not answered."""
        filled = {report.order_id for report in made if isinstance(report, Filled)}
        filled |= {entry for entry in self._targets.entries() if self._reading.filled(entry)}
        due = self._targets.due(filled)
        now = self._monotonic()
        if now < self._next_try:
            return
        for ticket in due:
            try:
                self._send_target(ticket)
            except ExchangeRefused as error:
                self._reading.never_was(ticket.order_id)
                yield _rejected(self.venue, ticket, str(error))
            except ExchangeError:
                self._next_try = now + _PAUSE
                return
            self._targets.sent(ticket.order_id)

    def _send_target(self, ticket: Ticket) -> None:
        """Sends a conditional order, or a limit order at its price where that was refused because it was reached."""
        try:
            self._create(ticket)
        except ExchangeRefused:
            self._create(ticket, is_resting=True)

    # -- stops and targets that have nothing left to protect

    def _withdrawn(self, made: Sequence[AnyReport]) -> list[AnyReport]:
        """The reports of the cancels of all that has nothing left to protect."""
        self._closing |= self._closed_in(made)
        families = self._names.families()
        unsent, flat = frozenset(self._unsent), self._flat()
        self._withdrawing |= set(surplus(families, self._names.terms, self._reading, unsent, flat))
        reports = [report for leg in sorted(self._withdrawing) for report in self._withdraw(leg)]
        self._withdrawing = {leg for leg in self._withdrawing if self._reading.is_open(leg)}
        for entry, legs in list(families.items()):
            if not any(self._reading.is_open(leg) for leg in legs.values()):
                self._names.forget_family(entry)
                self._unsent.discard(entry)
        return reports

    def _closed_in(self, made: Sequence[AnyReport]) -> set[str]:
        """The instruments in which an order that is no stop or target of a family was filled and reduces."""
        found: set[str] = set()
        for report in made:
            if isinstance(report, Liquidated):
                found.add(report.instrument)
            elif isinstance(report, Filled):
                terms = self._names.terms.get(report.order_id)
                if terms is not None and terms.reduce_only and terms.parent is None:
                    found.add(terms.instrument)
        return found

    def _flat(self) -> frozenset[str]:
        """The instruments in which a position was just closed and none is left."""
        if not self._closing or not self._names.families():
            self._closing.clear()
            return frozenset()
        try:
            held = {position.instrument for position in self.positions()}
        except ExchangeError:
            return frozenset()
        flat = frozenset(self._closing - held)
        self._closing.clear()
        return flat

    def _withdraw(self, order_id: str) -> Iterator[AnyReport]:
        """Cancels an order and reports what has become of it; a later call repeats what failed."""
        if order_id in self._targets:
            self._reading.never_was(order_id)
            yield self._targets.cancel(order_id)
            return
        now = self._monotonic()
        if now < self._next_try:
            return
        try:
            row = self._find(order_id)
            if row is not None and row.is_open:
                self._cancel(_address_of(row))
                row = self._find(order_id)
        except ExchangeError:
            self._next_try = now + _PAUSE
            return
        if row is None:
            self._reading.never_was(order_id)
        else:
            yield from self._reading.order(row)

    # -- order entry

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """See `OrderEntry.submit`. A stop is sent before its entry; where it fails, the entry is not sent."""
        for ticket in tickets:
            self._names.send(ticket)
            self._unsent.discard(ticket.order_id)
            self._reading.sent_again(ticket.order_id)
            self._live[ticket.order_id] = ticket.terms.instrument
            self._traded[ticket.terms.instrument] = None
        self._watched = self._plan()
        failed: dict[str, ExchangeError] = {}
        has_arrived = False
        for ticket in in_sending_order(tickets):
            try:
                self._check_family(ticket, tickets, failed)
                if self._waits(ticket):
                    self._made.append(self._targets.hold(ticket))
                else:
                    self._create(ticket)
                has_arrived = True
            except ExchangeError as error:
                if len(tickets) == 1 or not (has_arrived or failed or isinstance(error, OutcomeUnknown)):
                    self._never_were(tickets, error)
                    raise
                failed[ticket.order_id] = error
                self._fail(ticket, error)

    def _waits(self, ticket: Ticket) -> bool:
        """Whether it is a target whose limit entry has not filled yet."""
        entry = ticket.terms.parent or ""
        self._unsure.pop(ticket.order_id, None)
        return waits_for(ticket.terms, self._names.terms.get(entry)) and not self._reading.filled(entry)

    def _check_family(
        self, ticket: Ticket, tickets: Sequence[Ticket], failed: Mapping[str, ExchangeError]
    ) -> None:
        """Raises ExchangeUnreachable for an entry whose stop failed, and for a target whose entry was not sent."""
        for other in tickets:
            if (
                other.order_id in failed
                and other.terms.purpose is Purpose.STOP
                and other.terms.parent == ticket.order_id
            ):
                raise ExchangeUnreachable(f"its stop {other.order_id} was not placed")
        parent = failed.get(ticket.terms.parent or "")
        if parent is not None and not isinstance(parent, OutcomeUnknown):
            raise ExchangeUnreachable(f"its entry {ticket.terms.parent} was not placed")

    def _fail(self, ticket: Ticket, error: ExchangeError) -> None:
        """Reports a ticket that failed while others of the same call may have arrived."""
        self._made.append(_MADE[type(error)](self.venue, ticket, str(error)))
        if not isinstance(error, OutcomeUnknown):
            self._never_were([ticket], error)
            if ticket.terms.parent is None:
                self._unsent.add(ticket.order_id)

    def _never_were(self, tickets: Sequence[Ticket], error: ExchangeError) -> None:
        if not isinstance(error, OutcomeUnknown):
            for ticket in tickets:
                self._reading.never_was(ticket.order_id)

    def _create(self, ticket: Ticket, *, is_resting: bool = False) -> None:
        """Places an order; see `placement`. A refusal counts only where the exchange has no order with the id."""
        markets, link = self._lists.markets, self._names.link(ticket.order_id)
        feature = self._lists.feature("createOrder")
        try:
            market = markets.of(ticket.terms.instrument)
            placed = placement(ticket, link, market, markets, self._dialect, feature, is_resting=is_resting)
            call = partial(
                self.ccxt.create_order,
                placed.symbol,
                placed.type,
                placed.side,
                placed.amount,
                placed.price,
                placed.params,
            )
            self._names.pair(ticket.order_id, str(self._client.place(call)["id"]))
        except (ExchangeRefused, PlacedBefore) as error:
            self._heed(error)
            if not self._exists(ticket.order_id, error):
                raise

    def _exists(self, order_id: str, error: ExchangeError) -> bool:
        """Whether a refused order is at the exchange, because it was placed before.

        Raises OutcomeUnknown where the exchange does not answer.
        """
        if str(error).startswith("not sent"):
            return False
        try:
            return self._find(order_id) is not None
        except ExchangeError as fault:
            raise OutcomeUnknown(f"{error}; whether it was placed before is not known: {fault}") from None

    def adopt(self, order_id: str, venue_order_id: str, terms: OrderPlaced) -> bool:
        """See `Exchange.adopt`. An order without a client order id is found by no query that all exchanges have."""
        if order_id == venue_order_id or self._names.link(order_id) != order_id:
            return False
        self._names.place(order_id, terms)
        self._names.pair(order_id, venue_order_id)
        self._live[order_id] = terms.instrument
        self._traded[terms.instrument] = None
        self._watched = self._plan()
        return True

    def cancel(self, order_id: str, at: datetime) -> None:
        """See `OrderEntry.cancel`."""
        self._recall_targets()
        if order_id in self._targets:
            self._reading.never_was(order_id)
            self._made.append(self._targets.cancel(order_id, at))
            self._arrivals.changed()
            return
        self._cancel(self._address(order_id))

    def _cancel(self, address: Address) -> None:
        params = {"trigger": True} if address.is_trigger and self._lists.has_trigger_lists else {}
        self._client.send(partial(self.ccxt.cancel_order, address.venue_id, address.symbol, params))

    def _address(self, order_id: str) -> Address:
        """Where an order is; a query finds that of a target, which may rest or wait for its price, and that of an order
        of which the exchange's id is not known.
        """
        venue_id, terms = self._names.venue_id(order_id), self._names.terms.get(order_id)
        if venue_id and terms is not None and not is_target(terms):
            symbol = self._lists.markets.of(terms.instrument).symbol
            return Address(venue_id, symbol, is_trigger=is_conditional(terms))
        return _address_of(self._needed(order_id))

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        """See `OrderEntry.amend`. An exchange that ccxt can amend only by a cancel and a new order refuses."""
        self._recall_targets()
        if order_id in self._targets:
            self._made.append(self._targets.amend(order_id, at, quantity, limit_price))
            self._arrivals.changed()
            return
        row = self._reading.last(order_id) or self._needed(order_id)
        if not self._amends(row):
            raise ExchangeRefused(f"not sent: {self.venue} cannot amend {order_id} through ccxt")
        placed = self._names.terms.get(order_id)
        now = row.terms(placed) if self._dialect.amends_whole else _NOTHING
        terms = Terms(quantity or now.quantity, limit_price or now.limit_price, trigger_price)
        try:
            changed = amendment(row, placed, terms, self._lists.markets)
            amended = self._client.send(partial(self.ccxt.edit_order, row.venue_id, *changed))
        except ExchangeRefused as error:
            self._heed(error)
            raise
        self._names.pair(order_id, str(amended.get("id") or row.venue_id))

    def _amends(self, row: OrderRow) -> bool:
        return self._amends_orders if row.trigger is None else self.amends_triggers

    @property
    def amends_triggers(self) -> bool:
        """Whether a resting conditional order, as each stop and target is, can be amended in place."""
        return self._dialect.amends_triggers and self._amends_orders

    @property
    def _amends_orders(self) -> bool:
        return self.ccxt.has["editOrder"] is True

    def _needed(self, order_id: str) -> OrderRow:
        row = self._find(order_id)
        if row is None:
            raise ExchangeRefused(f"not sent: {self.venue} has no order {order_id}")
        return row

    # -- queries

    def order(self, order_id: str) -> VenueOrder | None:
        """See `VenueQueries.order`. Raises ExchangeRefused for an id of which the exchange needs the instrument."""
        self._recall_targets()
        row = None if order_id in self._targets else self._find(order_id)
        if row is None:
            return self._targets.order(order_id)
        self._names.name(row)
        return venue_order(row, order_id, self._names.terms.get(order_id))

    def open_orders(self) -> Sequence[VenueOrder]:
        """See `VenueQueries.open_orders`; an order without a client order id has an empty order id."""
        self._recall_targets()
        rows = self._lists.open_orders(self._watched.instruments)
        found = [*self._targets.orders(), *(self._venue_order(row) for row in rows if row.is_open)]
        return sorted(found, key=lambda order: order.created_at)

    def _venue_order(self, row: OrderRow) -> VenueOrder:
        name = self._names.name(row)
        return venue_order(row, name, self._names.terms.get(name))

    def executions(self, since: datetime) -> Sequence[Execution]:
        """See `VenueQueries.executions`, as far back as the exchange keeps trades."""
        trades = self._lists.trades(since, self.server_time() + _AHEAD, self._watched.instruments)
        return [execution(row, self._owner(row)) for row in trades]

    def _owner(self, row: TradeRow) -> str | None:
        """Our id of the trade's order; None for an order of the exchange, or without a client order id."""
        known = "" if row.is_forced else self._names.of_trade(row.venue_order_id)
        if known is None:
            found = self._lists.by_venue_id(row.venue_order_id, row.symbol)
            known = "" if found is None else self._reading.know(found)
            self._names.pair(known, row.venue_order_id)
        return known or None

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """The funding and the forced closes at or after `since`, in order of time, as they are reported.

        Raises as the queries of the port do.
        """
        instruments = self._watched.instruments
        trades = self._lists.trades(since, self.server_time() + _AHEAD, instruments)
        forced = [liquidated(row, row.fact(self.venue)) for row in trades if self._is_forced(row)]
        return sorted([*forced, *self._fundings(since, instruments)], key=lambda one: one.at)

    def _fundings(self, since: datetime, instruments: Sequence[str]) -> Iterator[Funded]:
        is_paid = self._dialect.states_funding_paid
        for _, row in self._lists.funding(since, instruments):
            market = self._lists.market(row)
            if market is not None:
                reading = partial(funded, row, market, self.venue, is_paid=is_paid)
                yield self._client.readable(reading)

    def _is_forced(self, row: TradeRow) -> bool:
        """Whether the exchange itself made this trade: by its own mark, or by that of its order."""
        return row.is_forced or (self._owner(row) is None and self._reading.is_forced(row.venue_order_id))

    def positions(self) -> Sequence[VenuePosition]:
        """See `VenueQueries.positions`. Raises ExchangeRefused where the account is in hedge mode."""
        listed = self._client.ask(self.ccxt.fetch_positions)
        return self._client.readable(lambda: positions(listed, self._lists.markets))

    def balances(self) -> Sequence[VenueBalance]:
        """See `VenueQueries.balances`."""
        response = self._client.ask(self.ccxt.fetch_balance)
        return self._client.readable(lambda: balances(response, self._dialect.wallet))

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`; linear perpetuals, kept for an hour, or until an order is refused in a way
        that may be due to them. ccxt's own steps, by which it rounds, are fetched with them.
        """
        now = self._monotonic()
        if self._rules is None or now - self._rules[0] >= RULES_KEPT:
            self._lists.reload()
            self._rules = (now, self._listed())
        return self._rules[1]

    def _heed(self, refusal: ExchangeError) -> None:
        """Has the rules fetched again where they may be why an order was refused."""
        if str(refusal).startswith(_OF_RULES):
            self._rules = None

    def _listed(self) -> Sequence[Instrument]:
        document = rules_with(self.ccxt, _ONCE)
        name = self.venue.upper()
        found = self._client.readable(lambda: imported(document, name, name, datetime.now(UTC)))
        kept = (listing.instrument for listing in found.listings)
        return [instrument for instrument in kept if market_of(instrument.id) == _TRADED]

    def server_time(self) -> datetime:
        """See `VenueQueries.server_time`."""
        self._latest = max(self._latest, self._lists.now())
        return self._latest

    def clock_reading(self) -> ClockReading:
        """The difference of the exchange's clock from this machine's."""
        return measured(self.server_time)

    def _find(self, order_id: str) -> OrderRow | None:
        terms = self._names.terms.get(order_id)
        instruments = self._watched.instruments if terms is None else [terms.instrument]
        return self._lists.by_link(self._names.link(order_id), instruments)

    def _plan(self) -> Watched:
        """What the next poll looks at: the orders of ours that may be open, and every instrument of ours."""
        self._live = {
            order_id: instrument
            for order_id, instrument in self._live.items()
            if self._reading.is_open(order_id)
        }
        links = (
            (self._names.link(order_id), instrument)
            for order_id, instrument in self._live.items()
            if order_id not in self._targets
        )
        return Watched(tuple(links), tuple(self._traded))


def _address_of(row: OrderRow) -> Address:
    return Address(row.venue_id, row.symbol, is_trigger=row.trigger is not None)


def _check_calls(ccxt: Any) -> None:
    lacking = [name for name in _NEEDED if ccxt.has[name] is not True]
    if lacking:
        raise InvalidSettings(f"ccxt has no {', '.join(lacking)} for {ccxt.id}, which this program needs")


def _check_keys(ccxt: Any, credentials: Credentials) -> None:
    """Raises InvalidSettings where the exchange wants something else than a key, its secret and a passphrase."""
    wanted = {name for name, is_wanted in ccxt.requiredCredentials.items() if is_wanted}
    others = sorted(wanted - _CREDENTIALS)
    if others:
        raise InvalidSettings(
            f"ccxt wants {', '.join(others)} for {ccxt.id}: this program has no setting for that and cannot trade there"
        )
    if "password" in wanted and not credentials.passphrase:
        raise InvalidSettings(f"{ccxt.id} needs the passphrase of the API key, too")


def _streams(name: str) -> bool:
    """Whether ccxt.pro has the streams of orders and trades of the exchange."""
    pro = import_module("ccxt.pro")
    if name not in pro.exchanges:
        return False
    has = getattr(pro, name)().has
    return all(has[watch] is True for watch in WATCHES)


def _rejected(venue: str, ticket: Ticket, reason: str) -> AnyReport:
    fact = f"exchange:{venue}:{ticket.order_id}-rejected-{ticket.sent_at:%Y%m%dT%H%M%S%f}"
    return Rejected(order_id=ticket.order_id, at=ticket.sent_at, fact=fact, reason=reason)


def _not_sent(_venue: str, ticket: Ticket, reason: str) -> AnyReport:
    return NotSent(
        order_id=ticket.order_id, at=ticket.sent_at, fact=_clock(ticket.sent_at), reason=f"not sent: {reason}"
    )


def _unclear(_venue: str, ticket: Ticket, reason: str) -> AnyReport:
    return OutcomeUnclear(
        order_id=ticket.order_id, at=ticket.sent_at, fact=_clock(ticket.sent_at), reason=reason
    )


def _clock(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"


_MADE: Mapping[type[ExchangeError], Callable[[str, Ticket, str], AnyReport]] = {
    ExchangeRefused: _rejected,
    ExchangeUnreachable: _not_sent,
    OutcomeUnknown: _unclear,
    PlacedBefore: _unclear,
}
