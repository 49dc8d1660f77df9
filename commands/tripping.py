"""Trips the kill switch: the command names what the trip leaves open."""

from __future__ import annotations

from commands.account import TripKillSwitch
from domain.order import OrderStatus
from domain.portfolio import Portfolio


def trip(reason: str, portfolio: Portfolio) -> TripKillSwitch:
    """The command that trips the switch for `reason`, with the positions and entries of this moment."""
    return TripKillSwitch(reason, *left(portfolio))


def left(portfolio: Portfolio) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a trip leaves: the streams of the open positions, and the ids of the entries that may still fill."""
    positions = sorted(held.stream for held in portfolio.positions.values())
    return tuple(positions), tuple(sorted(_waiting(portfolio)))


def _waiting(portfolio: Portfolio) -> list[str]:
    """The ids of the entries that may still fill, those being cancelled included."""
    return [
        order_id
        for order_id, entry in portfolio.entries.items()
        if entry.order.status is not OrderStatus.FILLED
    ]
