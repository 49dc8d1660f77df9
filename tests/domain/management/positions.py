"""Positions for tests of management, with round figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.arithmetic import ZERO
from domain.direction import Direction
from domain.position import Open
from tests.domain.history import BTC
from tests.replacing import replace

D = Decimal

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


def a_long(**changed: Any) -> Open:
    """2 at 100, which cost 200 and a fee of 0.2; stop 98, target 103."""
    return replace(_LONG, **changed)


def a_short(**changed: Any) -> Open:
    """The mirror image: stop 102, target 97."""
    return replace(_LONG, **({"direction": Direction.SHORT, "stop": D(102), "target": D(97)} | changed))
