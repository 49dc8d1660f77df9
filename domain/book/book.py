"""The order book of one instrument at one depth, kept from snapshots and deltas: pure, without clock and I/O.

A gap is declared and the book is empty from then on: deltas are refused and counted, or held where the exchange sends
its snapshot apart, until the next snapshot of this instrument. So a book that is KNOWN is the exchange's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum, auto

from msgspec import Struct

from domain.book.depth import Depth
from domain.book.frame import BookFrame, Row
from domain.book.sequence import Place, SequenceRule, Step
from domain.book.side import BookSide, LevelStore
from domain.book.sweep import Sweep, sweep
from domain.direction import Side
from domain.errors import InvalidInput
from domain.market import Level

Checksum = Callable[[Sequence[Row], Sequence[Row]], int]
"""The exchange's checksum of a book, from its bids and asks, best first."""

_NOWHERE = Place(update=-1, sequence=-1, matched_ms=-1, is_snapshot=False)
_MOST_HELD = 2_000
_MOST_RECENT = 200
"""The last deltas of a book whose snapshots are queried: a snapshot that comes later than they did is completed by
them."""

_RUNNING_OUT = 4


class Taken(Enum):
    """What became of a message.

    REPLACED, CHANGED: the book is that of the exchange after this message. OLD: the book has it already. HELD: kept
    for the snapshot. REFUSED: the book is not known. GAP: the message shows that the book is wrong, so it was
    emptied.
    """

    REPLACED = auto()
    CHANGED = auto()
    OLD = auto()
    HELD = auto()
    REFUSED = auto()
    GAP = auto()


class BookState(Enum):
    """AWAITED: no snapshot came yet. KNOWN: usable. GAP: empty until a snapshot. STALE: silent or behind too long."""

    AWAITED = auto()
    KNOWN = auto()
    GAP = auto()
    STALE = auto()


class BookTerms(Struct, frozen=True, kw_only=True):
    """How a book is kept.

    `depth` is the most levels of a side, None for no bound. `listed` is the most levels that a snapshot lists: where
    it has as many, levels beyond the worst one are not kept. `patience` is the seconds without a sign of the
    connection, or behind the market, after which the book is stale. `checksum` computes what the exchange states in
    its messages; None where it states none.
    """

    rule: SequenceRule
    depth: int | None = None
    listed: int | None = None
    patience: float = 10.0
    checksum: Checksum | None = None


class Book:
    """Times are seconds of a clock that never goes back, passed by the caller.

    `gaps`, `refused` and `old` count messages. `why` states the last gap, and is empty while the book is known.
    `update`, `sequence` and `matched_ms` are those of the last message and never go back before `begin`; -1 before
    the first. `sides` are the stores of bids and asks, both of one kind: exact rows where they are not given.
    """

    def __init__(
        self, instrument: str, terms: BookTerms, sides: tuple[LevelStore, LevelStore] | None = None
    ) -> None:
        self.instrument, self.terms = instrument, terms
        self.bids, self.asks = sides or (BookSide(is_bid=True), BookSide(is_bid=False))
        self.gaps, self.refused, self.old = 0, 0, 0
        self.why = ""
        self._place, self._floor = _NOWHERE, _NOWHERE
        self._is_known, self._is_awaited = False, True
        self._heard_at = 0.0
        self._behind_since: float | None = None
        self._held: deque[BookFrame] = deque()
        self._recent: deque[BookFrame] = deque(maxlen=_MOST_RECENT)

    @property
    def is_running_out(self) -> bool:
        """Whether a side has less than a quarter of the levels that a snapshot lists, so that a new one is due."""
        listed, sides = self.terms.listed or self.terms.depth or 0, (self.bids, self.asks)
        return any(side.reach is not None and len(side) < listed / _RUNNING_OUT for side in sides)

    @property
    def update(self) -> int:
        """The last update that the book has."""
        return self._place.update

    @property
    def sequence(self) -> int:
        """The highest sequence number since `begin`, also before a gap."""
        return self._floor.sequence

    @property
    def matched_ms(self) -> int:
        """The latest time of the matching engine since `begin`, in Unix milliseconds."""
        return self._floor.matched_ms

    def state(self, now: float) -> BookState:
        """Whether the book may be used now."""
        if not self._is_known:
            return BookState.AWAITED if self._is_awaited else BookState.GAP
        since = self._heard_at if self._behind_since is None else min(self._heard_at, self._behind_since)
        return BookState.STALE if now > since + self.terms.patience else BookState.KNOWN

    @property
    def is_behind(self) -> bool:
        """Whether the market has moved beyond the last message that was applied."""
        return self._behind_since is not None

    def hear(self, now: float) -> None:
        """A sign of the connection: a book without a message is unchanged."""
        self._heard_at = now

    def fall_behind(self, now: float) -> None:
        """A sign that the market has moved beyond this book: the next message has to come within the patience."""
        if self._behind_since is None:
            self._behind_since = now

    def begin(self) -> None:
        """A new connection: a snapshot follows, and nothing of the connection before.

        Any snapshot is taken then, also one with lower numbers or an earlier time: no message of the connection before
        can arrive any more, and another server of the exchange, or one that was restarted, may number anew.
        """
        self._empty("")
        self._place = self._floor = _NOWHERE
        self._is_awaited = True

    def lose(self, why: str) -> Taken:
        """Declares a gap for a reason of the caller, such as a message that could not be read. Returns GAP."""
        self._empty(why)
        self._is_awaited = False
        self.gaps += 1
        return Taken.GAP

    def take(self, frame: BookFrame, now: float) -> Taken:
        """Applies a message, holds or refuses it. A message with a level that no book has is a gap."""
        if self.terms.rule.is_whole(frame):
            taken = self._replace(frame, now)
        elif not self._is_known:
            taken = self._early(frame)
        else:
            taken = self._follow(frame, now)
        if taken is Taken.OLD:
            self.old += 1
            if not frame.is_snapshot:
                # A copy is followed by newer messages; numbers that began anew are not, and the book would stand still.
                self.fall_behind(now)
        return taken

    def best(self) -> tuple[Level, Level] | None:
        """The best bid and ask; None where a side is empty."""
        bid, ask = next(self.bids.levels(), None), next(self.asks.levels(), None)
        return None if bid is None or ask is None else (bid, ask)

    def depth(self, count: int, received_ms: int) -> Depth:
        """The best `count` levels of both sides. Raises InvalidInput where the book is not known."""
        if not self._is_known:
            raise InvalidInput(f"the book of {self.instrument} is not known: {self.why or 'no snapshot yet'}")
        bids, asks = self.bids.arrays(count), self.asks.arrays(count)
        return Depth(
            instrument=self.instrument,
            update_id=self.update,
            sequence=self.sequence,
            matched_ms=self.matched_ms,
            received_ms=received_ms,
            bid_prices=bids[0],
            bid_sizes=bids[1],
            ask_prices=asks[0],
            ask_sizes=asks[1],
        )

    def sweep(self, side: Side, size: Decimal) -> Sweep:
        """What a market order of `size` in base currency would take from the book now; see `Sweep`."""
        return sweep((self.asks if side is Side.BUY else self.bids).levels(), size)

    def _replace(self, frame: BookFrame, now: float) -> Taken:
        if self.terms.rule.snapshot(self._floor, frame) is Step.OLD:
            if not self._is_completed(frame):
                return Taken.OLD
            self._held = self._recent.copy()
        listed = self.terms.listed
        try:
            for side, rows in ((self.bids, frame.bids), (self.asks, frame.asks)):
                side.replace(rows, is_cut=listed is not None and len(rows) >= listed)
        except InvalidInput as fault:
            return self.lose(str(fault))
        self._is_known = True
        self._recent.clear()
        taken = self._settle(frame, now, Taken.REPLACED)
        return self._catch_up(now) if taken is Taken.REPLACED and self._held else taken

    def _is_completed(self, frame: BookFrame) -> bool:
        """Whether the last deltas of a known book follow an older snapshot, up to the book as it is."""
        place = Place(frame.last, frame.sequence, frame.matched_ms, is_snapshot=True)
        return self._is_known and any(self.terms.rule.delta(place, one) is Step.NEXT for one in self._recent)

    def _catch_up(self, now: float) -> Taken:
        """Applies the deltas that were held for the snapshot."""
        held, self._held = self._held, deque[BookFrame]()
        while held:
            if self._follow(held.popleft(), now) is Taken.GAP:
                self._held.extend(held)
                return Taken.GAP
        return Taken.REPLACED

    def _early(self, frame: BookFrame) -> Taken:
        if self.terms.rule.holds_early:
            if len(self._held) == _MOST_HELD:
                self._held.popleft()
                self.refused += 1
            self._held.append(frame)
            return Taken.HELD
        self.refused += 1
        self._raise_floor(frame)
        return Taken.REFUSED

    def _follow(self, frame: BookFrame, now: float) -> Taken:
        step = self.terms.rule.delta(self._place, frame)
        if step is Step.OLD:
            return Taken.OLD
        if step is Step.GAP:
            return self._broken(frame)
        try:
            self.bids.apply(frame.bids)
            self.asks.apply(frame.asks)
        except InvalidInput as fault:
            return self.lose(str(fault))
        if self.terms.rule.holds_early:
            self._recent.append(frame)
        return self._settle(frame, now, Taken.CHANGED)

    def _broken(self, frame: BookFrame) -> Taken:
        """The message after a gap is the first one that a snapshot has to reach."""
        taken = self.lose(f"update {frame.first} came after {self._place.update}")
        if self.terms.rule.holds_early:
            self._held.append(frame)
        else:
            self._raise_floor(frame)
        return taken

    def _settle(self, frame: BookFrame, now: float, taken: Taken) -> Taken:
        fault = self._fault(frame)
        if fault:
            return self.lose(fault)
        self._place = Place(frame.last, frame.sequence, frame.matched_ms, taken is Taken.REPLACED)
        self._raise_floor(frame)
        self._is_awaited, self._heard_at, self._behind_since, self.why = False, now, None, ""
        return taken

    def _fault(self, frame: BookFrame) -> str:
        """What shows that the book is not the exchange's; empty where nothing does."""
        terms, bid, ask = self.terms, self.bids.best(), self.asks.best()
        if bid is not None and ask is not None and bid >= ask:
            return f"bid {self.bids.text(bid)} is not below ask {self.asks.text(ask)}"
        if terms.depth is not None and max(len(self.bids), len(self.asks)) > terms.depth:
            return f"a side has more than {terms.depth} levels"
        if (bid is None and self.bids.reach is not None) or (ask is None and self.asks.reach is not None):
            return "the market has left the levels of the last snapshot"
        if terms.checksum is None or frame.checksum is None:
            return ""
        found = terms.checksum(self.bids.best_rows(), self.asks.best_rows())
        return "" if found == frame.checksum else f"its checksum is {found}, not {frame.checksum}"

    def _raise_floor(self, frame: BookFrame) -> None:
        floor = self._floor
        self._floor = Place(
            max(floor.update, frame.last),
            max(floor.sequence, frame.sequence),
            max(floor.matched_ms, frame.matched_ms),
            is_snapshot=False,
        )

    def _empty(self, why: str) -> None:
        self.bids.clear()
        self.asks.clear()
        self._held.clear()
        self._recent.clear()
        self._is_known, self._behind_since, self.why = False, None, why
        self._place = Place(
            self._place.update, self._place.sequence, self._place.matched_ms, is_snapshot=False
        )
