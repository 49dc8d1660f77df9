"""What early profit, partial closes and the trailing target send, over prices as a venue streams them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from commands import order as orders
from commands.exchange import Rejected
from commands.inputs import MarketMoved, Warmed
from commands.request import ClosePosition
from commands.settings import ChangeSettings
from domain.candle import Candle
from domain.closing import CloseReason
from domain.direction import Purpose, Side
from domain.managed import ManagedBy, Rule
from domain.management.settings import ManagementSettings
from domain.market import Quote
from domain.order import OrderAmendRequested, OrderPlaced, OrderType
from domain.settings import Settings
from tests.commands.desk import Desk, folded, names, snapshot
from tests.commands.test_managing import Managed
from tests.domain.history import BTC, D
from tests.replacing import replace

EARLY = ManagementSettings(early_profit=D("0.003"), early_loss=D("0.02"), early_seconds=60)
PARTIAL = ManagementSettings(partial_closes=("0.01:0.5", "0.02:0.25"))
TARGET = ManagementSettings(target_step=D("0.005"))


def a_quote(bid: str, ask: str) -> Quote:
    return Quote(instrument=BTC, at=Desk().at, bid=D(bid), bid_size=D(1), ask=D(ask), ask_size=D(1))


def test_a_quote_closes_the_position_early_by_its_bid_and_not_by_its_middle() -> None:
    """50 at 100 with a fee of 0.11 % in and out: 0.3 % are left from a bid of about 100.41 on."""
    held = Managed(EARLY)
    assert held.sees(a_quote("100.3", "101.3"), seconds=60) == []
    followed = held.sees(a_quote("100.5", "100.6"))
    assert names(followed) == ["PositionManaged", "PositionClosing", "OrderPlaced"]
    assert held.closing == [CloseReason.EARLY_PROFIT]
    action = held.actions[0]
    assert (action.price, action.close_price) == (D("100.55"), D("100.5"))
    assert D("0.003") <= D(action.figures["net"]) < D("0.005")


def test_a_trade_at_the_ask_does_not_close_a_long_whose_bid_is_too_low() -> None:
    held = Managed(EARLY)
    held.sees(a_quote("100.3", "100.9"), seconds=60)
    assert held.trades("100.9") == []
    assert held.trades("100.9", seconds=11) != [], "the bid is older than ten seconds"


def test_nothing_is_closed_early_before_its_time() -> None:
    held = Managed(EARLY)
    assert held.trades("101", seconds=50) == []
    assert held.trades("101", seconds=10) != []


def test_a_partial_close_sends_one_order_and_leaves_stop_and_target_at_rest() -> None:
    held = Managed(PARTIAL)
    followed = held.trades("101")
    assert names(followed) == ["PositionManaged", "OrderPlaced"]
    order = followed[-1].event
    assert isinstance(order, OrderPlaced)
    assert (order.type, order.side, order.quantity) == (OrderType.MARKET, Side.SELL, D(25))
    assert (order.reduce_only, order.purpose) == (True, Purpose.MANUAL)
    assert {one.meta.correlation_id for one in followed} == {held.chain}
    assert held.trades("101.5") == [], "its order is under way"
    assert held.trades("102") == [], "the next level waits for it, too"
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_a_partial_close_that_is_rejected_is_done_and_the_next_level_follows() -> None:
    held = Managed(PARTIAL)
    placed = held.trades("101")[-1]
    order_id = placed.meta.stream.removeprefix("order-main-")
    fact = "exchange:test:rejected"
    held.desk.tell(Rejected(order_id=order_id, at=held.desk.at, fact=fact, reason="no"))
    assert held.trades("101.5") == []
    held.trades("102")
    assert [(one.quantity, one.levels) for one in held.actions] == [(D(25), 1), (D("12.5"), 2)]


def test_a_person_who_closes_the_position_leaves_no_level_to_be_done() -> None:
    held = Managed(PARTIAL)
    held.asks(ClosePosition(held.position, "enough"))
    assert held.trades("102") == []


def test_a_price_near_the_target_moves_target_and_stop_in_place() -> None:
    """The entry is at 100 with a stop at 98 and a target at 106; 0.5 % of the entry is one step."""
    held = Managed(TARGET)
    assert held.trades("105.3") == []
    followed = held.trades("105.5")
    amends = [one.event for one in followed if isinstance(one.event, OrderAmendRequested)]
    assert names(followed).count("PositionManaged") == len(amends) == 2
    assert [(one.rule, one.action, one.stop, one.target) for one in held.actions] == [
        (Rule.TARGET_STOP, ManagedBy.MOVE_STOP, D("105.0"), None),
        (Rule.TRAILING_TARGET, ManagedBy.MOVE_TARGET, None, D("106.5")),
    ]
    assert held.trades("105.8", seconds=30) == [], "the amendments are unanswered"


def test_refused_moves_of_the_target_do_not_accelerate_it() -> None:
    """The target of 106 moves by one step of 0.5 after any number of refusals, then by 0.75."""
    held = Managed(TARGET)
    for number in range(4):
        held.trades("105.5", seconds=700)
        for leg in "st":
            held.refuses(leg)
        assert held.actions[-1].target == D("106.5"), number
    held.trades("105.5", seconds=700)
    held.amended_target("106.5")
    held.amended("105.0")
    held.trades("106", seconds=700)
    assert held.actions[-1].target == D("107.3"), "0.75 further, on the tick"
    assert held.actions[-1].figures["moves_before"] == "1"


def test_of_two_targets_the_further_one_stays_where_it_is() -> None:
    held = Managed(TARGET)
    for number, target in ((7, "108"), (8, "106.2")):
        terms = replace(held.terms("t1"), limit_price=D(target), parent=None, quantity=D(25))
        order_id = f"{held.chain}-t{number}"
        held.desk.ask(orders.PlaceOrder(order_id, terms, None), cause=f"command:second-{number}")
        held.accepted(f"t{number}")
    held.desk.at += timedelta(seconds=1)
    held.trades("105.9")
    moved = [one.about for one in held.desk.exchange.letters if one.kind == "amend" and one.about[2]]
    assert [one[0] for one in moved] == [f"{held.chain}-t1", f"{held.chain}-t8"]
    assert {one[2] for one in moved} == {held.actions[-1].target}


@pytest.mark.parametrize(
    ("rules", "price"), [(EARLY, "101"), (PARTIAL, "101"), (TARGET, "105.5")], ids=["early", "part", "target"]
)
def test_rules_leave_a_position_alone_whose_stop_was_triggered_or_that_is_being_closed(
    rules: ManagementSettings, price: str
) -> None:
    held = Managed(rules)
    held.asks(ClosePosition(held.position, "enough"))
    held.desk.at += timedelta(seconds=60)
    assert held.trades(price) == []


REVERSAL = ManagementSettings(reversal_signs=3, reversal_distance=D("0.002"))
INTERVAL = timedelta(minutes=5)


def candles(closes: Sequence[str], first: datetime) -> list[Candle]:
    """Candles that open at one close and close at the next, without wicks; the first opens at `first`."""
    return [
        Candle(
            instrument=BTC,
            interval=INTERVAL,
            open_time=first + number * INTERVAL,
            open=D(before),
            high=max(D(before), D(close)),
            low=min(D(before), D(close)),
            close=D(close),
            volume=D(1),
        )
        for number, (before, close) in enumerate(pairwise(closes))
    ]


RISE = [f"{95 + number / 10:.1f}" for number in range(61)]
"""From 95 to 101 in an hour of candles a step, so that every average points up."""
FALL = ["101.0", "100.4", "99.8", "99.2", "98.6"]


@pytest.mark.parametrize("reads_past", [True, False])
def test_a_reversal_is_seen_on_closed_candles_and_those_of_the_warm_up_count(*, reads_past: bool) -> None:
    held = Managed(REVERSAL)
    begin = held.desk.at
    if reads_past:
        held.desk.handle(Warmed(begin, tuple(candles(RISE, begin - 60 * INTERVAL))))
    closes(held, candles(FALL, begin))
    assert {one.rule for one in held.actions} == ({Rule.REVERSAL} if reads_past else set())
    if reads_past:
        assert {"rsi", "supertrend", "sar"} <= held.actions[0].figures.keys()
        assert snapshot(held.desk.world) == folded(held.desk.log)


def test_a_trade_between_two_candles_detects_no_reversal() -> None:
    held = Managed(replace(REVERSAL, reversal_signs=1))
    begin = held.desk.at
    held.desk.handle(Warmed(begin, tuple(candles([*RISE, *FALL[1:]], begin - 64 * INTERVAL))))
    assert held.trades("98.6", seconds=90) == []
    assert held.actions == []


def test_a_rule_that_a_start_switches_on_after_the_warm_up_reads_its_past() -> None:
    """A start warms the engine up before its settings are in force."""
    held = Managed(ManagementSettings())
    begin = held.desk.at
    for candle in candles(RISE, begin - 60 * INTERVAL):
        held.desk.handle(Warmed(begin, (candle,)))
    held.desk.ask(ChangeSettings(Settings(management=REVERSAL)), cause="command:on")
    closes(held, candles(FALL, begin))
    assert {one.rule for one in held.actions} == {Rule.REVERSAL}


def test_signs_from_before_a_time_without_the_rule_are_forgotten() -> None:
    """The averages turned before the rule was off; no candle was read from then on, so their age is not known."""
    held = Managed(REVERSAL)
    begin = held.desk.at
    held.desk.handle(Warmed(begin, tuple(candles(RISE, begin - 60 * INTERVAL))))
    held.desk.ask(ChangeSettings(Settings()), cause="command:off")
    closes(held, candles(["101.0"] * 3, begin))
    held.desk.ask(ChangeSettings(Settings(management=REVERSAL)), cause="command:on")
    closes(held, candles(FALL, held.desk.at + 6 * timedelta(hours=1)))
    assert held.actions == []


def closes(held: Managed, given: Sequence[Candle]) -> None:
    for candle in given:
        held.desk.at = candle.close_time
        held.desk.handle(MarketMoved(candle.close_time, (candle,)))
