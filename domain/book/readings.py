"""What the engine reads of one order book: the newest levels and figures, at a bounded rate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from domain.arithmetic import exactly
from domain.book.analysis.bins import Bins
from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.table import row_of
from domain.book.analysis.view import Preparation
from domain.book.depth import Depth, PublicTrade
from domain.book.suspected import suspected
from domain.errors import InvalidInput
from domain.features.book import BOOK_1
from domain.instrument import symbol_of
from domain.manipulation import ManipulationSuspected
from domain.market import BookReading, Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVELS = 20
ANALYSED = 200
"""The levels of each side that the analysis reads."""
PERIOD = timedelta(milliseconds=100)
_MOST_LEVELS = 200
_REFERENCE = "BTC"
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReadingMaker:
    """Makes the readings of one instrument from the levels and trades of its market, in their order of receipt.

    A reading has the best `levels` of each side. Two readings are at least `period` apart by the times that the caller
    passes (UTC, the times of receipt), or the clock was set back; what changes meanwhile is in the next one. A known
    book that nothing changes is confirmed each `confirms` after its last reading (`BookReading.confirmed_at`); None
    confirms none. Without `analyses` readings have the levels alone: no figures, no suspicions. `order` and `bucket`
    are those of `BookAnalysis`, `preparation` is that of `row_of`. Equal messages at equal times give equal readings.
    """

    def __init__(
        self,
        instrument: str,
        levels: int = LEVELS,
        period: timedelta = PERIOD,
        confirms: timedelta | None = None,
        *,
        analyses: bool = True,
        order: float = 10_000.0,
        bucket: float | None = None,
        preparation: Preparation | None = None,
    ) -> None:
        """Raises InvalidInput for `levels` beyond 1 to 200 or a `period` shorter than 100 ms."""
        if not 1 <= levels <= _MOST_LEVELS:
            raise InvalidInput(
                f"readings of {instrument}: levels must be from 1 to {_MOST_LEVELS}, not {levels}"
            )
        if period < PERIOD:
            raise InvalidInput(
                f"readings of {instrument}: two are at least {PERIOD / _SECOND} s apart, not {period / _SECOND}"
            )
        self.instrument = instrument
        self._levels, self._period, self._confirms = levels, period, confirms
        self._analysis = BookAnalysis(instrument, order, bucket)
        self.analyses, self._preparation = analyses, preparation
        self._depth: Depth | None = None
        self._why, self._update = "", -1
        self._has_changed = False
        self._suspected: list[ManipulationSuspected] = []
        self._read_at: datetime | None = None
        self._last: BookReading | None = None

    @property
    def wanted_levels(self) -> int:
        """How many levels of each side `take_depth` reads."""
        return ANALYSED if self.analyses else self._levels

    @property
    def bins(self) -> Bins:
        """The half seconds of this book, for the figures of other instruments."""
        return self._analysis.bins

    def take_depth(self, depth: Depth) -> None:
        """Takes the next levels of a known book. The suspicions of manipulation that they complete are in the next
        reading.

        Raises InvalidInput for levels of another instrument, and for levels older than the last ones.
        """
        found = self._analysis.on_depth(depth) if self.analyses else ()
        self._depth, self._update, self._has_changed = depth, depth.update_id, True
        self._suspected += (suspected(self.instrument, one, depth.update_id) for one in found)

    def take_trade(self, trade: PublicTrade) -> None:
        """Takes the next trade. A trade alone makes no reading: the change of the book that follows it does."""
        if self.analyses:
            self._analysis.on_trade(trade)

    def lose(self, why: str) -> None:
        """The book has a gap, is stale, or its connection began anew: what was computed is forgotten."""
        self._analysis.reset()
        self._has_changed = self._has_changed or self._depth is not None
        self._depth, self._why = None, why

    def reading(
        self, now: datetime, reference: Bins | None = None, venue: Bins | None = None
    ) -> BookReading | None:
        """The reading that is due at `now`; None where nothing has changed and nothing is to be confirmed, or the last
        one is too recent.

        `reference` and `venue` are those of `row_of`.
        """
        if self._is_too_recent(now):
            return None
        if not self._has_changed:
            return self._confirmed(now)
        self._has_changed, self._read_at = False, now
        self._last = self._made(now, reference, venue)
        return self._last

    def _confirmed(self, now: datetime) -> BookReading | None:
        """The last reading once more, where its book is known and was not read for long enough."""
        last, read_at = self._last, self._read_at
        if self._confirms is None or last is None or read_at is None or not last.is_known:
            return None
        if timedelta() <= now - read_at < self._confirms:
            return None
        self._read_at = now
        return msgspec.structs.replace(last, suspicions=(), confirmed_at=now)

    def _made(self, now: datetime, reference: Bins | None, venue: Bins | None) -> BookReading:
        depth, suspicions = self._depth, tuple(self._suspected)
        self._suspected.clear()
        if depth is None:
            return BookReading(
                instrument=self.instrument,
                at=now,
                update_id=self._update,
                is_known=False,
                why=self._why,
                suspicions=suspicions,
            )
        return BookReading(
            instrument=self.instrument,
            at=_EPOCH + timedelta(milliseconds=depth.matched_ms),
            update_id=depth.update_id,
            is_known=True,
            bids=_levels(depth.bid_prices[: self._levels], depth.bid_sizes[: self._levels]),
            asks=_levels(depth.ask_prices[: self._levels], depth.ask_sizes[: self._levels]),
            figures=BOOK_1.id if self.analyses else "",
            values=self._row(depth.matched_ms, reference, venue) if self.analyses else (),
            suspicions=suspicions,
        )

    def _row(self, at: int, reference: Bins | None, venue: Bins | None) -> tuple[float | None, ...]:
        return row_of(self._analysis, at, reference, venue, self._preparation)

    def _is_too_recent(self, now: datetime) -> bool:
        """Whether the last reading is less than a period old. A time before it is of a clock that was set back."""
        return self._read_at is not None and timedelta() <= now - self._read_at < self._period


def references_of(instruments: Collection[str]) -> Mapping[str, str]:
    """By instrument: BTC on the same market, for the figures of pairs of all others."""
    found: dict[str, str] = {}
    for name in instruments:
        place = name[len(symbol_of(name)) :]
        others = (one for one in instruments if one.startswith(_REFERENCE) and one.endswith(place))
        other = None if name.startswith(_REFERENCE) else next(others, None)
        if other is not None:
            found[name] = other
    return found


def newer(reading: BookReading, replaced: BookReading | None) -> BookReading:
    """The reading that replaces one which nobody has taken: with the suspicions of both, as each is stated once."""
    if replaced is None or not replaced.suspicions:
        return reading
    return msgspec.structs.replace(reading, suspicions=(*replaced.suspicions, *reading.suspicions))


def _levels(prices: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[Level, ...]:
    """The levels as decimals: a text of at most 15 digits is the shortest text of its float."""
    return tuple(
        Level(exactly(price), exactly(size))
        for price, size in zip(prices.tolist(), sizes.tolist(), strict=True)
    )
