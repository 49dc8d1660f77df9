"""A position that is being closed: it is closed at the market, with a further order for whatever an attempt leaves.

A close ends when the position is flat, or when a person withdraws it. An attempt ends when no order closes the position
at once any more; an order whose outcome is unknown still counts as closing. The protection stays at the exchange.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

_WAITS = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 4, 8, 16, 30))


class CloseReason(StrEnum):
    """Why a position is closed: a strategy's signal, a person, a tripped kill switch, a missing strategy, no stop, or a
    rule of the manager (`domain/management/`).
    """

    SIGNAL = "SIGNAL"
    PERSON = "PERSON"
    KILL_SWITCH = "KILL_SWITCH"
    ORPHANED = "ORPHANED"
    UNPROTECTED = "UNPROTECTED"
    LARGEST_LOSS = "LARGEST_LOSS"
    TIME_LIMIT = "TIME_LIMIT"
    EARLY_PROFIT = "EARLY_PROFIT"
    EARLY_LOSS = "EARLY_LOSS"
    REVERSAL_SIGNS = "REVERSAL_SIGNS"
    LAST_PARTIAL_CLOSE = "LAST_PARTIAL_CLOSE"


BY_MANAGER = frozenset(
    {
        CloseReason.LARGEST_LOSS,
        CloseReason.TIME_LIMIT,
        CloseReason.EARLY_PROFIT,
        CloseReason.EARLY_LOSS,
        CloseReason.REVERSAL_SIGNS,
        CloseReason.LAST_PARTIAL_CLOSE,
    }
)
"""The reasons of closes that a rule of the manager begins."""


class Closing(Struct, frozen=True, gc=False):
    """The state of a close: `attempts` were made. `retry_at` (UTC) is None while an attempt is under way.

    `chain` is the chain that closes the position, `orders` the beginning of its order ids.
    """

    reason: CloseReason
    chain: str
    orders: str
    attempts: int
    retry_at: datetime | None

    @property
    def order_id(self) -> str:
        """The id of the latest attempt's order."""
        return f"{self.orders}{self.attempts}"

    def is_due(self, at: datetime) -> bool:
        """Whether the next attempt may be made at `at` (UTC)."""
        return self.retry_at is not None and self.retry_at <= at


def begun(reason: CloseReason, chain: str, orders: str) -> Closing:
    """The first attempt is under way."""
    return Closing(reason, chain, orders, 1, None)


def failed(closing: Closing, retry_at: datetime) -> Closing:
    """The latest attempt ended before the position was flat."""
    return replace(closing, retry_at=retry_at)


def retried(closing: Closing, attempt: int) -> Closing:
    """The attempt with this number is under way."""
    return replace(closing, attempts=attempt, retry_at=None)


def wait_after(attempt: int) -> timedelta:
    """The least time between the end of an attempt (from 1) and the next one: 1 s, doubled each time, at most 30 s."""
    return _WAITS[min(attempt, len(_WAITS)) - 1]
