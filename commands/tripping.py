"""Trips the kill switch: the command names what the trip leaves open."""

from __future__ import annotations

from commands.account import Trip
from domain.order import OrderStatus
from domain.portfolio import Portfolio


def trip(reason: str, portfolio: Portfolio) -> Trip:
    """The command that trips the switch for `reason`, with the positions and entries of this moment."""
    positions = sorted(held.stream for held in portfolio.positions.values())
    return Trip(reason, tuple(positions), tuple(sorted(waiting(portfolio))))


def waiting(portfolio: Portfolio) -> list[str]:
    """The ids of the entries that may still fill, those being cancelled included."""
    return [
        order_id
        for order_id, entry in portfolio.entries.items()
        if entry.order.status is not OrderStatus.FILLED
    ]
