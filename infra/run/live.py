"""Live trading: the engine, a log, an exchange, a live feed and the wall clock.

    run = LiveRun(log, plan, connect, feed_of, seen)
    run.start()                   # checks the account, sets its terms, opens an empty log
    run.connect()
    while ...:
        run.attend(0.5)           # takes in what has arrived; returns early where something arrives
    held = run.stop()             # settles what is in flight; stops and positions stay at the exchange

Nothing is decided before the log was compared with the exchange. While it is compared, and while reports do not arrive,
new exposure is denied by the log itself (`ReconciliationBegun`), and what reduces a position goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from adapters.snapshots import Snapshots
from commands import leverage_outcomes, stray_orders
from commands.breaker import answered, unanswered
from commands.door import Answer
from commands.driver import Driver
from commands.engine import Engine
from commands.exit_again import exit_again
from commands.features import span_of
from commands.guarding import Guard
from commands.identity import Identity
from commands.in_flight import orders_in_flight, working
from commands.input_tape import InputTape, session
from commands.inputs import MarketMoved, Relisted, Reported, Started, Tick, Warmed, opening
from commands.left_legs import GRACE, cancels
from commands.observer import Observer
from commands.order import CancelOrder
from commands.outgoing import Outgoing
from commands.reconciling import TOLERANCE, Reconciled, Reconciler, not_amended
from commands.request import Requested
from commands.scorer import NO_SCORER, Scorer, TapedScorer
from commands.sender import Sender
from commands.settlements import of_closed_positions, of_open_positions
from commands.stimulus import Stimulus, asks_of_engine
from commands.venue_terms import TermsWatch
from commands.world import World
from domain.breaker import Service
from domain.errors import ExchangeError, InvalidInput
from domain.log import Envelope, EventLog
from domain.order import OrderCancelRequested, OrderPlaced, OrderStatus, Working
from domain.plain_text import counted, is_or_are
from domain.reconciliation import ENGINE_STARTS
from domain.streams import parse
from infra.run.after_trip import AfterTrip
from infra.run.attending import Attending
from infra.run.clock import SteadyClock, utc_now
from infra.run.configuring import put_in_force, started_with
from infra.run.demo_log import BACKTEST, LIVE, PAPER_LIVE
from infra.run.feed_outages import FeedOutages
from infra.run.listed_feed import ListedFeed
from infra.run.live_beginning import LiveBeginning
from infra.run.live_books import LiveBooks
from infra.run.live_letters import LiveLetters
from infra.run.live_market import LiveMarket
from infra.run.live_plan import (
    BooksOf,
    Connect,
    FeedOf,
    LivePlan,
    check_moves,
    check_protection,
    listing,
    opening_commands,
)
from infra.run.live_times import LiveTimes
from infra.run.model_check import ModelCheck
from infra.run.restoring import Restored, check_account
from infra.run.routing import Routing, ask_of
from infra.run.still_held import StillHeld

SOURCE = LIVE
_log = logging.getLogger(__name__)
_TICK = 1.0
_MARGIN = timedelta(minutes=10)
"""Executions are fetched from so long before the last known time, because two clocks differ and lists may be late."""
_FURTHEST = timedelta(days=7)
"""Where a difference is in doubt, executions are fetched from so long ago."""
_STOPPING = "the engine stops"


class LiveRun(Attending):
    """One account's live trading; it belongs to the thread that owns the log."""

    def __init__(
        self,
        log: EventLog,
        plan: LivePlan,
        connect: Connect,
        feed_of: FeedOf,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        name: Callable[[], UUID] = uuid4,
        source: str = SOURCE,
        tape: InputTape | None = None,
        letters: LiveLetters | None = None,
        snapshots: Snapshots | None = None,
        steady: SteadyClock | None = None,
        scorer: Scorer = NO_SCORER,
        models: ModelCheck | None = None,
        books_of: BooksOf | None = None,
        routing: Routing | None = None,
    ) -> None:
        """Reads the whole log and passes every event to `seen`; contacts nobody yet. Events have this `source`.

        With `snapshots` only the events after the snapshot are read and passed, and the snapshot is kept up to date.
        `steady` is a clock on `clock` that the caller shares. `tape` keeps every input, and what the
        `scorer` of the models in force returns. `models` states whether their files can be read. `letters` keeps what
        cannot be understood; without it, it is only logged. `books_of` makes the readings of order books, where any
        are needed. `routing` carries signals to other engines; without it none is routed.

        Raises InvalidInput for a log that was not opened by a run of this account and source, and the log's errors.
        """
        self._plan, self._monotonic, self._seen, self._models = plan, monotonic, seen, models
        self._steady, self._times = steady or SteadyClock(clock), LiveTimes()
        check_source(log, source)
        self._restored = Restored(self._steady, self._take, log, source, snapshots, self._times)
        world = self._restored.world
        if world.log_id is not None:
            check_account(world, plan.account)
        began = self._steady.tick()
        self._venue = connect(world, self._wake)
        self._instruments = sorted({*plan.instruments, *_traded(world)})
        self._feed = ListedFeed(feed_of, self._instruments, self._wake)
        self._routing = routing or Routing()
        self._books = LiveBooks(books_of, self._wake, self._steady, observer, self._routing.instruments)
        self._log_id = world.log_id or name()
        identity = Identity(self._log_id, plan.account, source)
        regimes, in_force = plan.settings.regimes, world.portfolio.settings.settings.limits
        engine = Engine(
            world,
            identity,
            since=began,
            instances=plan.instances,
            regimes=regimes,
            leverage=plan.settings.leverage,
            scorer=scorer if tape is None else TapedScorer(scorer, tape.take),
        )
        if tape is not None:
            tape.take(
                session(
                    identity,
                    world,
                    began,
                    strategies=plan.settings.strategies,
                    filters=plan.settings.filters,
                    regimes=plan.settings.regimes,
                    leverage=plan.settings.leverage,
                    snapshot=self._restored.begun,
                )
            )
        self._letters = letters
        guard = Guard(world, engine.market)
        exchange, account = self._venue.exchange, self._venue.account
        self._sender = Sender(exchange, self._steady.tick, guard, account, exchange)
        driver = Driver(engine, log, self._sender, self._restored.observe, observer, tape)
        super().__init__(driver, clock, began)
        terms = TermsWatch(self._venue.account, self._instruments, self._leverages)
        patience = timedelta(seconds=plan.rhythm.given_up)
        self._reconciler = Reconciler(
            world, self._venue.exchange, driver.handle, self._steady.tick, terms, patience
        )
        self._after_trip = AfterTrip(world, self._venue.exchange, driver.handle, self._steady.tick)
        self._still_held = StillHeld(world, self._venue.exchange)
        self._outages = FeedOutages()
        self._market = LiveMarket(
            self._feed,
            self._instruments,
            plan.interval,
            plan.instances,
            self._steady,
            max(
                regimes.span(plan.interval),
                plan.settings.leverage.span(plan.interval),
                plan.settings.limits.correlation_span,
                in_force.correlation_span,
                span_of(world.portfolio.models, plan.interval),
            ),
        )
        self.is_trading, self._is_stopping, self._failures = False, False, 0
        self._beginning: LiveBeginning | None = None
        self._known_until = self._times.known(world) or began
        self._next_tick = self._next_look = self._next_check = 0.0

    # -- start

    def check(self) -> None:
        """Queries everything by which a start can be refused, and changes nothing; `start` calls it where nobody has.

        Raises Refused with what a person has to change at the exchange, InvalidInput for instruments that it does not
        trade, InvalidSettings where the log has settings in force by which a position may stand without a protective
        stop, or rules that move stops where the exchange amends none, ExchangeError, and the log's errors.
        """
        with self.closed_on_failure():
            if self.world.log_id is not None:
                check_protection(self.world.portfolio.settings.settings)
            if not self._plan.is_resumed:
                check_moves(started_with(self.world, self._plan), self._venue)
            self._beginning = LiveBeginning(self.world, self._venue, self._plan, self._instruments)
            self._beginning.check(self._steady.tick())
            self._feed.choose(self._beginning.traded)
            self._books.choose(
                self._beginning.traded,
                self._plan.instances,
                started_with(self.world, self._plan),
                self.world.portfolio.models,
                holds=bool(self.world.portfolio.positions),
            )
            self._market.reach()

    def start(self) -> None:
        """Sets one-way mode and leverage where they differ, and opens an empty log; call `connect` next.

        Raises what `check` raises, and Refused where the exchange does not take over what is set. Nothing is set before
        all checks have passed, and nothing is recorded before it is set.
        """
        if self._beginning is None:
            self.check()
        assert self._beginning is not None
        with self.closed_on_failure():
            self._beginning.set_terms(self._steady.tick())
            self._open(self._beginning)
            put_in_force(self, self._plan, self._clock())
            self._reconciler.begin(ENGINE_STARTS)

    def connect(self) -> None:
        """Connects reports and market data, and warms the strategies; `attend` does the rest, as soon as it is called.

        Raises ExchangeError where past candles cannot be fetched, and the log's errors.
        """
        with self.closed_on_failure():
            self._state_models()
            self._venue.start()
            self._feed.start()
            self._books.start()
            self._routing.start(self._wake)
            for past in self._market.warmed():
                self.driver.handle(past)

    def _open(self, beginning: LiveBeginning) -> None:
        at, listed = self._steady.tick(), beginning.listed
        if beginning.stake is not None:
            commands = opening_commands(
                self._log_id, self._plan, beginning.stake, listed, self._venue.exchange.venue
            )
            self.driver.handle(opening(self._log_id, commands, at))
        elif listed:
            listings = [listing(one, self._venue.exchange.venue) for one in listed]
            self.driver.handle(Relisted(at, asks_of_engine(listings, at)))

    # -- trading

    def attend(self, patience: float = 0) -> int:
        """Takes in what has arrived, then answers requests as `Attending.attend` does.

        It waits at most `patience` seconds, and at most until the next second; an arrival ends the wait. Raises
        the log's errors, and LogUnavailable also where the log's store does not answer and nothing has to be recorded.
        """
        with self.closed_on_failure():
            self.driver.check_answers()
            self.at = self._steady.tick()
            self._hear()
            self._tick()
            if self.is_trading:
                self._move_market(self._market.moves())
                self._books.follow(self.world.portfolio.settings.settings, self.world.portfolio.models)
                self._move_market(self._books.moves())
                self._take_retried()
            self._route()
            self._restored.keep()
            return super().attend(min(patience, max(self._next_tick - self._monotonic(), 0.0)))

    def _carried_out(self, requested: Requested) -> Answer:
        """See `Attending`. The request is judged at the time of now: what was recorded since `attend` began, and the
        wait for the request, may have taken seconds, and a signal of after that time would come from the future.
        """
        self.at = self._steady.tick()
        return super()._carried_out(requested)

    def _move_market(self, moves: Iterable[Warmed | MarketMoved]) -> None:
        """Where missing candles cannot be fetched, the next candle is the next reason to fetch them."""
        queries = self._market.queries
        try:
            for move in moves:
                self.driver.handle(move)
        except ExchangeError as fault:
            _log.warning("candles are missing and cannot be fetched now: %s", fault)
            self._report_call(Service.MARKET_DATA, fault)
        else:
            if self._market.queries > queries:
                self._report_call(Service.MARKET_DATA)

    def _hear(self) -> None:
        """Takes in reports; a gap, a silent stream and an order that may be adopted begin a reconciliation."""
        reconciling = self.world.portfolio.discrepancies.reconciling
        self._reconciler.hear()
        if self.world.portfolio.discrepancies.reconciling != reconciling:
            self._next_look = 0.0
        self._heed_gaps()
        self._keep_unread()
        if silence := self._venue.account.silence():
            self._doubt(f"reports do not arrive: {silence}")

    def _heed_gaps(self) -> bool:
        """Begins a reconciliation for each gap since the last call; returns whether there was one."""
        gaps = self._venue.exchange.gaps()
        for gap in gaps:
            self._doubt(
                f"reports may be missing since {gap.since or 'the start'}: {gap.reason or 'connected'}"
            )
            if gap.since is not None:
                self._known_until = min(self._known_until, gap.since)
            self._next_look = 0.0
        return bool(gaps)

    def _keep_unread(self) -> None:
        """Keeps what cannot be read; an unread report begins a reconciliation, which finds what it stood for."""
        exchange = self._venue.exchange
        if self._letters is not None:
            are_reports = self._letters.keep(exchange, self._feed, self._steady.tick())
        else:
            reports = exchange.unread()
            are_reports = bool(reports)
            for message in (*reports, *self._feed.unread()):
                _log.error(
                    "a message of the exchange cannot be read: %s: %.500s", message.reason, message.content
                )
        if are_reports:
            self._doubt("a report of the exchange cannot be read")
            self._next_look = min(self._next_look, self._monotonic() + self._plan.rhythm.in_flight)

    def _route(self) -> None:
        """Hands over the routes that are durable, and records what other engines have reported."""
        self._follow_routes()
        for report in self._routing.reports():
            at = self._steady.tick()
            ask = ask_of(report, at)
            again = exit_again(*report, self.world, self.driver.engine.identity, ask.cause, at)
            self.driver.handle(Stimulus(at, (ask, *again)))
            self._follow_routes()

    def route_faults(self) -> Sequence[str]:
        """Why routes to other engines are not carried out or looked after; empty where all are. Thread-safe."""
        return self._routing.faults()

    def _follow_routes(self) -> None:
        portfolio = self.world.portfolio
        self._routing.follow(portfolio.routes, is_tripped=bool(portfolio.account.tripped))

    def _take_retried(self) -> None:
        """Takes in the messages that a person has retried."""
        if self._letters is not None:
            at = self._steady.tick()
            self._letters.take_retried(
                self._venue.exchange,
                at,
                lambda report: self.driver.handle(Reported(self._steady.tick(), (report,))),
            )

    def _report_call(self, service: Service, fault: ExchangeError | None = None) -> None:
        """Feeds the outcome of a call to its circuit breaker."""
        at = self._steady.tick()
        made = (
            answered(self.world.portfolio.breakers, service, at)
            if fault is None
            else unanswered(fault, service, at)
        )
        if made:
            self.driver.handle(Reported(at, tuple(made)))

    def _doubt(self, reason: str) -> None:
        if not self.world.portfolio.discrepancies.reconciling:
            _log.warning("no new exposure until the log was compared with the exchange: %s", reason)
        self._reconciler.begin(reason)

    def _tick(self) -> None:
        now = self._monotonic()
        if now >= self._next_tick:
            self._next_tick = now + _TICK
            self._state_models()
            self._check_bare(now)
            self.driver.handle(Tick(self._steady.tick()))
            self._outages.look(self._feed.states(), self._clock())
            self._after_trip.state(now)
            if self._after_trip.is_due(now) and not self._failures:
                self._next_look = now
        if now >= self._next_look or (now >= self._next_check and self._awaits_news()):
            self._look(now)

    def _state_models(self) -> None:
        if self._models is not None:
            self._models.look(self.world.portfolio.models)

    def _check_bare(self, now: float) -> None:
        """Compares now where the exchange has ended a stop together with its position: nothing is placed again then."""
        given_up = self.driver.engine.unprotected_for_good
        try:
            missing = self._still_held.missing(self._steady.tick(), given_up)
        except ExchangeError as fault:
            self._report_call(Service.QUERIES, fault)
            return
        if missing:
            self._doubt(f"a stop has ended, and the exchange states no such position in {', '.join(missing)}")
            self._next_look = now

    def _awaits_news(self) -> bool:
        """Whether an order in flight had no news for long, or one works beside a later position than its own."""
        patience, now = timedelta(seconds=self._plan.rhythm.patience), self._steady.tick()
        silent = self._times.in_flight.silent(self.world.portfolio, now, patience)
        return bool(silent or self._left_legs(now - GRACE) or self._expects_leverages(now))

    def _left_legs(self, until: datetime) -> Sequence[str]:
        """The orders that work beside a later position than their own, which was closed at or before `until`."""
        return self._without_unseen(self._times.legs.left(self.world.portfolio, until))

    def _without_unseen(self, order_ids: Sequence[str]) -> Sequence[str]:
        """Those that queries find: the exchange refuses the cancel of another, and a discrepancy states it (0079)."""
        unseen = self._reconciler.unseen if order_ids else ()
        return [one for one in order_ids if one not in unseen]

    def _look(self, now: float) -> None:
        """Compares the log with the exchange."""
        rhythm = self._plan.rhythm
        self._next_check = now + rhythm.in_flight
        asked_at = self._steady.tick()
        try:
            if self._reconciler.in_doubt or self.world.portfolio.discrepancies.reconciling:
                self._take_settlements()
            outcome = self._reconciler.run(self._since(), self._under_way())
            if self.is_trading:
                self._settle_requests()
                if not outcome.in_doubt:
                    self._after_trip.prove()
            if not outcome.in_doubt:
                self._cancel_left_legs()
            strays = self._cancel_strays()
            self._settle_leverages()
        except ExchangeError as fault:
            self._doubt(f"the exchange cannot be queried: {fault}")
            self._report_call(Service.QUERIES, fault)
            self._failures += 1
            self._next_look = now + min(rhythm.retry * 2 ** (self._failures - 1), rhythm.longest_retry)
            return
        self._failures = 0
        self._report_call(Service.QUERIES)
        calm = rhythm.patience if self._reconciler.misses_orders else rhythm.poll
        self._next_look = now + (rhythm.in_flight if outcome.in_doubt or strays else calm)
        self._settled(outcome, asked_at)

    def _take_settlements(self) -> None:
        """Takes in funding and forced closes that the stream did not report; repeated ones change nothing."""
        found = self._venue.account.settlements(self._since())
        excess, accepted = self._reconciler.excess, self._times.balance.until
        if missed := of_open_positions(found, self.world, excess, TOLERANCE, accepted):
            self.driver.handle(Reported(self._steady.tick(), missed))
        elif late := of_closed_positions(found, self.world, excess, TOLERANCE):
            self.driver.handle(Stimulus(self._steady.tick(), late))

    def _settled(self, outcome: Reconciled, asked_at: datetime) -> None:
        if outcome.in_doubt:
            found, verb = counted(outcome.in_doubt, "difference"), is_or_are(outcome.in_doubt)
            self._doubt(f"{found} with the exchange {verb} looked at again")
            return
        self._known_until = asked_at
        if self._venue.account.silence() or self._heed_gaps():
            return  # the queries before a gap that came meanwhile prove nothing about it
        if self._left_legs(self._steady.tick()):
            self._next_look = self._monotonic() + self._plan.rhythm.in_flight
            return  # an order of an earlier position reduces the one that is held now
        if not self.is_trading:
            if self._awaits_outcomes():
                self._next_look = self._monotonic() + self._plan.rhythm.in_flight
                return
            self._resume()
        if self._is_stopping:
            return
        self._reconciler.end(outcome)
        if not self.is_trading:
            self._begin_trading()

    def _begin_trading(self) -> None:
        self.is_trading = True
        self._move_market(self._market.passed())
        self.driver.handle(Started(self._steady.tick(), self._plan.settings))

    def _resume(self) -> None:
        """Sends what an earlier process did not see confirmed again, as far as it is still fresh.

        A fill of it may come before the exchange has subscribed the stream that reports it, which not every exchange
        states (`adapters/ccxt/stream.py`); so executions are queried soon after it.
        """
        unconfirmed = self._restored.unconfirmed()
        found = self._sender.resume(unconfirmed, self._venue.exchange)
        if unconfirmed:
            self._next_look = self._monotonic() + self._plan.rhythm.in_flight
        if found:
            self.driver.handle(Reported(self._steady.tick(), tuple(found)))

    def _settle_requests(self) -> None:
        """Sends a cancel again that the exchange did not carry out, and gives up an amendment that it did not."""
        patience, portfolio = timedelta(seconds=self._plan.rhythm.patience), self.world.portfolio
        waiting = self._times.in_flight.silent(portfolio, self._steady.tick(), patience)
        orders = working(portfolio)
        again = [one for one in waiting if orders[one].status is OrderStatus.CANCEL_REQUESTED]
        given_up = [one for one in waiting if orders[one].status is OrderStatus.AMEND_REQUESTED]
        reports = [
            *self._sender.send([Outgoing(one, OrderCancelRequested("sent again")) for one in again]),
            *not_amended(self._venue.exchange, given_up, self._steady.tick()),
        ]
        if reports:
            self.driver.handle(Reported(self._steady.tick(), tuple(reports)))

    def _leverages(self, instrument: str) -> Sequence[Decimal]:
        """Those that the exchange may state; portfolios are immutable, so each query reads that of now."""
        return self.world.portfolio.possible_leverages(instrument)

    def _waiting_leverages(self) -> Sequence[str]:
        """The instruments whose change of leverage has no known outcome, and cannot arrive at the exchange any more."""
        until = self._steady.tick() - timedelta(seconds=self._plan.rhythm.lost)
        return leverage_outcomes.waiting(self.world.portfolio, until)

    def _expects_leverages(self, now: datetime) -> bool:
        """Whether an outcome may be known now; one that stays unknown waits for the usual comparisons."""
        until = now - timedelta(seconds=self._plan.rhythm.lost)
        since = until - timedelta(seconds=self._plan.rhythm.poll)
        return leverage_outcomes.expected(self.world.portfolio, since, until)

    def _settle_leverages(self) -> None:
        """Finds out what became of changes of the leverage: the exchange states the leverage that is in force."""
        account, exchange = self._venue.account, self._venue.exchange
        waiting, portfolio = self._waiting_leverages(), self.world.portfolio
        reports = leverage_outcomes.outcomes(account, exchange, waiting, portfolio, self._steady.tick())
        if reports:
            self.driver.handle(Reported(self._steady.tick(), tuple(reports)))

    def _cancel_left_legs(self) -> None:
        """Cancels what the exchange still works, by the comparison just made, of positions that were closed."""
        at = self._steady.tick()
        if left := self._left_legs(at - GRACE):
            _log.warning("cancelled, because their position is closed: %s", ", ".join(left))
            self.driver.handle(cancels(left, at))

    def _cancel_strays(self) -> Sequence[str]:
        """Cancels our orders that reduce a position which the exchange does not have; returns their ids."""
        until = self._steady.tick() - timedelta(seconds=self._plan.rhythm.lost)
        strays = self._without_unseen(
            stray_orders.stray(self.world.portfolio, self._reconciler.standing, until)
        )
        if strays:
            _log.warning("cancelled, because the exchange has no position of theirs: %s", ", ".join(strays))
            self.driver.handle(stray_orders.cancels(strays, self._steady.tick()))
        return strays

    def _since(self) -> datetime:
        """Executions from this time on are compared."""
        doubt = _FURTHEST if self._reconciler.in_doubt else _MARGIN
        return max(self._known_until - doubt, self._times.first or self._known_until)

    def _under_way(self) -> frozenset[str]:
        """The orders that the exchange may not have yet; at the start also the intents that were not confirmed."""
        young = self._young()
        if self.is_trading:
            return young
        orders = working(self.world.portfolio).items()
        return young | {name for name, order in orders if order.status is OrderStatus.PLACED}

    def _young(self) -> frozenset[str]:
        """The orders with news so recent that a request may still arrive at the exchange, or in its lists."""
        age = timedelta(seconds=self._plan.rhythm.lost)
        return frozenset(self._times.in_flight.young(self.world.portfolio, self._steady.tick(), age))

    def _awaits_outcomes(self) -> bool:
        """Whether an order that an earlier process sent may still arrive; until then nothing is sent again."""
        return not self._young().isdisjoint(self.world.portfolio.unknown_orders)

    # -- stop

    def stop(self) -> bool:
        """Decides nothing more, and waits until no order is in flight; entries are cancelled if the plan says so.

        New exposure is denied from here on, also to people; the comparison of the next start ends that.
        Returns whether everything was settled in time. Protective stops and positions stay at the exchange.
        """
        until = self._monotonic() + self._plan.rhythm.settle
        self._is_stopping = True
        self._reconciler.begin(_STOPPING)
        if self._plan.cancels_entries:
            self._cancel_entries()
        while self.is_trading and (left := until - self._monotonic()) > 0 and self._has_orders_in_flight:
            self._hear()
            self._tick()
            super().attend(min(left, _TICK))
        return not self._has_orders_in_flight

    @property
    def _has_orders_in_flight(self) -> bool:
        return any(orders_in_flight(self.world.portfolio))

    def _cancel_entries(self) -> None:
        at = self._steady.tick()
        entries = self.world.portfolio.entries.items()
        ended = (OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED)
        waiting = [order_id for order_id, entry in entries if entry.order.status not in ended]
        if waiting:
            withdrawn = (CancelOrder(one, "the engine stops") for one in waiting)
            self.driver.handle(Stimulus(at, asks_of_engine(withdrawn, at)))

    def close(self, why: str = "the engine has stopped") -> None:
        """Ends the connections, refuses later requests with this reason, and keeps the snapshot; idempotent."""
        super().close(why)
        self._feed.close()
        self._books.close()
        self._routing.close()
        self._venue.close()
        self._keep_unread()
        self._restored.close()

    def _wake(self) -> None:
        self.door.wake()

    def _take(self, envelope: Envelope) -> None:
        self._times.observe(envelope)
        self._seen(envelope)


def placed_in(world: World) -> Mapping[str, OrderPlaced]:
    """The terms of the working orders by id."""
    return {parse(stream).id: state.terms for stream, state in world.states.of(Working)}


def _traded(world: World) -> Iterator[str]:
    """The instruments of the open positions and working orders."""
    portfolio = world.portfolio
    yield from portfolio.positions
    yield from (order.terms.instrument for order in working(portfolio).values())


def check_source(log: EventLog, source: str) -> None:
    """Raises InvalidInput for a log that was opened by a run of another source. An empty log passes."""
    first = next(log.read(upto=1), None)
    if first is not None:
        check_opened(first.envelope, source)


def check_live(first: Envelope) -> None:
    """Raises InvalidInput where the log's first event was not recorded by a live run."""
    check_opened(first, SOURCE)


def check_opened(first: Envelope, source: str) -> None:
    """Raises InvalidInput where the log's first event has another source."""
    if first.meta.source != source:
        raise InvalidInput(_NOT_OPENED[source])


OPENED_BY: Mapping[str, str] = {
    SOURCE: "`whence live`",
    PAPER_LIVE: "`whence paper --live`",
    BACKTEST: "`whence what-if`, `whence backtest` or `whence shadow`",
}
"""The command that opens a log, by the source of its first event."""
_NOT_OPENED: Mapping[str, str] = {
    SOURCE: "this log was not opened by `whence live`: its orders are on no exchange; name another one with --log",
    PAPER_LIVE: "this log was not opened by `whence paper --live`; name another one with --log",
}
