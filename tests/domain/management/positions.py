"""Positions and readings for tests of management, with round figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.arithmetic import ZERO
from domain.direction import Direction
from domain.managed import LastManaged, ManagedBy
from domain.management.reading import Reading
from domain.management.settings import ManagementSettings
from domain.market import LastPrice, PriceSource
from domain.position import Open
from tests.domain.history import BTC, NOW, an_instrument
from tests.replacing import replace

D = Decimal
OPENED_AT = NOW - timedelta(hours=1)

_LONG = Open(
    instrument=BTC,
    direction=Direction.LONG,
    quantity=D(2),
    cost=D(200),
    gross=ZERO,
    fees=D("0.2"),
    funding=ZERO,
    stop=D(98),
    target=D(103),
    entered=D(2),
    spent=D(200),
)
_READING = Reading(
    state=_LONG,
    opened_at=OPENED_AT,
    at=NOW,
    price=None,
    rules=an_instrument(taker_fee=D("0.001")),
    regime=None,
    settings=ManagementSettings(),
    last={},
    can_move_stop=True,
    can_move_target=True,
    can_reduce=True,
)


def a_long(**changed: Any) -> Open:
    """2 at 100, which cost 200 and a fee of 0.2; stop 98, target 103."""
    return replace(_LONG, **changed)


def a_short(**changed: Any) -> Open:
    """The mirror image: stop 102, target 97."""
    return replace(_LONG, **({"direction": Direction.SHORT, "stop": D(102), "target": D(97)} | changed))


def read(state: Open, price: Decimal, settings: ManagementSettings, **changed: Any) -> Reading:
    """The position at this last price, an hour after it was opened; tick 0.1, lot 0.001, taker fee 0.1 %."""
    last = LastPrice(price, NOW, PriceSource.TRADE)
    return replace(_READING, **({"state": state, "price": last, "settings": settings} | changed))


def acted(moves: int = 1, *, ago: timedelta = timedelta(minutes=5), **changed: Any) -> LastManaged:
    """The last action of a rule, so long ago, after so many moves; it moved nothing that still differs."""
    last = LastManaged(at=NOW - ago, action=ManagedBy.CLOSE, stop=None, target=None, moves=moves)
    return replace(last, **changed)
