"""Orders and requests that the exchange refuses, and the reasons it gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated import SimulatedExchange
from adapters.simulated.admission import too_expensive
from commands.exchange import Ticket
from domain.direction import Purpose
from domain.order import OrderType
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    FIVE,
    SELL,
    SMOOTH,
    START,
    after_candles,
    candle,
    exchange,
    instrument,
    kinds,
    reasons,
    stop_of,
    ticket,
)
from tests.replacing import replace

GOOD = ticket("o", BUY, "1", limit="99")


def with_terms(**terms: Any) -> Ticket:
    return replace(GOOD, terms=replace(GOOD.terms, **terms))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (ticket("o", BUY, "1.0005"), "10001: qty 1.0005 is not a multiple of 0.001"),
        (ticket("o", BUY, "1", limit="99.05"), "10001: price 99.05 is not a multiple of 0.1"),
        (ticket("o", BUY, "1", trigger="101.05"), "10001: price 101.05 is not a multiple of 0.1"),
        (ticket("o", BUY, "2000"), "10001: The number of contracts exceeds maximum limit allowed: 1000"),
        (ticket("o", BUY, "0"), "10001: quantity and prices must be positive numbers"),
        (ticket("o", BUY, "-1"), "10001: quantity and prices must be positive numbers"),
        (ticket("o", BUY, "NaN"), "10001: quantity and prices must be positive numbers"),
        (ticket("o", BUY, "1", limit="Infinity"), "10001: quantity and prices must be positive numbers"),
        (ticket("o", BUY, "0.049"), "110094: Order does not meet minimum order value 5"),
        (ticket("o", BUY, "1", limit="101.1"), "110003: Order price exceeds the allowable range"),
        (ticket("o", SELL, "1", limit="98.9"), "110003: Order price exceeds the allowable range"),
        (ticket("o", BUY, "1000"), "110007: ab not enough for new order"),
        (ticket("o", BUY, "1000", limit="99"), "110007: ab not enough for new order"),
        (with_terms(limit_price=None), "10001: a LIMIT order takes a limit price and nothing else"),
        (with_terms(type=OrderType.MARKET), "10001: a MARKET order takes no price"),
        (with_terms(type=OrderType.STOP), "10001: a STOP order takes a trigger price and nothing else"),
        (ticket("o", SELL, "1", trigger="95", purpose=Purpose.TARGET), "10001: a target is a LIMIT order"),
        (ticket("o", BUY, "1", of=instrument("DOGEUSDT")), "10029: the requested symbol is invalid"),
    ],
)
def test_an_invalid_order_is_rejected_with_a_reason(sent: Ticket, reason: str) -> None:
    venue = exchange()
    venue.submit([sent])
    reports = after_candles(venue, [candle(0, "100 101 99 100")])
    assert kinds(reports) == ["o Rejected"]
    assert reasons(reports)["o"].startswith(reason)
    assert venue.available == venue.balance == 10000


def test_a_late_entry_expires_and_its_protection_is_cancelled() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1"), stop_of("e", SELL, "1", "95")])
    reports = after_candles(venue, [candle(2, "100 101 99 100")])
    assert kinds(reports) == ["e Expired", "e-stop Submitted", "e-stop Cancelled"]
    assert venue.position(BTC.id) == 0


def test_a_late_reduce_only_order_is_filled() -> None:
    venue = exchange()
    venue.submit([ticket("e", BUY, "1")])
    after_candles(venue, [candle(0, "100 101 99 100")])
    venue.submit([ticket("x", SELL, "1", reduce_only=True, sent_at=START + FIVE)])
    assert "x Filled" in kinds(after_candles(venue, [candle(9, "100 101 99 100")]))


def test_an_order_below_the_minimum_quantity_is_rejected() -> None:
    coarse = instrument(min_quantity=BTC.lot * 100)
    venue = SimulatedExchange({coarse.id: coarse}, "USDT", Decimal(1000), Decimal(10), SMOOTH, 1)
    venue.submit([ticket("o", BUY, "0.099")])
    reason = reasons(after_candles(venue, [candle(0, "100 101 99 100")]))["o"]
    assert reason == "10001: The number of contracts exceeds minimum limit allowed: 0.100"


def test_buy_limits_far_below_and_sell_limits_far_above_the_market_are_accepted() -> None:
    venue = exchange()
    venue.submit([ticket("a", BUY, "0.2", limit="50"), ticket("b", SELL, "0.2", limit="200")])
    assert not reasons(after_candles(venue, [candle(0, "100 101 99 100")]))


def test_a_protective_order_that_is_not_reduce_only_is_rejected() -> None:
    venue = exchange()
    stop = stop_of("e", SELL, "1", "95")
    venue.submit([ticket("e", BUY, "1"), replace(stop, terms=replace(stop.terms, reduce_only=False))])
    reason = reasons(after_candles(venue, [candle(0, "100 101 99 100")]))["e-stop"]
    assert reason == "10001: an order with a parent must be reduce-only"


def test_requests_for_unknown_orders_are_refused_once_each() -> None:
    venue = exchange()
    venue.submit([ticket("doge", BUY, "1", of=instrument("DOGEUSDT"))])
    for order_id in ("doge", "ghost"):
        venue.cancel(order_id, START)
        venue.amend(order_id, START, quantity=BTC.lot, limit_price=None, trigger_price=None)
    reports = after_candles(venue, [candle(0, "100 101 99 100")])
    assert sorted(kinds(reports)) == sorted(
        ["doge Rejected"]
        + [f"{name} {kind}" for name in ("doge", "ghost") for kind in ("CancelRefused", "AmendRefused")]
    )
    assert len({report.fact for report in reports}) == len(reports)


def test_a_resting_order_reserves_margin_until_it_is_cancelled() -> None:
    venue = exchange(balance="20")
    venue.submit([ticket("a", BUY, "1", limit="99"), ticket("b", BUY, "1.1", limit="99")])
    assert reasons(after_candles(venue, [candle(0, "100 101 99 100")]))["b"].startswith("110007")
    venue.cancel("a", START + FIVE)
    venue.submit([ticket("c", BUY, "1.1", limit="99", sent_at=START + FIVE)])
    assert "c Accepted" in kinds(after_candles(venue, [candle(1, "100 101 99.5 100")]))


def test_an_order_that_requires_no_margin_is_accepted_without_an_available_balance() -> None:
    assert too_expensive(Decimal(0), Decimal(-1)) is None
    assert too_expensive(Decimal("0.01"), Decimal(-1)) is not None
