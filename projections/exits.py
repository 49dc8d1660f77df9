"""Why a position was closed, by one word: the purpose of its last order, or the rule of the manager that closed it."""

from __future__ import annotations

from domain.closing import BY_MANAGER
from domain.direction import Purpose


def exit_name(purpose: str, close_reason: str | None) -> str:
    """The rule of the manager where it closed the position with an order of its own, else the order's purpose.

    `close_reason` is that of the latest close that was begun and not withdrawn; None without one.
    """
    by_manager = purpose == Purpose.MANUAL and close_reason in BY_MANAGER
    return close_reason if by_manager and close_reason is not None else purpose
