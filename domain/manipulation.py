"""Suspicions of manipulation in a market: walls of an order book that are withdrawn before the price reaches them.

Levels do not show who placed an order: a suspicion is a reason to look, no proof (docs/book-analysis.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

COOLDOWN = timedelta(minutes=5)
"""One kind and side of an instrument is recorded once in this time: what follows is of the same episode."""


class ManipulationKind(StrEnum):
    """SPOOFING: walls of one size, withdrawn repeatedly. LAYERING: several at once on one side."""

    SPOOFING = "SPOOFING"
    LAYERING = "LAYERING"


class BookSide(StrEnum):
    """The side of a book."""

    BID = "BID"
    ASK = "ASK"


class WithdrawnWall(Struct, frozen=True, gc=False, kw_only=True):
    """A level that was withdrawn before the price reached it: the evidence of a suspicion.

    `price` in quote, `size` in base currency; `multiple` is its largest size / the usual size of its side then,
    `distance` that from the mid at its start in basis points. `away` is the part of the takers' volume, while it stood,
    that traded with the other side (0..1), `score` 0..1. Times are UTC, by the exchange's clock.
    """

    price: Decimal
    size: Decimal
    multiple: float
    distance: float
    placed_at: datetime
    withdrawn_at: datetime
    away: float
    score: float


class ManipulationSuspected(Struct, frozen=True, gc=False, kw_only=True):
    """An episode of manipulation is suspected on one side of an instrument's book.

    `score` is 0..1, at or above the limit of its kind. `lowest` and `highest` are the prices of the walls, `first_at`
    when the first of them was placed, `last_at` when the last was withdrawn (UTC, by the exchange's clock). `episode`
    is the id of the episode. `update_id` is the exchange's number of the update that completed it.
    """

    instrument: str
    episode: str
    kind: ManipulationKind
    side: BookSide
    score: float
    lowest: Decimal
    highest: Decimal
    first_at: datetime
    last_at: datetime
    update_id: int
    walls: tuple[WithdrawnWall, ...]


class Suspected(Struct, frozen=True):
    """When the last episode of each kind and side was recorded: `last_at` by `key_of`."""

    last: Mapping[str, datetime]


NONE_SUSPECTED = Suspected({})


def key_of(event: ManipulationSuspected) -> str:
    """The kind and side of the episode."""
    return f"{event.kind} {event.side}"


def is_of_a_recorded_episode(state: Suspected, event: ManipulationSuspected) -> bool:
    """Whether the cooldown of the last recorded episode of this kind and side is not over, or it is of the past."""
    last = state.last.get(key_of(event))
    return last is not None and event.last_at < last + COOLDOWN


def evolve(state: Suspected, event: ManipulationSuspected) -> Suspected:
    """The state after the event."""
    return Suspected({**state.last, key_of(event): event.last_at})
