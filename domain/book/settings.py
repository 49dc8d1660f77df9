"""The settings of order books: whether entries need one, what a reading holds, and what an entry may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.own_settings import OwnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSettings:
    """With `required` every entry needs a known book; without it only the entries of strategies that read books.

    A reading has the best `levels` of each side; there are at most `readings_per_second` of an instrument. A book is
    stale `stale_seconds` after its last reading or confirmation. An entry whose quantity would cost more than
    `max_slippage_bps` beyond the best price, in 1/10,000 of it, is skipped; 0 is no limit. See
    `domain/committees/book.py`.
    """

    required: bool = False
    levels: int = 20
    readings_per_second: int = 2
    stale_seconds: int = 10
    max_slippage_bps: Decimal = Decimal(10)

    @property
    def stale_after(self) -> timedelta:
        """The age from which a reading no longer counts."""
        return timedelta(seconds=self.stale_seconds)

    @property
    def period(self) -> timedelta:
        """The least time between two readings of an instrument."""
        return timedelta(seconds=1) / self.readings_per_second

    @property
    def confirms_after(self) -> timedelta:
        """How long after its last reading a book that nothing changes is confirmed: before it is stale."""
        return self.stale_after / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBookSettings(OwnSettings):
    """The settings of `BookSettings` that one instance has otherwise; None is that of all instances."""

    required: bool | None = None
    stale_seconds: int | None = None
    max_slippage_bps: Decimal | None = None


NO_BOOK_REQUIRED = BookSettings()
"""The default: only strategies that read books need one."""

BOUNDS: Mapping[str, tuple[Decimal | float, Decimal | float]] = {
    "levels": (1, 200),
    "readings_per_second": (1, 10),
    "stale_seconds": (1, 3_600),
    "max_slippage_bps": (Decimal(0), Decimal(1_000)),
}
"""The least and the greatest value of each number."""
