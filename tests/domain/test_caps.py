"""The caps on one order, each at its edge: what is one step beyond is named with its figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.caps import Priced, exceeded
from domain.direction import Side
from domain.market import LastPrice, PriceSource
from domain.order import OrderPlaced, OrderType
from domain.settings import CapSettings
from tests.domain.history import NOW, D, an_order

NOTIONAL, DEVIATION = CapSettings(max_notional=D(1_000)), CapSettings(max_deviation=D("0.05"))
BUY, SELL = Side.BUY, Side.SELL


def limit(price: str, quantity: str = "1", side: Side = BUY) -> OrderPlaced:
    return an_order(type=OrderType.LIMIT, limit_price=D(price), quantity=D(quantity), side=side)


def market(quantity: str = "1", side: Side = BUY) -> OrderPlaced:
    return an_order(type=OrderType.MARKET, quantity=D(quantity), side=side)


def stop(price: str, quantity: str = "1", side: Side = BUY) -> OrderPlaced:
    return an_order(type=OrderType.STOP, trigger_price=D(price), quantity=D(quantity), side=side)


def priced(terms: OrderPlaced, reference: Decimal | None, last: str | None) -> Priced:
    known = None if last is None else LastPrice(D(last), NOW, PriceSource.TRADE)
    return Priced(terms=terms, reference=reference, market=known)


@pytest.mark.parametrize(
    ("terms", "reference", "last", "caps", "found"),
    [
        (limit("100", "10"), None, None, NOTIONAL, ""),
        (
            limit("100", "10.001"),
            None,
            None,
            NOTIONAL,
            "its notional of 1000.100 is above 1000 (caps.max_notional)",
        ),
        (stop("100", "10.001"), None, None, NOTIONAL, "its notional of 1000.100"),
        (market("10"), D(100), "100", NOTIONAL, ""),
        (market("10"), D(100), "100.01", NOTIONAL, "its notional of 1000.10"),
        (market("10"), D(100), None, NOTIONAL, "no price of"),
        (limit("105"), None, "100", DEVIATION, ""),
        (
            limit("105.01"),
            None,
            "100",
            DEVIATION,
            "its limit of 105.01 is 5.01% from the market's 100 of 12:00:00 UTC",
        ),
        (limit("1"), None, "100", DEVIATION, ""),
        (limit("95", side=SELL), None, "100", DEVIATION, ""),
        (limit("94.99", side=SELL), None, "100", DEVIATION, "its limit of 94.99 is 5.01%"),
        (limit("900", side=SELL), None, "100", DEVIATION, ""),
        (market(), D(105), "100", DEVIATION, ""),
        (market(), D("105.01"), "100", DEVIATION, "its price of 105.01 is 5.01%"),
        (market(), D("94.99"), "100", DEVIATION, "its price of 94.99 is 5.01%"),
        (market(), None, "100", DEVIATION, ""),
        (market(), D(100), None, DEVIATION, "no price of"),
        (stop("200"), None, "100", DEVIATION, ""),
        (limit("900", "10000"), D(1), "100", CapSettings(), ""),
        (market("10000"), D(1), None, CapSettings(), ""),
    ],
)
def test_an_order_beyond_a_cap_is_named_and_one_at_the_cap_is_not(
    terms: OrderPlaced, reference: Decimal | None, last: str | None, caps: CapSettings, found: str
) -> None:
    reasons = list(exceeded(priced(terms, reference, last), caps))
    assert [reason.startswith(found) for reason in reasons] == [True] * bool(found)
