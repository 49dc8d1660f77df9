"""The contract of the port to an exchange: tests that every adapter of a venue must pass.

An adapter is tested by a class of its own:

    class TestBybit(ExchangeContract):
        @pytest.fixture
        def bench(self) -> Iterator[Bench]:
            ...
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

import pytest

from commands.exchange import (
    Amended,
    AmendRefused,
    AnyReport,
    CancelRefused,
    Exchange,
    Filled,
    Rejected,
    Report,
    Ticket,
)
from domain.direction import Purpose, Side
from domain.errors import ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType
from domain.venue import VenueStatus
from tests.commands.heard import Heard

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Bench(Protocol):
    """A venue whose prices the test sets. The account begins without positions, in one currency; the price is 100.

    The instrument has a tick of 0.1 and a lot of 0.001; the account's margin covers a position of 20 units.
    """

    @property
    def exchange(self) -> Exchange:
        """The adapter under test."""
        ...

    @property
    def instrument(self) -> Instrument:
        """The traded instrument."""
        ...

    def now(self) -> datetime:
        """The time of the next request."""
        ...

    def trades_at(self, *prices: str, volume: str = "1000") -> None:
        """Lets the market trade at each price in turn; returns when the venue has processed all earlier requests.

        A taker order fills exactly at the price; all orders together fill at most `volume` at each price.
        """
        ...

    def cut(self) -> AbstractContextManager[None]:
        """Within the context no request arrives at the venue."""
        ...

    def deafen(self) -> AbstractContextManager[None]:
        """Within the context every request arrives at the venue and no response returns."""
        ...


class Session:
    """A client of the bench: it sends requests, reads the reports, and compares the reports with the queries."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.exchange = bench, bench.exchange
        self.heard = Heard(bench.exchange.balances()[0].balance)
        self.reports: list[AnyReport] = []

    def send(self, *tickets: Ticket) -> None:
        self.heard.sent(tickets)
        self.exchange.submit(tickets)

    def cancel(self, order_id: str) -> None:
        self.exchange.cancel(order_id, self.bench.now())

    def amend(self, order_id: str, *, quantity: str | None = None, limit: str | None = None) -> None:
        self.exchange.amend(
            order_id,
            self.bench.now(),
            quantity=None if quantity is None else D(quantity),
            limit_price=None if limit is None else D(limit),
            trigger_price=None,
        )

    def trades_at(self, *prices: str, volume: str = "1000") -> Sequence[AnyReport]:
        """Lets the market trade at these prices; returns the new reports."""
        self.bench.trades_at(*prices, volume=volume)
        came = self.exchange.reports()
        self.heard.take(came)
        self.heard.agrees_with(self.exchange)
        self.reports.extend(came)
        return came

    def status(self, order_id: str) -> VenueStatus | None:
        found = self.exchange.order(order_id)
        return None if found is None else found.status

    def held(self) -> list[tuple[str, Decimal]]:
        return [(position.direction.value, position.quantity) for position in self.exchange.positions()]

    def order(
        self,
        order_id: str,
        side: Side,
        quantity: str = "1",
        *,
        limit: str | None = None,
        trigger: str | None = None,
        reduce_only: bool = False,
        parent: str | None = None,
    ) -> Ticket:
        """A limit order if `limit` is given, a stop order if `trigger` is given, else a market order."""
        terms = OrderPlaced(
            instrument=self.bench.instrument.id,
            side=side,
            type=OrderType.LIMIT if limit else OrderType.STOP if trigger else OrderType.MARKET,
            quantity=D(quantity),
            limit_price=None if limit is None else D(limit),
            trigger_price=None if trigger is None else D(trigger),
            reduce_only=reduce_only,
            purpose=_PURPOSES[parent is not None, trigger is not None],
            parent=parent,
            fresh_until=self.bench.now() + timedelta(hours=1),
        )
        return Ticket(order_id, terms, self.bench.now())

    def bracket(self, entry: Ticket, stop: str, target: str) -> Sequence[Ticket]:
        """The entry with its stop `<id>-s` and its target `<id>-t`."""
        terms, quantity = entry.terms, str(entry.terms.quantity)
        side, parent = terms.side.opposite, entry.order_id
        return (
            entry,
            self.order(f"{parent}-s", side, quantity, trigger=stop, reduce_only=True, parent=parent),
            self.order(f"{parent}-t", side, quantity, limit=target, reduce_only=True, parent=parent),
        )


_PURPOSES = {
    (False, False): Purpose.ENTRY,
    (False, True): Purpose.ENTRY,
    (True, True): Purpose.STOP,
    (True, False): Purpose.TARGET,
}


def about(reports: Sequence[AnyReport], order_id: str) -> list[str]:
    """The kinds of the reports about this order."""
    return [type(one).__name__ for one in reports if isinstance(one, Report) and one.order_id == order_id]


def refusal(session: Session, call: Callable[[], None], kind: type[Report]) -> bool:
    """Whether the venue refused the call at once, or reports a refusal of this kind after the next trade."""
    try:
        call()
    except ExchangeRefused:
        return True
    return any(isinstance(report, kind) for report in session.trades_at("100"))


class ExchangeContract:
    """The tests of the contract; each test has its own bench."""

    seeds: Sequence[int] = range(25)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One random session for each of the class's seeds."""
        if "seed" in metafunc.fixturenames:
            metafunc.parametrize("seed", self.seeds)

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        raise NotImplementedError("the class of the adapter defines its bench")

    @pytest.fixture
    def session(self, bench: Bench) -> Session:
        return Session(bench)

    # -- sending leads to reports

    def test_a_market_order_is_reported_filled_and_is_a_position(self, session: Session) -> None:
        session.send(session.order("m", BUY, "2"))
        (fill,) = [one for one in session.trades_at("100") if isinstance(one, Filled)]
        assert (fill.order_id, fill.price, fill.quantity) == ("m", D(100), D(2))
        assert session.status("m") is VenueStatus.FILLED
        assert session.held() == [("LONG", D(2))]
        assert [one.average_price for one in session.exchange.positions()] == [D(100)]

    def test_a_limit_order_away_from_the_market_is_listed_until_it_fills(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"))
        assert "Accepted" in about(session.trades_at("100"), "l")
        assert [one.order_id for one in session.exchange.open_orders()] == ["l"]
        assert session.held() == []
        session.trades_at("98.5")
        assert session.status("l") is VenueStatus.FILLED
        assert session.exchange.open_orders() == []

    def test_every_ticket_of_a_submission_is_reported(self, session: Session) -> None:
        tickets = session.bracket(session.order("e", BUY), "95", "105")
        session.send(*tickets)
        reports = session.trades_at("100")
        assert all(about(reports, ticket.order_id) for ticket in tickets)

    def test_reports_are_returned_once_and_in_order_of_time(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"), session.order("m", BUY))
        first = session.trades_at("100")
        assert list(session.exchange.reports()) == []
        session.trades_at("98", "101")
        assert first
        times = [report.at for report in session.reports]
        assert times == sorted(times)
        assert times[-1] <= session.exchange.server_time()

    def test_every_report_has_its_own_fact_with_the_venues_name(self, session: Session) -> None:
        session.send(
            *session.bracket(session.order("e", BUY), "95", "105"), session.order("l", BUY, limit="90")
        )
        session.trades_at("100")
        session.cancel("l")
        session.trades_at("100", "94")
        facts = [report.fact for report in session.reports]
        assert len(set(facts)) == len(facts)
        assert {fact.rpartition(":")[0] for fact in facts} == {f"exchange:{session.exchange.venue}"}

    # -- an order id makes one order

    @pytest.mark.parametrize("between", [(), ("100",), ("100", "98")], ids=["sent", "resting", "filled"])
    def test_sending_the_same_ticket_again_makes_no_second_order(
        self, session: Session, between: Sequence[str]
    ) -> None:
        ticket = session.order("l", BUY, limit="99")
        session.send(ticket)
        for price in between:
            session.trades_at(price)
        session.send(ticket)
        session.trades_at("100", "98")
        assert session.held() == [("LONG", D(1))]
        assert len(session.exchange.executions(LONG_AGO)) == 1

    def test_another_order_under_a_used_id_changes_nothing(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        with suppress(ExchangeRefused):
            session.exchange.submit([session.order("l", BUY, "5")])
        assert not any(isinstance(report, Filled) for report in session.trades_at("100"))
        assert session.held() == []
        assert session.status("l") is VenueStatus.ACCEPTED

    def test_the_id_of_a_cancelled_order_makes_no_new_order(self, session: Session) -> None:
        ticket = session.order("l", BUY, limit="99")
        session.send(ticket)
        session.trades_at("100")
        session.cancel("l")
        session.trades_at("100")
        session.send(ticket)
        session.trades_at("100", "98")
        assert session.held() == []
        assert session.status("l") is VenueStatus.CANCELLED

    # -- refusals

    def test_an_order_off_the_lot_is_refused_and_never_open(self, session: Session) -> None:
        assert refusal(session, lambda: session.send(session.order("r", BUY, "0.0005")), Rejected)
        assert session.status("r") in {None, VenueStatus.REJECTED}
        assert session.exchange.open_orders() == []

    def test_an_order_beyond_the_balance_is_refused(self, session: Session) -> None:
        assert refusal(session, lambda: session.send(session.order("r", BUY, "900000")), Rejected)
        assert session.held() == []

    def test_a_query_for_an_unknown_id_returns_none(self, session: Session) -> None:
        assert session.exchange.order("nobody") is None

    def test_cancelling_an_unknown_order_is_refused(self, session: Session) -> None:
        assert refusal(session, lambda: session.cancel("nobody"), CancelRefused)
        assert session.exchange.order("nobody") is None

    def test_amending_an_unknown_order_is_refused(self, session: Session) -> None:
        assert refusal(session, lambda: session.amend("nobody", limit="98"), AmendRefused)

    def test_cancelling_a_filled_order_is_refused_and_the_fill_stays(self, session: Session) -> None:
        session.send(session.order("m", BUY))
        session.trades_at("100")
        assert refusal(session, lambda: session.cancel("m"), CancelRefused)
        assert session.status("m") is VenueStatus.FILLED

    # -- cancelling and amending

    def test_a_cancelled_order_is_reported_as_cancelled_and_does_not_trade(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        session.cancel("l")
        assert about(session.trades_at("100"), "l") == ["Cancelled"]
        session.trades_at("98")
        assert session.status("l") is VenueStatus.CANCELLED
        assert session.held() == []

    def test_a_fill_before_a_cancel_stays(self, session: Session) -> None:
        session.send(session.order("l", BUY, "2", limit="99"))
        session.trades_at("100")
        session.trades_at("98", volume="0.5")
        assert session.status("l") is VenueStatus.PARTIALLY_FILLED
        session.cancel("l")
        session.trades_at("100")
        found = session.exchange.order("l")
        assert found is not None
        assert (found.status, found.filled) == (VenueStatus.CANCELLED, D("0.5"))
        assert session.held() == [("LONG", D("0.5"))]

    def test_amended_terms_are_reported_completely_and_applied(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        session.amend("l", quantity="2", limit="98")
        (amended,) = [one for one in session.trades_at("100") if isinstance(one, Amended)]
        assert (amended.quantity, amended.limit_price, amended.trigger_price) == (D(2), D(98), None)
        session.trades_at("98.5")
        assert session.held() == []
        session.trades_at("97")
        assert session.held() == [("LONG", D(2))]

    def test_a_refused_amendment_does_not_change_the_order(self, session: Session) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        assert refusal(session, lambda: session.amend("l", limit="99.05"), AmendRefused)
        found = session.exchange.order("l")
        assert found is not None
        assert (found.limit_price, found.status) == (D(99), VenueStatus.ACCEPTED)

    # -- reduce-only and protection

    def test_a_reduce_only_order_without_a_position_is_rejected(self, session: Session) -> None:
        assert refusal(session, lambda: session.send(session.order("r", SELL, reduce_only=True)), Rejected)
        assert session.held() == []

    def test_a_reduce_only_order_closes_a_position_and_never_turns_it(self, session: Session) -> None:
        session.send(session.order("m", BUY))
        session.trades_at("100")
        session.send(session.order("r", SELL, "3", reduce_only=True))
        session.trades_at("100")
        assert session.held() == []

    def test_a_resting_reduce_only_order_is_cancelled_when_the_position_is_closed(
        self, session: Session
    ) -> None:
        session.send(session.order("m", BUY))
        session.trades_at("100")
        session.send(session.order("r", SELL, limit="110", reduce_only=True))
        session.trades_at("100")
        session.send(session.order("x", SELL, reduce_only=True))
        session.trades_at("100")
        session.trades_at("112")
        assert session.held() == []
        assert session.status("r") is VenueStatus.CANCELLED

    def test_protection_is_inactive_until_its_entry_has_filled(self, session: Session) -> None:
        session.send(*session.bracket(session.order("e", BUY, limit="97"), "95", "105"))
        session.trades_at("100", "106", "100")
        assert [report for report in session.reports if isinstance(report, Filled)] == []
        assert session.held() == []

    @pytest.mark.parametrize(("price", "closing", "other"), [("94", "e-s", "e-t"), ("106", "e-t", "e-s")])
    def test_a_filled_stop_or_target_closes_the_position_and_cancels_the_other_order(
        self, session: Session, price: str, closing: str, other: str
    ) -> None:
        session.send(*session.bracket(session.order("e", BUY), "95", "105"))
        session.trades_at("100")
        assert {one.order_id for one in session.exchange.open_orders()} == {"e-s", "e-t"}
        session.trades_at(price)
        assert session.held() == []
        assert (session.status(closing), session.status(other)) == (VenueStatus.FILLED, VenueStatus.CANCELLED)
        assert session.exchange.open_orders() == []

    def test_cancelling_an_unfilled_entry_cancels_its_protection(self, session: Session) -> None:
        session.send(*session.bracket(session.order("e", BUY, limit="97"), "95", "105"))
        session.trades_at("100")
        session.cancel("e")
        session.trades_at("100")
        assert [session.status(one) for one in ("e", "e-s", "e-t")] == [VenueStatus.CANCELLED] * 3
        assert session.exchange.open_orders() == []

    # -- queries

    def test_executions_are_listed_once_with_the_ids_of_the_reports(self, session: Session) -> None:
        session.send(session.order("a", BUY, "2"))
        session.trades_at("100")
        session.send(session.order("b", SELL, reduce_only=True))
        session.trades_at("101")
        listed = session.exchange.executions(LONG_AGO)
        assert listed == session.exchange.executions(LONG_AGO)
        assert [one.execution_id for one in listed] == session.heard.executions
        fills = [report for report in session.reports if isinstance(report, Filled)]
        assert [
            (one.order_id, one.price, one.quantity, one.fee, one.fee_currency, one.liquidity, one.at)
            for one in listed
        ] == [
            (one.order_id, one.price, one.quantity, one.fee, one.fee_currency, one.liquidity, one.at)
            for one in fills
        ]

    def test_executions_since_a_time_exclude_earlier_ones(self, session: Session) -> None:
        session.send(session.order("a", BUY, "2"))
        session.trades_at("100")
        session.send(session.order("b", SELL, reduce_only=True))
        session.trades_at("101")
        first, second = session.exchange.executions(LONG_AGO)
        assert session.exchange.executions(second.at) == [second]
        assert session.exchange.executions(first.at) == [first, second]
        assert session.exchange.executions(second.at + timedelta(seconds=1)) == []

    def test_the_figures_of_an_order_are_the_sums_of_its_executions(self, session: Session) -> None:
        session.send(session.order("l", BUY, "2", limit="99"))
        session.trades_at("100")
        session.trades_at("98", volume="0.5")
        session.trades_at("98", volume="0.75")
        found, listed = session.exchange.order("l"), session.exchange.executions(LONG_AGO)
        assert found is not None
        assert found.filled == sum(one.quantity for one in listed) == D("1.25")
        assert found.notional == sum(one.quantity * one.price for one in listed)
        assert found.fees == sum(one.fee for one in listed)
        assert found.average_price == found.notional / found.filled

    def test_a_short_position_is_listed_as_short(self, session: Session) -> None:
        session.send(session.order("m", SELL, "2"))
        session.trades_at("100")
        assert session.held() == [("SHORT", D(2))]

    def test_the_venues_clock_never_goes_back(self, session: Session) -> None:
        times = [session.exchange.server_time()]
        for price in ("100", "101", "99"):
            session.trades_at(price)
            times.append(session.exchange.server_time())
        assert times == sorted(times)
        assert {time.utcoffset() for time in times} == {timedelta(0)}

    def test_instruments_are_listed_with_their_rules(self, bench: Bench) -> None:
        listed = {instrument.id: instrument for instrument in bench.exchange.instruments()}
        assert listed[bench.instrument.id] == bench.instrument
        assert len(listed) == len(bench.exchange.instruments())

    # -- errors

    @pytest.mark.parametrize("kind", ["submit", "cancel", "amend"])
    def test_a_request_that_does_not_arrive_raises_exchange_unreachable_and_changes_nothing(
        self, session: Session, kind: str
    ) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        with session.bench.cut(), pytest.raises(ExchangeUnreachable):
            _sending(session)[kind]()
        session.trades_at("100")
        assert (session.exchange.order("n"), session.status("l")) == (None, VenueStatus.ACCEPTED)

    @pytest.mark.parametrize("kind", ["submit", "cancel", "amend"])
    def test_a_request_without_a_response_has_an_unknown_outcome_that_a_query_resolves(
        self, session: Session, kind: str
    ) -> None:
        session.send(session.order("l", BUY, limit="99"))
        session.trades_at("100")
        with session.bench.deafen(), pytest.raises(OutcomeUnknown):
            _sending(session)[kind]()
        session.trades_at("100")
        found = session.exchange.order("l")
        assert found is not None
        arrived = (session.status("n"), found.status, found.limit_price)
        assert (
            arrived
            == {
                "submit": (VenueStatus.ACCEPTED, VenueStatus.ACCEPTED, D(99)),
                "cancel": (None, VenueStatus.CANCELLED, D(99)),
                "amend": (None, VenueStatus.ACCEPTED, D(98)),
            }[kind]
        )

    def test_a_ticket_sent_again_after_an_unknown_outcome_is_one_order(self, session: Session) -> None:
        ticket = session.order("n", BUY)
        with session.bench.deafen(), pytest.raises(OutcomeUnknown):
            session.send(ticket)
        session.send(ticket)
        session.trades_at("100", "100")
        assert session.held() == [("LONG", D(1))]

    def test_a_query_without_a_response_raises_exchange_unreachable(self, session: Session) -> None:
        exchange = session.exchange
        queries: Sequence[Callable[[], object]] = (
            lambda: exchange.order("l"),
            exchange.open_orders,
            lambda: exchange.executions(LONG_AGO),
            exchange.positions,
            exchange.balances,
            exchange.instruments,
            exchange.server_time,
        )
        for outage in (session.bench.cut, session.bench.deafen):
            for query in queries:
                with outage(), pytest.raises(ExchangeUnreachable):
                    query()

    def test_reading_the_reports_raises_nothing_during_an_outage(self, session: Session) -> None:
        for outage in (session.bench.cut, session.bench.deafen):
            with outage():
                session.exchange.reports()

    # -- random sessions

    def test_queries_agree_with_the_reports_after_every_step(self, bench: Bench, seed: int) -> None:
        """`Session.trades_at` compares the queries with the reports after every step."""
        Walk(Session(bench), random.Random(seed)).go(30)


def _sending(session: Session) -> dict[str, Callable[[], None]]:
    return {
        "submit": lambda: session.send(session.order("n", BUY, limit="98")),
        "cancel": lambda: session.cancel("l"),
        "amend": lambda: session.amend("l", limit="98"),
    }


class Walk:
    """A random session: orders of every kind, brackets, cancels and amendments, at changing prices."""

    def __init__(self, session: Session, chance: random.Random) -> None:
        self._session, self._chance = session, chance
        self._price, self._count = 100, 0

    def go(self, steps: int) -> None:
        for _step in range(steps):
            with suppress(ExchangeRefused):
                self._chance.choice((self._single, self._single, self._bracket, self._cancel, self._amend))()
            self._price = min(max(self._price + self._chance.randint(-4, 4), 80), 120)
            self._session.trades_at(str(self._price), volume=self._chance.choice(("0.7", "1000")))

    def _single(self) -> None:
        prices = {"limit": self._near(), "trigger": self._near()}
        kind = self._chance.choice(("market", "limit", "trigger"))
        self._session.send(
            self._session.order(
                self._name(),
                self._chance.choice((BUY, SELL)),
                self._chance.choice(("0.5", "1", "2.5")),
                limit=prices["limit"] if kind == "limit" else None,
                trigger=prices["trigger"] if kind == "trigger" else None,
                reduce_only=self._chance.random() < 0.3,
            )
        )

    def _bracket(self) -> None:
        side = self._chance.choice((BUY, SELL))
        entry = self._session.order(self._name(), side, "1")
        below, above = str(self._price - 3), str(self._price + 3)
        self._session.send(
            *self._session.bracket(entry, *((below, above) if side is BUY else (above, below)))
        )

    def _cancel(self) -> None:
        self._session.cancel(self._some())

    def _amend(self) -> None:
        self._session.amend(self._some(), quantity=self._chance.choice(("0.8", "3")))

    def _near(self) -> str:
        return str(self._price + self._chance.randint(-3, 3))

    def _name(self) -> str:
        self._count += 1
        return f"w{self._count}"

    def _some(self) -> str:
        return self._chance.choice([*self._session.heard.terms, "nobody"])
