"""The unit of work: one stimulus, one append, then the side effects; or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import pytest

from commands.account import ReserveFunds, TripKillSwitch, TurnDay
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import Cancelled, Submitted
from commands.order import AmendOrder, CancelOrder, DenyOrder, PlaceOrder
from commands.request import RaiseSignal
from commands.routes import Command
from commands.sender import Sender
from commands.world import World
from domain.direction import Purpose, Side
from domain.errors import Conflict, InvalidInput, LogUnavailable, Refused, WhenceError
from domain.log import Envelope
from domain.order import OrderPlaced, OrderStatus, OrderType
from domain.position import PositionClosed
from domain.reconciliation import DiscrepancyFound
from domain.signal import DecisionMade
from domain.streams import order_stream
from projections.chain import missing_causes
from tests.commands.an_order import PLACE, PLACED, RULES
from tests.commands.desk import (
    IDENTITY,
    OPENING,
    Desk,
    a_fill_of,
    chain_of,
    folded,
    liquidation,
    long,
    names,
    snapshot,
)
from tests.commands.list_log import InterruptedLog, ListLog
from tests.commands.mailbox import Mailbox
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.domain.history import ACCOUNT, ETH, NOW, D, a_signal
from tests.replacing import replace

ENTERED = ["SignalDetected", "DecisionMade", "FundsReserved", "OrderPlaced", "OrderPlaced", "OrderPlaced"]


def test_a_signal_its_decision_and_its_orders_are_one_append_and_one_submission() -> None:
    desk = Desk().opened()
    before = len(desk.log.units)
    recorded = desk.see(long())
    assert names(recorded) == ENTERED
    assert len(desk.log.units) == before + 1
    chain = chain_of(recorded)
    assert desk.exchange.sent == [("submit", (f"{chain}-e1", f"{chain}-s1", f"{chain}-t1"))]
    assert folded(desk.log) == snapshot(desk.world)


def test_side_effects_wait_until_all_of_it_is_durable() -> None:
    desk = Desk().opened()
    desk.see(long())
    (letter,) = desk.exchange.letters
    assert (letter.durable, letter.at) == (desk.log.head(), desk.at)


def test_a_stimulus_that_says_nothing_new_appends_nothing() -> None:
    desk = Desk().opened()
    before, units = snapshot(desk.world), list(desk.log.units)
    assert desk.ask(TurnDay(NOW.date().isoformat()), cause="clock:again") == []
    assert (snapshot(desk.world), desk.log.units, desk.exchange.letters) == (before, units, [])


def test_every_order_that_was_asked_for_reaches_the_exchange_as_it_was_asked() -> None:
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:1")
    desk.ask(
        AmendOrder(order_id="abc-e1", quantity=D("0.5"), limit_price=None, trigger_price=None, rules=RULES),
        cause="command:2",
    )
    desk.ask(CancelOrder("abc-e1", "enough"), cause="command:3")
    assert desk.exchange.sent == [
        ("submit", ("abc-e1",)),
        ("amend", ("abc-e1", D("0.5"), None, None)),
        ("cancel", ("abc-e1",)),
    ]


def test_an_order_that_is_denied_at_once_is_never_sent() -> None:
    desk = Desk().opened()
    other = PlaceOrder("abc-e2", PLACED, RULES)
    desk.ask(PLACE, DenyOrder("abc-e1", "TRADING_HALTED"), other, cause="command:1")
    assert desk.exchange.sent == [("submit", ("abc-e2",))]


NOTHING_OF_THAT = replace(PLACED, quantity=D(0))
REFUSALS: list[tuple[type[WhenceError], Command]] = [
    (Refused, CancelOrder("nobody-e1", "gone")),
    (Refused, ReserveFunds("abc-e1", D(10_001))),
    (InvalidInput, PlaceOrder("abc-e2", NOTHING_OF_THAT, RULES)),
]


@pytest.mark.parametrize(("error", "command"), REFUSALS)
def test_a_refused_command_changes_nothing_and_neither_does_what_was_asked_with_it(
    error: type[WhenceError], command: Command
) -> None:
    desk = Desk().opened()
    before, head = snapshot(desk.world), desk.log.head()
    with pytest.raises(error):
        desk.ask(PLACE, command, cause="command:1")
    assert (snapshot(desk.world), desk.log.head(), desk.exchange.letters) == (before, head, [])


def test_a_request_whose_events_cannot_be_written_is_declined_and_the_engine_goes_on() -> None:
    """The figures pass every rule, and are longer than a log holds."""
    eve = Asking()
    huge = a_signal(candle_closed_at=eve.desk.at, price=D("1e300"), stop=D("1e299"), target=D("1e301"))
    before = snapshot(eve.desk.world)
    assert eve.declined(RaiseSignal(outside(huge))).startswith("InvalidInput: SignalDetected.price")
    assert snapshot(eve.desk.world) == before
    assert eve.accepted(TripKillSwitch("lunch")) == ["KillSwitchTripped"]


# -- another writer


def a_rival(log: ListLog) -> Desk:
    rival = Desk(log)
    rival.driver.refresh()
    return rival


def test_a_conflict_is_decided_again_on_what_the_other_writer_left() -> None:
    desk = Desk().opened()
    rival = a_rival(desk.log)
    rival.ask(ReserveFunds("rival-e1", D(6_000)), cause="command:rival")
    desk.ask(ReserveFunds("abc-e1", D(3_000)), cause="command:1")
    assert desk.world.portfolio.account.reserved == {"rival-e1": D(6_000), "abc-e1": D(3_000)}
    assert folded(desk.log) == snapshot(desk.world)


def test_what_the_other_writer_left_may_turn_a_yes_into_a_no() -> None:
    desk = Desk().opened()
    a_rival(desk.log).ask(ReserveFunds("rival-e1", D(6_000)), cause="command:rival")
    head = desk.log.head()
    with pytest.raises(Refused, match="more than the 4000 available"):
        desk.ask(ReserveFunds("abc-e1", D(5_000)), cause="command:1")
    assert desk.log.head() == head


def test_what_the_other_writer_left_may_leave_nothing_to_say() -> None:
    desk = Desk().opened()
    a_rival(desk.log).ask(TurnDay("2025-04-04"), cause="clock:1")
    head = desk.log.head()
    assert desk.ask(TurnDay("2025-04-04"), cause="clock:1") == []
    assert (desk.log.head(), desk.world.portfolio.account.day) == (head, "2025-04-04")


def an_interrupted_desk(interruption: Callable[[Desk], None]) -> tuple[Desk, InterruptedLog]:
    log = InterruptedLog(Desk().opened().log.envelopes, lambda: None)
    desk = Desk(log)
    desk.driver.refresh()
    log.before = lambda: interruption(desk)
    return desk, log


def test_a_writer_who_always_comes_second_gives_up_with_the_conflict() -> None:
    rivals: list[str] = []

    def come_first(desk: Desk) -> None:
        rivals.append(f"rival-e{len(rivals)}")
        quick = Desk(ListLog(log.envelopes))
        quick.driver.refresh()
        quick.ask(ReserveFunds(rivals[-1], D(1)), cause=f"command:{rivals[-1]}")
        ListLog.append(log, quick.log.envelopes[log.head() :])

    desk, log = an_interrupted_desk(come_first)
    with pytest.raises(Conflict):
        desk.ask(ReserveFunds("abc-e1", D(1)), PLACE, cause="command:1")
    assert log.attempts == 5
    assert desk.exchange.letters == []
    assert order_stream(ACCOUNT, "abc-e1") not in desk.world.versions
    desk.driver.refresh()
    assert set(desk.world.portfolio.account.reserved) == set(rivals)


def test_when_the_append_fails_nothing_is_sent_and_nothing_is_changed() -> None:
    def fail(_desk: Desk) -> None:
        raise LogUnavailable("the store does not answer")

    desk, log = an_interrupted_desk(fail)
    before = snapshot(desk.world)
    with pytest.raises(LogUnavailable):
        desk.see(long())
    assert (snapshot(desk.world), desk.exchange.letters, log.units) == (before, [], [])


# -- what the exchange tells


def test_a_stop_that_fills_in_the_instant_of_its_entry_finds_the_position() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    quantity = desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    units = len(desk.log.units)
    recorded = desk.tell(
        a_fill_of(f"{chain}-e1", "x1", quantity, D(100)), a_fill_of(f"{chain}-s1", "x2", quantity, D(98))
    )
    assert names(recorded) == [
        *("OrderFilled", "PositionOpened", "BalanceChanged", "FundsReleased"),
        *("OrderFilled", "PositionClosed", "BalanceChanged"),
    ]
    assert len(desk.log.units) == units + 1
    closed = recorded[5].event
    assert isinstance(closed, PositionClosed)
    assert (closed.net, closed.balance) == (-2 * quantity - D("0.1"), desk.world.portfolio.account.balance)


def test_two_signals_at_once_are_not_judged_on_the_same_money() -> None:
    desk = Desk().opened()
    recorded = desk.see(long(), long(instrument=ETH))
    assert names(recorded)[:6] == ENTERED
    reserved = desk.world.portfolio.account.reserved
    second = recorded[7].event
    assert isinstance(second, DecisionMade)
    votes = {vote.member: vote for vote in second.votes}
    assert D(votes["reserved_balance"].figures["reserved"]) == next(iter(reserved.values()))


def test_a_report_of_an_order_nobody_knows_is_a_discrepancy_once() -> None:
    desk = Desk().opened()
    stray = Submitted(order_id="nobody-e1", at=NOW, fact="exchange:test:stray", venue_order_id="v9")
    (found,) = [envelope.event for envelope in desk.tell(stray, stray)]
    assert found == DiscrepancyFound(
        "exchange:test:stray", "nobody-e1", "Submitted of something this log does not know"
    )
    assert desk.tell(stray) == []


def test_reports_of_one_instant_are_one_append() -> None:
    desk = Desk().opened()
    desk.ask(PLACE, PlaceOrder("abc-e2", PLACED, RULES), cause="command:1")
    units = len(desk.log.units)
    desk.tell(
        a_fill_of("abc-e1", "x1", D("0.5"), D(100)),
        a_fill_of("abc-e2", "x2", D("0.5"), D(100)),
        Cancelled(order_id="abc-e1", at=NOW, fact="exchange:test:gone", reason="CancelByUser"),
    )
    assert len(desk.log.units) == units + 1


def test_a_liquidation_is_recorded_and_never_sent() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    quantity = desk.world.portfolio.entries[f"{chain}-e1"].order.terms.quantity
    desk.tell(a_fill_of(f"{chain}-e1", "x1", quantity, D(100)))
    letters = len(desk.exchange.letters)
    told = liquidation("liq", Side.SELL, quantity, D(81))
    recorded = desk.tell(told)
    assert names(recorded) == ["OrderPlaced", "OrderFilled", "PositionClosed", "BalanceChanged"]
    placed = recorded[0].event
    assert isinstance(placed, OrderPlaced)
    assert (placed.purpose, placed.reduce_only, placed.type) == (Purpose.LIQUIDATION, True, OrderType.MARKET)
    assert chain_of(recorded) == chain
    assert len(desk.exchange.letters) == letters
    assert desk.tell(told) == []


def test_what_is_caused_by_an_event_goes_on_with_its_chain() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    recorded = desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    assert chain_of(recorded) == chain
    assert {envelope.meta.actor for envelope in recorded} == {"exchange", "engine"}
    assert list(missing_causes(desk.log.read())) == []
    assert {envelope.meta.source for envelope in recorded} == {IDENTITY.source}


def test_an_order_a_person_placed_begins_a_chain_and_what_is_told_of_it_goes_on() -> None:
    desk = Desk().opened()
    placed = desk.ask(PLACE, cause="command:1")
    filled = desk.tell(a_fill_of("abc-e1", "x1", D(1), D(100)))
    assert chain_of(placed) == chain_of(filled) != chain_of(desk.ask(TurnDay("2025-04-04"), cause="clock:1"))
    assert desk.world.state(order_stream(ACCOUNT, "abc-e1")).status is OrderStatus.FILLED


class Watching:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.units: list[tuple[list[str], float, float]] = []

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        raise AssertionError(f"no candle was shown: {instrument} {close} {at}")

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        self.units.append((names(list(envelopes)), worked, appended))


def test_an_observer_is_told_of_each_durable_unit_and_how_long_it_took() -> None:
    log, watching = ListLog(), Watching()
    engine, desk = Engine(World(), IDENTITY, since=NOW), Desk()
    driver = Driver(engine, log, Sender(Mailbox(log), lambda: NOW), desk.recorded.append, watching)
    driver.handle(desk.stimulus(*OPENING, cause="command:open"))
    driver.handle(desk.stimulus(TripKillSwitch("lunch"), cause="command:1"))
    driver.handle(desk.stimulus(TripKillSwitch("again"), cause="command:2"))
    assert [unit[0] for unit in watching.units][1:] == [["KillSwitchTripped"]], (
        "nothing followed from the third"
    )
    assert all(worked > 0 and appended > 0 for _, worked, appended in watching.units)
