"""The driver: the events of one stimulus are appended together, then its orders are sent; or nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from commands import account
from commands.account import ReserveFunds, TurnDay
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import Cancelled, Submitted
from commands.guarding import Guard
from commands.order import AmendOrder, CancelOrder, DenyOrder, PlaceOrder
from commands.request import RaiseSignal, TripKillSwitch
from commands.routes import Command
from commands.sender import Sender
from commands.world import World
from domain.direction import Purpose, Side
from domain.errors import Conflict, InvalidInput, LogUnavailable, Refused, WhenceError
from domain.log import Envelope, chain_id
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


def test_orders_are_sent_after_the_whole_unit_is_durable() -> None:
    desk = Desk().opened()
    desk.see(long())
    (letter,) = desk.exchange.letters
    assert (letter.durable, letter.at) == (desk.log.head(), desk.at)


def test_a_stimulus_without_events_appends_nothing() -> None:
    desk = Desk().opened()
    before, units = snapshot(desk.world), list(desk.log.units)
    assert desk.ask(TurnDay(NOW.date().isoformat()), cause="clock:again") == []
    assert (snapshot(desk.world), desk.log.units, desk.exchange.letters) == (before, units, [])


def test_orders_amendments_and_cancels_are_sent_as_requested() -> None:
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


def test_an_order_denied_in_the_same_unit_is_never_sent() -> None:
    desk = Desk().opened()
    other = PlaceOrder("abc-e2", PLACED, RULES)
    desk.ask(PLACE, DenyOrder("abc-e1", "TRADING_HALTED"), other, cause="command:1")
    assert desk.exchange.sent == [("submit", ("abc-e2",))]


OF_NO_QUANTITY = replace(PLACED, quantity=D(0))
REFUSALS: list[tuple[type[WhenceError], Command]] = [
    (Refused, CancelOrder("nobody-e1", "gone")),
    (Refused, ReserveFunds("abc-e1", D(10_001))),
    (InvalidInput, PlaceOrder("abc-e2", OF_NO_QUANTITY, RULES)),
]


@pytest.mark.parametrize(("error", "command"), REFUSALS)
def test_a_refused_command_and_the_commands_beside_it_change_nothing(
    error: type[WhenceError], command: Command
) -> None:
    desk = Desk().opened()
    before, head = snapshot(desk.world), desk.log.head()
    with pytest.raises(error):
        desk.ask(PLACE, command, cause="command:1")
    assert (snapshot(desk.world), desk.log.head(), desk.exchange.letters) == (before, head, [])


def test_a_request_whose_events_cannot_be_encoded_is_declined_and_the_engine_goes_on() -> None:
    """The figures are within every rule and have more digits than the log can hold."""
    eve = Asking()
    huge = a_signal(candle_closed_at=eve.desk.at, price=D("1e90"), stop=D("1e89"), target=D("1e91"))
    before = snapshot(eve.desk.world)
    assert eve.declined(RaiseSignal(outside(huge))).startswith("InvalidInput: SignalDetected.price")
    assert snapshot(eve.desk.world) == before
    assert eve.accepted(TripKillSwitch("lunch")) == ["KillSwitchTripped"]


# -- another writer


def a_rival(log: ListLog) -> Desk:
    rival = Desk(log)
    rival.driver.refresh()
    return rival


def test_after_a_conflict_the_command_is_decided_again_on_the_new_state() -> None:
    desk = Desk().opened()
    rival = a_rival(desk.log)
    rival.ask(ReserveFunds("rival-e1", D(6_000)), cause="command:rival")
    desk.ask(ReserveFunds("abc-e1", D(3_000)), cause="command:1")
    assert desk.world.portfolio.account.reserved == {"rival-e1": D(6_000), "abc-e1": D(3_000)}
    assert folded(desk.log) == snapshot(desk.world)


def test_after_a_conflict_the_command_may_be_refused_on_the_new_state() -> None:
    desk = Desk().opened()
    a_rival(desk.log).ask(ReserveFunds("rival-e1", D(6_000)), cause="command:rival")
    head = desk.log.head()
    with pytest.raises(Refused, match="more than the 4000 available"):
        desk.ask(ReserveFunds("abc-e1", D(5_000)), cause="command:1")
    assert desk.log.head() == head


def test_after_a_conflict_the_command_may_have_no_event_on_the_new_state() -> None:
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


def test_after_five_conflicts_the_driver_raises_the_conflict() -> None:
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


def test_when_the_append_fails_nothing_is_sent_or_changed() -> None:
    def fail(_desk: Desk) -> None:
        raise LogUnavailable("the store does not answer")

    desk, log = an_interrupted_desk(fail)
    before = snapshot(desk.world)
    with pytest.raises(LogUnavailable):
        desk.see(long())
    assert (snapshot(desk.world), desk.exchange.letters, log.units) == (before, [], [])


# -- reports of the exchange


def test_a_stop_that_fills_together_with_its_entry_closes_the_position() -> None:
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


def test_the_second_of_two_signals_at_once_is_judged_on_the_remaining_funds() -> None:
    desk = Desk().opened()
    recorded = desk.see(long(), long(instrument=ETH))
    assert names(recorded)[:6] == ENTERED
    reserved = desk.world.portfolio.account.reserved
    second = recorded[7].event
    assert isinstance(second, DecisionMade)
    votes = {vote.member: vote for vote in second.votes}
    assert D(votes["reserved_balance"].figures["reserved"]) == next(iter(reserved.values()))


def test_a_report_of_an_unknown_order_is_recorded_as_a_discrepancy_once() -> None:
    desk = Desk().opened()
    stray = Submitted(order_id="nobody-e1", at=NOW, fact="exchange:test:stray", venue_order_id="v9")
    (found,) = [envelope.event for envelope in desk.tell(stray, stray)]
    assert found == DiscrepancyFound(
        "exchange:test:stray", "nobody-e1", "Submitted of something this log does not know"
    )
    assert desk.tell(stray) == []


def test_a_report_of_an_order_of_another_log_is_a_discrepancy_that_halts_new_exposure() -> None:
    desk = Desk().opened()
    other = f"{chain_id(UUID(int=1), ACCOUNT, 'candle:1')}-e1"
    (found,) = desk.tell(Submitted(order_id=other, at=NOW, fact="exchange:test:stray", venue_order_id="v9"))
    assert found.event == DiscrepancyFound(
        "exchange:test:stray", other, "Submitted of an order of another log"
    )
    decision = desk.see(long())[-1].event
    assert isinstance(decision, DecisionMade)
    assert decision.reasons == ("UNRESOLVED_DISCREPANCY",)


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
    report = liquidation("liq", Side.SELL, quantity, D(81))
    recorded = desk.tell(report)
    assert names(recorded) == ["OrderPlaced", "OrderFilled", "PositionClosed", "BalanceChanged"]
    placed = recorded[0].event
    assert isinstance(placed, OrderPlaced)
    assert (placed.purpose, placed.reduce_only, placed.type) == (Purpose.LIQUIDATION, True, OrderType.MARKET)
    assert chain_of(recorded) == chain
    assert len(desk.exchange.letters) == letters
    assert desk.tell(report) == []


def test_events_of_a_fill_continue_the_chain_of_its_order() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    recorded = desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    assert chain_of(recorded) == chain
    assert {envelope.meta.actor for envelope in recorded} == {"exchange", "engine"}
    assert list(missing_causes(desk.log.read())) == []
    assert {envelope.meta.source for envelope in recorded} == {IDENTITY.source}


def test_a_persons_order_begins_a_chain_and_its_reports_continue_it() -> None:
    desk = Desk().opened()
    placed = desk.ask(PLACE, cause="command:1")
    filled = desk.tell(a_fill_of("abc-e1", "x1", D(1), D(100)))
    assert chain_of(placed) == chain_of(filled) != chain_of(desk.ask(TurnDay("2025-04-04"), cause="clock:1"))
    assert desk.world.state(order_stream(ACCOUNT, "abc-e1")).status is OrderStatus.FILLED


class Watching:
    """An observer that stores the units that it receives."""

    def __init__(self) -> None:
        self.units: list[tuple[list[str], float, float]] = []

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        raise AssertionError(f"no candle was shown: {instrument} {close} {at}")

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        self.units.append((names(list(envelopes)), worked, appended))


def test_an_observer_receives_each_durable_unit_with_its_times() -> None:
    log, watching = ListLog(), Watching()
    engine, desk = Engine(World(), IDENTITY, since=NOW), Desk()
    sender = Sender(Mailbox(log), lambda: NOW, Guard(engine.world, engine.market))
    driver = Driver(
        engine,
        log,
        sender,
        desk.recorded.append,
        watching,
    )
    driver.handle(desk.stimulus(*OPENING, cause="command:open"))
    driver.handle(desk.stimulus(account.TripKillSwitch("lunch"), cause="command:1"))
    driver.handle(desk.stimulus(account.TripKillSwitch("again"), cause="command:2"))
    assert [unit[0] for unit in watching.units][1:] == [["KillSwitchTripped"]], (
        "nothing followed from the third"
    )
    assert all(worked > 0 and appended > 0 for _, worked, appended in watching.units)
