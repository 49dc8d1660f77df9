"""One look at a live order book."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.walls import Way
from domain.book.depth import PublicTrade
from domain.market import Level


class WallSeen(Struct, frozen=True, gc=False, kw_only=True):
    """A standing wall. `strength` is its multiple of the usual size, once more for each return of the best price;
    `seconds` is how long it has stood."""

    way: Way
    price: Decimal
    size: Decimal
    strength: float
    seconds: float


class BookSeen(Struct, frozen=True, gc=False, kw_only=True):
    """A book and what its analysis has found, at `read_at` by this machine's clock (UTC).

    Where `is_known` is false, `why` states the reason, and there are neither levels, figures nor walls. `heard_at` is
    when the last message of the instrument came, None before the first; `matched_at` and `update_id` are the matching
    engine's time of the levels and the exchange's number of them. `values` are in the order of
    `domain.book.analysis.table.FIGURES`, None for a missing one. `gaps` counts the gaps since the feed was started.
    Levels and walls are best first, trades and suspicions latest first.
    """

    instrument: str
    read_at: datetime
    is_known: bool
    why: str
    heard_at: datetime | None
    gaps: int = 0
    matched_at: datetime | None = None
    update_id: int = 0
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    values: tuple[float | None, ...] = ()
    walls: tuple[WallSeen, ...] = ()
    trades: tuple[PublicTrade, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()

    @property
    def age(self) -> float | None:
        """Seconds since the last message of the instrument; None before the first."""
        return None if self.heard_at is None else max(0.0, (self.read_at - self.heard_at).total_seconds())
