"""The simulator's error: fills of one order in two logs, their difference in money, and what cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.direction import Purpose, Side
from domain.order import OrderPlaced, OrderType
from projections.behaviour import Behaviour, Fact, Filled, Leg
from projections.fill_differences import FillDifference, SimulatorError

AT = datetime(2025, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
D = Decimal
BUY, SELL = (Leg(Fact(cause), "BTCUSDT-LINEAR.BYBIT", "e1") for cause in ("candle:1", "candle:2"))
ORDERS = {
    leg: OrderPlaced(
        instrument=leg.instrument,
        side=side,
        type=OrderType.MARKET,
        quantity=D(3),
        purpose=Purpose.ENTRY,
        reduce_only=False,
        fresh_until=AT,
        parent=None,
        limit_price=None,
        trigger_price=None,
    )
    for leg, side in ((BUY, Side.BUY), (SELL, Side.SELL))
}


def filled(*fills: tuple[str, str, str], after: int = 0) -> list[Filled]:
    """Executions of price, quantity and fee, a second apart."""
    return [
        Filled(AT + (after + n) * SECOND, D(price), D(quantity), D(fee))
        for n, (price, quantity, fee) in enumerate(fills)
    ]


def error(live: Mapping[Leg, list[Filled]], simulated: Mapping[Leg, list[Filled]]) -> SimulatorError:
    first, second = (Behaviour(orders=dict(ORDERS), fills=dict(fills)) for fills in (live, simulated))
    return SimulatorError(first, second, AT + timedelta(hours=1))


def moneys(found: SimulatorError) -> Sequence[Decimal]:
    return [one.money for one in found.orders]


def test_a_dearer_purchase_and_a_cheaper_sale_cost_and_fees_count() -> None:
    found = error(
        {BUY: filled(("100", "1", "0.1"), ("102", "1", "0.1")), SELL: filled(("110", "2", "0.2"), after=5)},
        {BUY: filled(("101.5", "2", "0.3"), after=1), SELL: filled(("109", "2", "0.2"), after=7)},
    )
    assert moneys(found) == [D("-1.1"), D("-2.0")]
    assert found.money == D("-3.1")
    (bought, _sold) = found.orders
    assert bought.live is not None
    assert (bought.live.at, bought.live.price, bought.live.quantity) == (AT, D("101"), D(2))
    assert found.differing == found.orders


def test_of_other_quantities_the_smaller_one_counts_with_its_part_of_the_fee() -> None:
    found = error({SELL: filled(("100", "3", "0.3"))}, {SELL: filled(("101", "1", "0.2"))})
    assert moneys(found) == [D("0.9")]  # 1 more for the one that both have sold, and 0.1 more of fees


def test_an_order_that_was_filled_in_one_log_only_differs_and_has_no_money() -> None:
    found = error({BUY: filled(("100", "1", "0"))}, {SELL: filled(("100", "1", "0"))})
    assert [(one.live is None, one.simulated is None, one.money) for one in found.orders] == [
        (False, True, D(0)),
        (True, False, D(0)),
    ]
    assert all(map(differs, found.orders))


def test_equal_fills_at_other_times_do_not_differ_and_fills_after_the_period_are_left_out() -> None:
    same = filled(("100", "1", "0.1"))
    found = error({BUY: same}, {BUY: filled(("100", "1", "0.1"), after=9)})
    assert (moneys(found), found.differing) == ([D(0)], [])
    assert error({BUY: filled(("100", "1", "0.1"), after=4_000)}, {}).orders == []


def differs(one: FillDifference) -> bool:
    return one.differs
