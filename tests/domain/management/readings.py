"""Readings of a position of 10 at 100, made by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.direction import Direction
from domain.management import Reading
from domain.management.settings import NO_MANAGEMENT, ManagementSettings
from domain.market import LastPrice, PriceSource
from domain.position import Open
from tests.domain.history import BTC, NOW, D, an_instrument
from tests.replacing import replace

LONG = Open(
    instrument=BTC,
    direction=Direction.LONG,
    quantity=D(10),
    cost=D(1_000),
    gross=D(0),
    fees=D("0.55"),
    funding=D(0),
    stop=D(95),
    target=D(120),
)
SHORT = replace(LONG, direction=Direction.SHORT, stop=D(105), target=D(80))


def a_price(price: Decimal | str) -> LastPrice:
    return LastPrice(D(price), NOW, PriceSource.TRADE)


def a_reading(
    price: Decimal | str | None,
    rules: ManagementSettings = NO_MANAGEMENT,
    state: Open = LONG,
    **changed: Any,
) -> Reading:
    """The position after a minute, at this price; the tick is 0.1, the taker fee 0.055 %."""
    reading = Reading(
        state=state,
        opened_at=NOW - timedelta(minutes=1),
        at=NOW,
        price=None if price is None else a_price(price),
        rules=an_instrument(BTC),
        regime=None,
        settings=rules,
        last={},
        can_move_stop=True,
        can_move_target=True,
    )
    return replace(reading, **changed)
