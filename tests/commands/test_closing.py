"""A close goes on until the position is flat: every attempt sends what is held less what already closes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from commands.account import TripKillSwitch
from commands.exchange import Cancelled, NotSent, OutcomeUnclear, Rejected
from commands.inputs import MarketMoved, Tick
from commands.order import PlaceOrder
from commands.position import WithdrawClose
from commands.reconciliation import ResolveDiscrepancy, recorded
from domain.candle import Candle
from domain.closing import CloseReason, wait_after
from domain.direction import Direction, Purpose, Side
from domain.errors import Refused
from domain.order import OrderPlaced, OrderType
from domain.portfolio import OpenPosition
from domain.position import PositionCloseFailed, PositionClosing
from domain.reconciliation.differences import PositionUnknownToThem
from domain.reconciliation.statement import StatedPosition
from domain.settings import OnKill, RiskSettings, Settings
from domain.signal import SignalDetected
from domain.strategies import Intent
from domain.streams import order_stream
from tests.commands.an_order import RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.domain.history import ACCOUNT, BTC, D, an_order

CLOSING_ON_KILL = Settings(risk=RiskSettings(on_kill=OnKill.CLOSE))


def exit_signal() -> SignalDetected:
    return long(direction=Direction.SHORT, intent=Intent.EXIT, stop=D(110), target=D(80))


def holding(settings: Settings | None = None) -> tuple[Desk, str]:
    """A desk whose entry has filled, and the entry's chain."""
    desk = Desk().opened(settings)
    chain = chain_of(desk.see(long()))
    quantity = placed(desk, f"{chain}-e1").quantity
    desk.tell(a_fill_of(f"{chain}-e1", "x1", quantity, D(100)))
    return desk, chain


def placed(desk: Desk, order_id: str) -> OrderPlaced:
    return desk.world.state(order_stream(ACCOUNT, order_id)).terms  # type: ignore[no-any-return]


def held(desk: Desk) -> OpenPosition:
    return desk.world.portfolio.positions[BTC]


def cancelled(desk: Desk, order_id: str) -> Cancelled:
    return Cancelled(
        order_id=order_id, at=desk.at, fact=f"exchange:test:{order_id}", reason="EC_NoImmediateQtyToFill"
    )


def rejected(desk: Desk, order_id: str) -> Rejected:
    return Rejected(order_id=order_id, at=desk.at, fact=f"exchange:test:{order_id}", reason="no liquidity")


def candle(desk: Desk, volume: int = 1, after: timedelta = timedelta(minutes=5)) -> Sequence[str]:
    """Closes a candle of BTC; returns the names of the events that follow."""
    closes = desk.at + after
    one = Candle(
        instrument=BTC,
        interval=after,
        open_time=desk.at,
        open=D(100),
        high=D(100),
        low=D(100),
        close=D(100),
        volume=D(volume),
    )
    desk.at = closes
    return names(desk.handle(MarketMoved(closes, (one,))))


def closes_half(desk: Desk) -> tuple[str, Decimal]:
    """An exit of which half fills before the rest is cancelled; returns its chain and what is left."""
    chain = chain_of(desk.see(exit_signal()))
    half = held(desk).state.quantity / 2
    desk.tell(a_fill_of(f"{chain}-x1", f"{chain}-f1", half, D(100)))
    desk.tell(cancelled(desk, f"{chain}-x1"))
    return chain, half


def test_an_exit_begins_a_close_and_sends_the_whole_position() -> None:
    desk, _ = holding()
    followed = desk.see(exit_signal())
    assert names(followed) == ["SignalDetected", "DecisionMade", "PositionClosing", "OrderPlaced"]
    chain = chain_of(followed)
    order = placed(desk, f"{chain}-x1")
    assert (order.side, order.quantity, order.reduce_only) == (Side.SELL, held(desk).state.quantity, True)
    assert order.purpose is Purpose.REVERSAL


def test_what_an_attempt_leaves_is_sent_again_at_the_next_candle_with_volume() -> None:
    desk, _ = holding()
    chain, half = closes_half(desk)
    assert candle(desk, volume=0) == []
    assert candle(desk) == ["PositionCloseRetried", "OrderPlaced"]
    order = placed(desk, f"{chain}-x2")
    assert (order.side, order.quantity, order.reduce_only) == (Side.SELL, half, True)
    assert candle(desk) == [], "the attempt is under way"
    followed = desk.tell(a_fill_of(f"{chain}-x2", "f2", half, D(99)))
    assert "PositionClosed" in names(followed)
    assert {one.meta.correlation_id for one in followed} == {chain}
    assert candle(desk) == []


def test_nothing_is_sent_again_for_a_position_that_the_exchange_does_not_have() -> None:
    desk, _ = holding()
    closes_half(desk)
    theirs = StatedPosition(
        instrument=BTC, direction=Direction.LONG, quantity=held(desk).state.quantity, entry_price=D(100)
    )
    gone = recorded(PositionUnknownToThem(subject=BTC, ours=theirs))
    desk.ask(gone, cause="exchange:test:look")
    assert candle(desk) == []
    assert names(desk.handle(Tick(desk.at + timedelta(hours=1)))) == ["AccountMarked"]
    desk.ask(ResolveDiscrepancy(gone.discrepancy_id, "it is there"), cause="exchange:test:look again")
    assert candle(desk) == ["PositionCloseRetried", "OrderPlaced"]


def test_the_protection_stays_while_a_position_is_being_closed() -> None:
    desk, entry = holding()
    closes_half(desk)
    candle(desk)
    assert {f"{entry}-s1", f"{entry}-t1"} <= set(desk.world.portfolio.exits)


def test_without_a_market_the_next_attempt_is_made_when_its_time_has_come() -> None:
    desk, _ = holding()
    chain, _ = closes_half(desk)
    retry_at = _failures(desk)[-1].retry_at
    assert names(desk.handle(Tick(retry_at - timedelta(microseconds=1)))) == []
    assert names(desk.handle(Tick(retry_at))) == ["PositionCloseRetried", "OrderPlaced"]
    assert f"{chain}-x2" in desk.world.portfolio.exits


def test_the_wait_between_attempts_grows_to_thirty_seconds() -> None:
    waits = [wait_after(attempt).total_seconds() for attempt in range(1, 10)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, 30]


def test_every_attempt_that_fails_is_counted_and_followed_by_another() -> None:
    desk, _ = holding()
    chain, half = closes_half(desk)
    for attempt in (2, 3, 4):
        candle(desk)
        desk.tell(rejected(desk, f"{chain}-x{attempt}"))
    assert [one.attempt for one in _failures(desk)] == [1, 2, 3, 4]
    assert {one.remaining for one in _failures(desk)} == {half}


def test_an_attempt_with_an_unknown_outcome_is_not_repeated_before_it_is_resolved() -> None:
    desk, _ = holding()
    chain = chain_of(desk.see(exit_signal()))
    desk.tell(OutcomeUnclear(order_id=f"{chain}-x1", at=desk.at, fact="exchange:test:u", reason="timeout"))
    assert candle(desk) == []
    desk.tell(NotSent(order_id=f"{chain}-x1", at=desk.at, fact="exchange:test:n", reason="never arrived"))
    assert candle(desk) == ["PositionCloseRetried", "OrderPlaced"]


def test_an_exit_sends_what_no_other_order_closes_at_once() -> None:
    desk, _ = holding()
    quantity = held(desk).state.quantity
    part = an_order(side=Side.SELL, quantity=D(1), reduce_only=True, purpose=Purpose.MANUAL)
    desk.ask(PlaceOrder("part", part, RULES), cause="command:part")
    chain = chain_of(desk.see(exit_signal()))
    assert placed(desk, f"{chain}-x1").quantity == quantity - 1


def test_what_a_cancelled_other_order_leaves_is_closed_after_the_attempt_has_filled() -> None:
    desk, _ = holding()
    part = an_order(side=Side.SELL, quantity=D(1), reduce_only=True, purpose=Purpose.MANUAL)
    desk.ask(PlaceOrder("part", part, RULES), cause="command:part")
    chain = chain_of(desk.see(exit_signal()))
    desk.tell(a_fill_of(f"{chain}-x1", "f1", placed(desk, f"{chain}-x1").quantity, D(100)))
    assert names(desk.tell(cancelled(desk, "part"))) == ["OrderCancelled", "PositionCloseFailed"]
    candle(desk)
    assert placed(desk, f"{chain}-x2").quantity == 1


def test_a_resting_reduction_does_not_prevent_an_exit() -> None:
    desk, _ = holding()
    rests = an_order(
        side=Side.SELL,
        type=OrderType.LIMIT,
        limit_price=D(150),
        quantity=D(1),
        reduce_only=True,
        purpose=Purpose.MANUAL,
    )
    desk.ask(PlaceOrder("rests", rests, RULES), cause="command:rests")
    chain = chain_of(desk.see(exit_signal()))
    assert placed(desk, f"{chain}-x1").quantity == held(desk).state.quantity


def test_a_second_exit_while_a_close_waits_is_skipped() -> None:
    desk, _ = holding()
    closes_half(desk)
    assert names(desk.see(exit_signal())) == ["SignalDetected", "DecisionMade"]
    decision = desk.log.envelopes[-1].event
    assert getattr(decision, "reasons", None) == ("EXIT_UNDER_WAY",)


def test_a_withdrawn_close_is_not_tried_again() -> None:
    desk, _ = holding()
    closes_half(desk)
    desk.ask(WithdrawClose(held(desk).stream, "kept"), cause="command:keep")
    assert candle(desk) == []
    assert held(desk).state.closing is None


def test_withdrawing_a_close_that_was_never_begun_is_refused() -> None:
    desk, _ = holding()
    with pytest.raises(Refused, match="is not being closed"):
        desk.ask(WithdrawClose(held(desk).stream, "kept"), cause="command:keep")


@pytest.mark.parametrize(("settings", "closes"), [(Settings(), False), (CLOSING_ON_KILL, True)])
def test_a_trip_closes_open_positions_if_the_setting_is_close(settings: Settings, closes: bool) -> None:
    desk, entry = holding(settings)
    followed = desk.ask(TripKillSwitch("enough"), cause="command:trip")
    assert names(followed) == ["KillSwitchTripped", *(("PositionClosing", "OrderPlaced") if closes else ())]
    assert {f"{entry}-s1", f"{entry}-t1"} <= set(desk.world.portfolio.exits), (
        "the protection stays until flat"
    )
    if closes:
        closing = followed[1].event
        assert isinstance(closing, PositionClosing)
        assert closing.reason is CloseReason.KILL_SWITCH
        assert placed(desk, f"{closing.orders}1").quantity == held(desk).state.quantity


@pytest.mark.parametrize("settings", [Settings(), CLOSING_ON_KILL])
def test_a_position_that_opens_after_the_trip_is_closed_with_either_setting(settings: Settings) -> None:
    desk = Desk().opened(settings)
    chain = chain_of(desk.see(long()))
    desk.ask(TripKillSwitch("enough"), cause="command:trip")
    followed = names(desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100))))
    assert [one for one in followed if one.startswith(("PositionClos", "OrderPl"))] == [
        "PositionClosing",
        "OrderPlaced",
    ]


@pytest.mark.parametrize("settings", [Settings(), CLOSING_ON_KILL])
def test_what_fills_of_a_partially_filled_entry_after_the_trip_is_closed(settings: Settings) -> None:
    """HOLD keeps what was held at the trip; CLOSE is closing the position already."""
    desk = Desk().opened(settings)
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "f1", D(1), D(100)))
    desk.ask(TripKillSwitch("enough"), cause="command:trip")
    followed = desk.tell(a_fill_of(f"{chain}-e1", "f2", D(2), D(100)))
    sent = [one.event for one in followed if isinstance(one.event, OrderPlaced)]
    if settings is CLOSING_ON_KILL:
        assert held(desk).state.closing is not None
        assert sent == []
        return
    (order,) = sent
    assert (order.type, order.side, order.quantity, order.reduce_only) == (
        OrderType.MARKET, Side.SELL, D(2), True,
    )  # fmt: skip
    assert held(desk).state.closing is None


def test_a_resumed_engine_goes_on_with_the_close() -> None:
    desk, _ = holding()
    chain, half = closes_half(desk)
    again = Desk(desk.log)
    again.driver.refresh()
    again.at = desk.at
    assert held(again).state == held(desk).state
    assert candle(again) == ["PositionCloseRetried", "OrderPlaced"]
    assert placed(again, f"{chain}-x2").quantity == half


def _failures(desk: Desk) -> list[PositionCloseFailed]:
    return [one.event for one in desk.log.envelopes if isinstance(one.event, PositionCloseFailed)]
