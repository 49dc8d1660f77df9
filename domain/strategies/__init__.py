"""The protocol of every strategy: it reads candles or books and returns proposals, and has no other effect.

Built-in strategies are beside this file; third-party strategies are found through the entry-point group
`whence.strategies` (see CONTRIBUTING.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct

from domain.candle import Candle
from domain.direction import Direction
from domain.grid import Grid, GridLevel
from domain.market import BookReading

__all__ = [
    "BookWatcher",
    "Direction",
    "Grid",
    "GridLevel",
    "Intent",
    "Proposal",
    "Strategy",
    "WarmedUp",
    "Watcher",
]


class Intent(StrEnum):
    """ENTER proposes to open a position in this direction, EXIT to close a position in the opposite direction."""

    ENTER = "ENTER"
    EXIT = "EXIT"


class Proposal(Struct, frozen=True, gc=False, kw_only=True):
    """An entry or exit that a strategy proposes at the close of one candle, or at a reading of a book.

    `confidence` is in 0..1, `trend` in -1..1 (the longer trend as the strategy reads it: +1 up, -1 down).
    `price` is the close of the candle; `stop` and `target` are prices in quote currency, not yet rounded
    to the instrument's tick. `inputs` are the figures used, by name; the proposal can be computed again from them.
    `grid` makes an ENTER resting limit entries instead of one at the market: `stop` is then the stop of all of them,
    and `target` the bound, at which the grid ends.
    """

    strategy: str
    instrument: str
    interval: timedelta
    direction: Direction
    intent: Intent
    confidence: float
    trend: float
    price: Decimal
    stop: Decimal
    target: Decimal
    inputs: Mapping[str, float]
    grid: Grid | None = None


class Watcher(Protocol):
    """One strategy on one instrument at one interval; it reads candle after candle."""

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns at most one proposal."""
        ...


@runtime_checkable
class BookWatcher(Protocol):
    """A watcher that reads the order book, too, between the candles.

    The price of a proposal is then the best price that an order at the market would be filled at: the ask of a BUY, the
    bid of a SELL. Its cause is the reading.
    """

    def on_book(self, reading: BookReading) -> Proposal | None:
        """Takes the next reading of its instrument, in time order; returns at most one proposal.

        A reading of a book that is not known comes, too: what was concluded from earlier ones no longer holds.
        """
        ...


@runtime_checkable
class WarmedUp(Protocol):
    """A strategy that states how many candles it reads before its first proposal; every built-in one does."""

    def warm_up(self, _interval: timedelta, /) -> int:
        """The least number of candles of this interval at the close of which there can be a proposal."""
        ...


class Strategy(Protocol):
    """A named rule with fixed parameters; equal parameters and candles always give equal proposals."""

    @property
    def name(self) -> str:
        """The name of the rule in settings, signals and reports, such as `trend`."""
        ...

    def watch(self) -> Watcher:
        """A new watcher that has read no candle."""
        ...

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        """The proposals of one pass over a whole tape: for each candle exactly what a new watcher would return."""
        ...
