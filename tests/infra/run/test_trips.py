"""After a trip of the kill switch no entry adds exposure that stays; what is left open is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from commands.door import Completed, Declined
from commands.request import (
    AmendOrder,
    CancelOrder,
    ClosePosition,
    ManualTerms,
    MoveProtection,
    PlaceOrder,
    RaiseSignal,
    Request,
    ResetKillSwitch,
    TripKillSwitch,
)
from domain.account import KillSwitchTripped
from domain.closing import CloseReason
from domain.direction import Direction
from domain.order import OrderFilled, OrderStatus
from domain.position import PositionClosing, PositionIncreased
from domain.settings import OnKill, RiskSettings, Settings
from domain.strategies import Intent
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import BTC, ETH, D, a_signal
from tests.infra.run.test_manual import BEGINNING, LIMIT, MARKET, Hand
from tests.replacing import replace

TRIP = TripKillSwitch("enough for today")
RESTING = replace(
    LIMIT, instrument=ETH, quantity=D("0.1"), limit_price=D(2_950), stop=D(2_900), target=D(3_100)
)
FALLEN = {BTC: D(48_000), ETH: D(2_940)}
"""Prices at which every resting entry of these tests would fill."""


def fills(hand: Hand) -> list[str]:
    """The streams of the fills, in order."""
    return [
        one.envelope.meta.stream for one in hand.log.read() if isinstance(one.envelope.event, OrderFilled)
    ]


def events(hand: Hand) -> list[object]:
    return [one.envelope.event for one in hand.log.read()]


def resting() -> Hand:
    """A position in BTC and a resting entry in ETH."""
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.accepted(PlaceOrder(RESTING), "rest")
    hand.pass_seconds(3)
    assert set(hand.world.portfolio.entries) == {entry(hand)}
    return hand


def entry(hand: Hand) -> str:
    (order_id,) = hand.world.portfolio.entries
    return order_id


def scan(hand: Hand, intent: Intent = Intent.ENTER, direction: Direction = Direction.LONG) -> RaiseSignal:
    away = D(50) if direction is Direction.LONG else D(-50)
    signal = a_signal(
        instrument=ETH, candle_closed_at=hand.at, price=D(3_000), stop=D(3_000) - away, target=D(3_000) + 3 * away,
        direction=direction, intent=intent, strategy="scanner", trend=0.5 if away > 0 else -0.5,
    )  # fmt: skip
    return RaiseSignal(outside(signal))


def nothing(_hand: Hand) -> None:
    return None


def attacked_by(make: Callable[[Hand], Request]) -> Callable[[Hand], None]:
    def attack(hand: Hand) -> None:
        hand.ask(make(hand))

    return attack


ATTACKS: dict[str, Callable[[Hand], None]] = {
    "nothing": nothing,
    "an amendment of the entry": attacked_by(
        lambda hand: AmendOrder(order_id=entry(hand), limit_price=D(3_010), quantity=D("0.2"))
    ),
    "a new market entry": attacked_by(
        lambda _hand: PlaceOrder(replace(MARKET, instrument=ETH, stop=D(2_900), target=None))
    ),
    "a new resting entry": attacked_by(lambda _hand: PlaceOrder(replace(RESTING, limit_price=D(2_960)))),
    "an entry of a scanner": attacked_by(scan),
    "a reversal by a scanner": attacked_by(lambda hand: scan(hand, direction=Direction.SHORT)),
    "a second trip": attacked_by(lambda _hand: TripKillSwitch("again")),
    "a cancel of the entry": attacked_by(lambda hand: CancelOrder(entry(hand), "mine")),
    "a moved stop": attacked_by(lambda _hand: MoveProtection(f"{BTC}-LONG-1", stop=D(47_000))),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("seconds", [0, 1, 3])
def test_no_resting_entry_fills_after_a_trip(attack: Callable[[Hand], None], seconds: int) -> None:
    hand = resting()
    before, known = fills(hand), hand.log.head()
    hand.accepted(TRIP)
    hand.pass_seconds(seconds)
    if hand.world.portfolio.entries:
        attack(hand)
    hand = Hand(hand.log, hand.at)
    hand.pass_seconds(3)
    again = Hand(hand.log, hand.at, prices=FALLEN)
    again.pass_seconds(3)
    assert not again.world.portfolio.entries
    entered = [stream for stream in fills(again)[len(before) :] if stream.endswith("-e1")]
    assert entered == []
    assert again.world.portfolio.account.tripped
    assert again.log.head() > known


def test_the_answer_and_the_event_name_what_a_trip_leaves_open() -> None:
    hand = resting()
    order_id, position = entry(hand), f"{BTC}-LONG-1"
    answer = hand.ask(TRIP)
    assert isinstance(answer, Completed)
    assert answer.note == f"still open: {position}; being cancelled: {order_id}"
    (tripped,) = (
        one.envelope.event for one in hand.log.read() if isinstance(one.envelope.event, KillSwitchTripped)
    )
    assert tripped == KillSwitchTripped(TRIP.reason, (f"position-paper-{position}",), (order_id,))
    again = hand.ask(TripKillSwitch("again"))
    assert isinstance(again, Completed)
    assert not again.repeated
    assert again.note.startswith("the kill switch is tripped already: enough for today; still open: ")


@pytest.mark.parametrize("on_kill", OnKill)
def test_the_answer_to_a_repeated_trip_has_the_note_of_the_first_one(on_kill: OnKill) -> None:
    """Also after the position was closed; with CLOSE the note states that it is being closed."""
    settings = Settings(risk=RiskSettings(on_kill=on_kill))
    hand = Hand(ListLog(), beginning=replace(BEGINNING, settings=settings))
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(3)
    first = hand.ask(TRIP, "stop")
    hand.pass_seconds(5)
    again = hand.ask(TRIP, "stop")
    assert isinstance(first, Completed)
    assert isinstance(again, Completed)
    what = {OnKill.HOLD: "still open", OnKill.CLOSE: "being closed"}[on_kill]
    assert first.note == again.note == f"{what}: {BTC}-LONG-1"
    assert (first.repeated, again.repeated) == (False, True)


def test_a_position_that_a_person_is_closing_at_the_trip_is_named_as_being_closed() -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(3)
    hand.accepted(ClosePosition(f"{BTC}-LONG-1", "enough"))
    tripped, again = hand.ask(TRIP, "stop"), hand.ask(TripKillSwitch("again"))
    hand.pass_seconds(5)
    later = hand.ask(TRIP, "stop")
    assert isinstance(tripped, Completed)
    assert isinstance(again, Completed)
    assert isinstance(later, Completed)
    assert tripped.note == f"being closed: {BTC}-LONG-1"
    assert again.note.endswith(f"enough for today; being closed: {BTC}-LONG-1")
    assert (later.repeated, later.note) == (True, f"closed since: {BTC}-LONG-1")


IN_FLIGHT = {
    "a marketable limit": LIMIT,
    "a market entry": MARKET,
    "a limit that rests": replace(LIMIT, limit_price=D(49_900)),
}


@pytest.mark.parametrize("on_kill", OnKill)
@pytest.mark.parametrize("terms", IN_FLIGHT.values(), ids=IN_FLIGHT)
@pytest.mark.parametrize("seconds", [0, 1])
def test_an_entry_in_flight_at_the_trip_is_named_and_what_it_fills_is_closed_at_once(
    terms: ManualTerms, seconds: int, on_kill: OnKill
) -> None:
    """Requests arrive in the order of their sending, so the exchange has the entry before the cancel."""
    settings = Settings(risk=RiskSettings(on_kill=on_kill))
    hand = Hand(ListLog(), beginning=replace(BEGINNING, settings=settings))
    hand.accepted(PlaceOrder(terms), "in")
    hand.pass_seconds(seconds)
    order_id = entry(hand)
    answer = hand.ask(TRIP)
    assert isinstance(answer, Completed)
    assert answer.note == f"being cancelled: {order_id}"
    hand.pass_seconds(5)
    assert not hand.world.portfolio.entries
    assert not hand.world.portfolio.positions
    closed = [event.reason for event in events(hand) if isinstance(event, PositionClosing)]
    assert closed == ([] if terms is IN_FLIGHT["a limit that rests"] else [CloseReason.KILL_SWITCH])


def test_what_an_entry_in_flight_adds_to_a_held_position_is_given_back() -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(3)
    before = hand.world.portfolio.positions[BTC].state
    hand.accepted(PlaceOrder(replace(MARKET, stop=None, target=None, quantity=D("0.01"))), "more")
    hand.accepted(TRIP)
    hand.pass_seconds(5)
    assert any(isinstance(event, PositionIncreased) for event in events(hand))
    after = hand.world.portfolio.positions[BTC].state
    assert (after.quantity, after.stop, after.target) == (before.quantity, before.stop, before.target)
    assert (after.closing, hand.world.portfolio.entries) == (None, {})


def test_a_request_to_place_that_waits_behind_a_trip_is_refused() -> None:
    hand = Hand(ListLog())
    hand.pass_seconds(1)
    hand.accepted(TRIP)
    for request in (PlaceOrder(LIMIT), PlaceOrder(MARKET)):
        answer = hand.ask(request)
        assert isinstance(answer, Declined)
        assert "the kill switch is tripped (enough for today)" in answer.reason


def test_a_reversal_in_progress_closes_the_position_and_enters_nothing() -> None:
    hand = Hand(ListLog())
    hand.accepted(scan(hand))
    hand.pass_seconds(2)
    assert set(hand.world.portfolio.positions) == {ETH}
    hand.accepted(scan(hand, direction=Direction.SHORT))
    hand.accepted(TRIP)
    hand.ask(scan(hand, direction=Direction.SHORT))
    hand.pass_seconds(3)
    assert not hand.world.portfolio.positions
    assert not hand.world.portfolio.entries


def test_an_entry_that_rests_under_a_trip_of_an_earlier_version_is_withdrawn_at_the_next_input() -> None:
    """Such a log has a trip without the cancel; so has one whose cancel was lost."""
    hand = resting()
    order_id, kept = entry(hand), hand.log.head()
    hand.accepted(TRIP)
    log = ListLog([one.envelope for one in hand.log.read(upto=kept + 1)])
    assert isinstance(log.envelopes[-1].event, KillSwitchTripped)
    again = Hand(log, hand.at + timedelta(hours=1))
    again.run.attend()
    assert again.world.portfolio.entries[order_id].order.status is OrderStatus.CANCEL_REQUESTED
    again.pass_seconds(3)
    assert not again.world.portfolio.entries


def test_after_a_reset_entries_are_judged_again_and_no_withdrawn_entry_comes_back() -> None:
    hand = resting()
    hand.accepted(TRIP)
    hand.accepted(ResetKillSwitch("looked into it"))
    hand.pass_seconds(3)
    assert not hand.world.portfolio.entries
    hand.accepted(ClosePosition(f"{BTC}-LONG-1", "enough"))
    hand.accepted(PlaceOrder(RESTING))
