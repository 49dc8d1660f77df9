"""Reads the books and trades of a feed into their analyses, step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from threading import Lock

from adapters.book_shelf import utc_now
from adapters.book_view.seen import BookSeen, WallSeen
from adapters.milliseconds import at_ms
from commands.book_feed import BookFeed
from commands.feed import FeedState
from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.ladder import READ, Floats
from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.table import row_of
from domain.book.analysis.walls import Walls
from domain.book.depth import Depth, PublicTrade
from domain.errors import InvalidInput
from domain.market import Level

STEP_SECONDS = 0.1
"""Between two steps: the analysis looks for walls as often."""
MOST_LEVELS = 200
"""The most levels of a side that are returned."""
_TRADES, _SUSPICIONS = 50, 20
_NOT_YET = "no step was made yet"


class WatchedBooks:
    """The books of a feed's instruments. `step` is called ten times a second, `seen` from any thread.

    The feed is read by this object alone: its trades are returned once. Changes of a book between two steps are seen
    together, so figures that count single changes (order-flow imbalance, lifetimes) are coarser than in a recording.
    """

    def __init__(
        self, feed: BookFeed, instruments: Sequence[str], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._feed, self._clock = feed, clock
        self._watched = {name: _Watched(name) for name in instruments}
        self._lock = Lock()

    def step(self) -> None:
        """Takes what the feed has received since the last step."""
        trades = self._feed.trades()
        states = {one.instrument: one for one in self._feed.states()}
        with self._lock:
            for name, watched in self._watched.items():
                own = [one for one in trades if one.instrument == name]
                watched.take(self._feed.depth(name, READ), own, states[name])

    def fail(self, why: str) -> None:
        """No step follows: the books are not known from now on."""
        with self._lock:
            for watched in self._watched.values():
                watched.fail(why)

    def seen(self, instrument: str, levels: int) -> BookSeen:
        """The book as of the last step, with the best `levels` of each side.

        Raises InvalidInput for an instrument that is not watched.
        """
        watched = self._watched.get(instrument)
        if watched is None:
            raise InvalidInput(f"{instrument[:60]} is not watched here; {', '.join(self._watched)} are")
        with self._lock:
            return watched.seen(levels, self._clock())


class _Watched:
    """One instrument: its analysis, the levels that it read last, and what is kept for people."""

    def __init__(self, instrument: str) -> None:
        self._analysis = BookAnalysis(instrument)
        self._depth: Depth | None = None
        self._state: FeedState | None = None
        self._fault = ""
        self._trades = deque[PublicTrade](maxlen=_TRADES)
        self._suspicions = deque[Suspicion](maxlen=_SUSPICIONS)

    def take(self, depth: Depth | None, trades: Sequence[PublicTrade], state: FeedState) -> None:
        """Takes one step. A gap, and what the analysis refuses, begin it anew."""
        had_gap = self._state is not None and self._state.gaps != state.gaps
        if had_gap or (depth is None and self._depth is not None):
            self._analysis.reset()
        known, self._depth, self._state, self._fault = self._depth, depth, state, ""
        self._trades.extend(trades)
        try:
            for trade in trades:
                self._analysis.on_trade(trade)
            if depth is not None and (known is None or had_gap or known.update_id != depth.update_id):
                self._suspicions.extend(self._analysis.on_depth(depth))
        except InvalidInput as fault:
            self.fail(str(fault))

    def fail(self, why: str) -> None:
        """The book is not known until the next step, for this reason."""
        self._analysis.reset()
        self._depth, self._fault = None, why

    def seen(self, levels: int, now: datetime) -> BookSeen:
        """See `WatchedBooks.seen`."""
        depth, state, analysis = self._depth, self._state, self._analysis
        seen = BookSeen(
            instrument=analysis.instrument,
            read_at=now,
            is_known=depth is not None,
            why="" if depth is not None else self._fault or (_NOT_YET if state is None else state.fault),
            heard_at=None if state is None else state.heard_at,
            gaps=0 if state is None else state.gaps,
            trades=tuple(reversed(self._trades)),
            suspicions=tuple(reversed(self._suspicions)),
        )
        if depth is None:
            return seen
        return BookSeen(
            instrument=seen.instrument,
            read_at=now,
            is_known=True,
            why="",
            heard_at=seen.heard_at,
            gaps=seen.gaps,
            matched_at=at_ms(depth.matched_ms),
            update_id=depth.update_id,
            bids=_levels(depth.bid_prices, depth.bid_sizes, levels),
            asks=_levels(depth.ask_prices, depth.ask_sizes, levels),
            values=row_of(analysis, analysis.last_ms),
            walls=(*_walls(analysis.bid_walls, depth), *_walls(analysis.ask_walls, depth)),
            trades=seen.trades,
            suspicions=seen.suspicions,
        )


def _levels(prices: Floats, sizes: Floats, count: int) -> tuple[Level, ...]:
    """A price and a size have at most 15 digits, so the shortest text of the float is the exchange's number."""
    rows = zip(prices[:count].tolist(), sizes[:count].tolist(), strict=True)
    return tuple(Level(decimal(price), decimal(size)) for price, size in rows)


def _walls(walls: Walls, depth: Depth) -> tuple[WallSeen, ...]:
    """The walls of a side, nearest first."""
    standing = sorted(walls.standing.values(), key=lambda one: one.distance)
    return tuple(
        WallSeen(
            way=one.way,
            price=decimal(one.price),
            size=decimal(one.size),
            strength=one.strength,
            seconds=max(0, depth.matched_ms - one.born_ms) / 1_000,
        )
        for one in standing
    )


def decimal(value: float) -> Decimal:
    """The decimal of a float's shortest text, without an exponent or zeros behind the point."""
    whole = Decimal(repr(value))
    return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole
