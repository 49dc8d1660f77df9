"""The sender: fresh intents are sent, stale ones expire, and every error of the exchange becomes a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from commands.breaker import Unanswered
from commands.exchange import (
    Accepted,
    AmendRefused,
    CancelRefused,
    NotSent,
    OrderReport,
    OutcomeUnclear,
    Rejected,
    Report,
)
from commands.guarding import Guard
from commands.order import AmendOrder, CancelOrder, PlaceOrder
from commands.outgoing import Amendment, Outgoing, unconfirmed
from commands.sender import REPORTED, Sender, SentReport
from commands.world import World
from domain.breaker import Service
from domain.candle import Candle
from domain.direction import Purpose, Side
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.market import MarketView
from domain.order import (
    Closed,
    OrderAmendRequested,
    OrderCancelRequested,
    OrderPlaced,
    OrderStatus,
    OrderType,
)
from domain.streams import order_stream
from domain.venue import VenueOrder
from projections.chain import missing_causes
from tests.adapters.simulated import scene
from tests.commands.an_order import ORDER, PLACE, PLACED, RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.commands.faulty_exchange import FaultyExchange
from tests.commands.list_log import ListLog
from tests.commands.mailbox import Mailbox
from tests.domain.history import ACCOUNT, BTC, NOW, D
from tests.replacing import replace

FRESH = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
MICRO = timedelta(microseconds=1)


def a_late_desk(late: timedelta) -> Desk:
    desk = Desk().opened()
    desk.append_takes = late
    return desk


def unguarded() -> Guard:
    """A guard that holds nothing back: the settings of no log have no caps."""
    return Guard(World(), MarketView())


# -- freshness


def test_a_stale_entry_is_not_sent_and_its_protection_and_funds_end_with_it() -> None:
    desk = a_late_desk(FRESH + MICRO)
    recorded = desk.see(long())
    assert names(recorded)[-4:] == ["OrderExpired", "FundsReleased", "OrderExpired", "OrderExpired"]
    assert desk.exchange.letters == []
    portfolio = desk.world.portfolio
    assert (portfolio.entries, portfolio.exits, portfolio.account.reserved) == ({}, {}, {})
    assert list(missing_causes(desk.log.read())) == []
    assert folded(desk.log) == snapshot(desk.world)


def test_an_expiry_has_the_clock_as_its_cause_and_continues_the_chain() -> None:
    desk = a_late_desk(FRESH + SECOND)
    recorded = desk.see(long())
    expired = [one for one in recorded if type(one.event).__name__ == "OrderExpired"]
    at = desk.at + FRESH + SECOND
    assert {one.meta.causation_id for one in expired} == {f"clock:{at.isoformat(timespec='microseconds')}"}
    assert {(one.meta.occurred_at, one.meta.recorded_at, one.meta.actor) for one in expired} == {
        (at, at, "engine")
    }
    chain = chain_of(recorded[:1])
    assert {one.meta.correlation_id for one in expired} == {chain}
    reasons = [desk.world.state(order_stream(ACCOUNT, f"{chain}-{leg}")).reason for leg in ("e1", "s1", "t1")]
    fresh_until = (desk.at + FRESH).isoformat()
    assert reasons == [
        f"not sent: it was fresh until {fresh_until}",
        f"not sent: its entry {chain}-e1 was not sent",
        f"not sent: its entry {chain}-e1 was not sent",
    ]


def test_an_intent_at_the_end_of_its_freshness_is_sent() -> None:
    desk = a_late_desk(FRESH)
    chain = chain_of(desk.see(long()))
    assert desk.exchange.sent == [("submit", (f"{chain}-e1", f"{chain}-s1", f"{chain}-t1"))]
    assert [letter.at for letter in desk.exchange.letters] == [desk.at + FRESH]


def test_an_order_that_closes_a_position_is_never_stale() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    desk.append_takes = timedelta(days=1)
    out = replace(
        PLACED,
        side=Side.SELL,
        type=OrderType.MARKET,
        limit_price=None,
        reduce_only=True,
        purpose=Purpose.MANUAL,
    )
    desk.ask(PlaceOrder("out-x1", out, RULES), cause="command:1")
    assert desk.exchange.sent[-1] == ("submit", ("out-x1",))


def test_a_log_with_unsent_intents_is_recalled_to_the_same_log() -> None:
    def play(desk: Desk) -> Desk:
        desk.opened().append_takes = FRESH + SECOND
        desk.see(long())
        desk.append_takes = timedelta()
        desk.see(long(instrument=BTC))
        return desk

    first = play(Desk())
    again = play(Desk(ListLog(first.log.envelopes), recalling=True))
    assert again.log.envelopes == first.log.envelopes
    assert snapshot(again.world) == snapshot(first.world)
    assert again.exchange.sent == first.exchange.sent != []


# -- grouping and order of requests


def an_entry(order_id: str, fresh_for: int = 60) -> Outgoing:
    return Outgoing(order_id, replace(PLACED, fresh_until=NOW + timedelta(seconds=fresh_for)))


def a_stop(order_id: str, parent: str) -> Outgoing:
    terms = replace(
        PLACED, side=Side.SELL, reduce_only=True, purpose=Purpose.STOP, parent=parent, fresh_until=NOW
    )
    return Outgoing(order_id, terms)


CANCEL = Outgoing(ORDER, OrderCancelRequested("enough"))
AMEND = Outgoing(ORDER, OrderAmendRequested(D("0.5"), None, None))


def sent(*requests: Outgoing, now: datetime = NOW) -> tuple[list[str], list[str]]:
    """The calls to the exchange and the reports that the sender returned, one line each."""
    mailbox = Mailbox(ListLog())
    reports = Sender(mailbox, lambda: now, unguarded()).send(requests)
    calls = [f"{kind} {' '.join(str(one) for one in about)}" for kind, about in mailbox.sent]
    return calls, [f"{report.__name__} {order_id}" for report, order_id in about(reports)]


@pytest.mark.parametrize(
    ("requests", "calls", "reports"),
    [
        ([], [], []),
        ([an_entry("a"), a_stop("a-s", "a")], ["submit a a-s"], []),
        ([an_entry("a"), an_entry("b"), a_stop("a-s", "a")], ["submit a a-s", "submit b"], []),
        ([CANCEL, an_entry("a"), AMEND], ["submit a", f"cancel {ORDER}", f"amend {ORDER} 0.5 None None"], []),
        (
            [an_entry("a", -1), a_stop("a-s", "a"), an_entry("b"), a_stop("b-s", "b")],
            ["submit b b-s"],
            ["NotSent a", "NotSent a-s"],
        ),
        ([an_entry("a", -1), CANCEL], [f"cancel {ORDER}"], ["NotSent a"]),
        ([a_stop("a-s", "sent before")], ["submit a-s"], []),
    ],
)
def test_entries_are_sent_with_their_protection_before_cancels_and_amendments(
    requests: list[Outgoing], calls: list[str], reports: list[str]
) -> None:
    assert sent(*requests) == (calls, reports)


# -- errors


ERRORS: list[tuple[Outgoing, type[ExchangeError], type[OrderReport], str]] = [
    (an_entry(ORDER), ExchangeUnreachable, NotSent, "clock"),
    (an_entry(ORDER), ExchangeRefused, Rejected, "exchange"),
    (an_entry(ORDER), OutcomeUnknown, OutcomeUnclear, "clock"),
    (an_entry(ORDER), ExchangeError, OutcomeUnclear, "clock"),
    (CANCEL, ExchangeUnreachable, CancelRefused, "clock"),
    (CANCEL, ExchangeRefused, CancelRefused, "exchange"),
    (CANCEL, OutcomeUnknown, OutcomeUnclear, "clock"),
    (AMEND, ExchangeUnreachable, AmendRefused, "clock"),
    (AMEND, ExchangeRefused, AmendRefused, "exchange"),
    (AMEND, OutcomeUnknown, OutcomeUnclear, "clock"),
]


@pytest.mark.parametrize(("request_", "error", "report", "source"), ERRORS)
def test_each_error_of_the_exchange_becomes_its_report(
    request_: Outgoing, error: type[ExchangeError], report: type[OrderReport], source: str
) -> None:
    mailbox = Mailbox(ListLog())
    mailbox.error = error("the words of the error")
    made, *calls = Sender(mailbox, lambda: NOW, unguarded()).send([request_])
    assert isinstance(made, Report)
    assert [type(call) for call in calls] == [Unanswered] * (error is not ExchangeRefused)
    assert (type(made), made.order_id, made.at) == (report, ORDER, NOW)
    assert made.fact.startswith(f"{source}:")
    assert "the words of the error" in str(getattr(made, "reason", ""))


def test_the_table_has_a_report_for_every_request_and_every_error() -> None:
    assert set(REPORTED) == {OrderPlaced, OrderCancelRequested, OrderAmendRequested}
    assert {frozenset(row) for row in REPORTED.values()} == {frozenset(ExchangeError.__subclasses__())}


def test_an_error_of_a_submission_applies_to_every_order_in_it() -> None:
    desk = Desk().opened()
    desk.exchange.error = ExchangeRefused("110007: ab not enough")
    chain = chain_of(desk.see(long()))
    states = [desk.world.state(order_stream(ACCOUNT, f"{chain}-{leg}")) for leg in ("e1", "s1", "t1")]
    assert [(type(one), one.status, one.reason) for one in states] == [
        (Closed, OrderStatus.REJECTED, "110007: ab not enough")
    ] * 3
    assert desk.world.portfolio.account.reserved == {}


def test_an_unknown_outcome_is_recorded_and_resolved_by_a_later_report() -> None:
    desk = Desk().opened()
    desk.exchange.error = OutcomeUnknown("no response within 5 s")
    desk.ask(PLACE, cause="command:1")
    assert desk.world.portfolio.unknown_orders == (ORDER,)
    desk.tell(Accepted(order_id=ORDER, at=NOW, fact="exchange:test:a", venue_order_id="v1"))
    assert not desk.world.portfolio.unknown_orders


@pytest.mark.parametrize("error", [ExchangeUnreachable("down"), ExchangeRefused("110001: too late")])
def test_a_cancel_or_amendment_that_was_not_executed_leaves_the_order_working(error: ExchangeError) -> None:
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:1")
    desk.tell(Accepted(order_id=ORDER, at=NOW, fact="exchange:test:a", venue_order_id="v1"))
    desk.exchange.error = error
    desk.ask(CancelOrder(ORDER, "enough"), cause="command:2")
    amend = AmendOrder(order_id=ORDER, quantity=D("0.5"), limit_price=None, trigger_price=None, rules=RULES)
    desk.ask(amend, cause="command:3")
    state = desk.world.state(order_stream(ACCOUNT, ORDER))
    assert (state.status, state.terms.quantity) == (OrderStatus.ACCEPTED, D(1))
    counted = ["CallFailed"] * isinstance(error, ExchangeUnreachable)
    cancelled, amended = desk.log.envelopes[-6:], names(desk.log.envelopes)[-2 - len(counted) :]
    assert amended == ["OrderAmendRequested", "OrderAmendRefused", *counted]
    assert {"OrderCancelRequested", "OrderCancelRefused"} <= set(names(cancelled))


# -- after a stop


def about(reports: Sequence[SentReport]) -> list[tuple[type, str]]:
    """The class of each report and the order that it is about; empty for the report of a call."""
    return [(type(one), one.order_id if isinstance(one, Report) else "") for one in reports]


class Stopped:
    """A desk that was stopped with an unconfirmed bracket, and a venue that received some of its orders or none."""

    def __init__(self) -> None:
        self.desk = Desk().opened()
        self.chain = chain_of(self.desk.see(long()))
        self.venue = scene.exchange(scene.SMOOTH)
        self.line = FaultyExchange(self.venue)

    @property
    def ids(self) -> list[str]:
        return [f"{self.chain}-{leg}" for leg in ("e1", "s1", "t1")]

    def resume(self, later: timedelta) -> Sequence[SentReport]:
        requests = unconfirmed(self.desk.world, {})
        return Sender(self.venue, lambda: self.desk.at + later, unguarded()).resume(requests, self.line)

    def arrive(self, count: int) -> None:
        """Sends the first `count` orders of the bracket, as if before the stop."""
        requests = unconfirmed(self.desk.world, {})
        Sender(self.venue, lambda: self.desk.at, unguarded()).send(requests[:count])
        self.venue.on_candles([self._candle()])

    def there(self) -> list[VenueOrder | None]:
        self.venue.on_candles([self._candle()])
        return [self.venue.order(order_id) for order_id in self.ids]

    def _candle(self) -> Candle:
        passed = self.venue.server_time() - scene.START
        return scene.candle(passed // scene.FIVE + 1, "100 100 100 100")


def test_after_a_restart_a_fresh_unsent_intent_is_sent() -> None:
    stopped = Stopped()
    assert stopped.resume(FRESH) == []
    assert None not in stopped.there()


def test_after_a_restart_a_stale_unsent_intent_expires_with_its_protection() -> None:
    stopped = Stopped()
    reports = stopped.resume(FRESH + SECOND)
    assert about(reports) == [(NotSent, one) for one in stopped.ids]
    assert stopped.there() == [None] * 3
    stopped.desk.tell(*reports)
    assert unconfirmed(stopped.desk.world, {}) == []


def test_after_a_restart_orders_at_the_venue_are_neither_sent_again_nor_expired() -> None:
    stopped = Stopped()
    stopped.arrive(3)
    before = stopped.there()
    assert None not in before
    assert stopped.resume(FRESH + SECOND) == []
    assert stopped.there() == before


def test_after_a_restart_missing_protection_is_sent_at_any_time() -> None:
    stopped = Stopped()
    stopped.arrive(1)
    assert stopped.resume(timedelta(days=1)) == []
    assert None not in stopped.there()


def test_after_a_restart_without_a_response_nothing_is_sent_and_the_outcome_is_unclear() -> None:
    stopped = Stopped()
    with stopped.line.failing(ExchangeUnreachable):
        reports = stopped.resume(SECOND)
    *unclear, call = reports
    assert about(unclear) == [(OutcomeUnclear, one) for one in stopped.ids]
    assert isinstance(call, Unanswered)
    assert call.service is Service.QUERIES
    assert stopped.there() == [None] * 3
    stopped.desk.tell(*reports)
    assert stopped.desk.world.portfolio.unknown_orders == tuple(stopped.ids)
    assert stopped.resume(SECOND) == []
    assert None not in stopped.there()


def test_after_a_restart_cancels_and_amendments_without_a_response_are_sent_again() -> None:
    desk = Desk().opened()
    for order_id in ("a", "b"):
        desk.ask(PlaceOrder(order_id, PLACED, RULES), cause=f"command:{order_id}")
        desk.tell(Accepted(order_id=order_id, at=NOW, fact=f"exchange:test:{order_id}", venue_order_id="v"))
    desk.ask(CancelOrder("a", "enough"), cause="command:1")
    amend = AmendOrder(order_id="b", quantity=D("0.5"), limit_price=None, trigger_price=None, rules=RULES)
    desk.ask(amend, cause="command:2")
    amendment = Amendment(OrderAmendRequested(D("0.5"), None, None), desk.at)
    requests = unconfirmed(desk.world, {"b": amendment})
    assert sent(*requests, now=desk.at + FRESH) == (["cancel a", "amend b 0.5 None None"], [])
    late, reported = sent(*requests, now=desk.at + FRESH + SECOND)
    assert (late, [one.split()[0] for one in reported]) == (["cancel a"], ["AmendRefused"])
