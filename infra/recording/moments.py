"""The books and trades of a recording as they were received, in moments of a tenth of a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from adapters.market_recordings.row import BookRow, MarketRow, Notice, NoticeRow, TradeRow
from adapters.milliseconds import at_ms
from domain.book.book import Book, Taken
from domain.book.depth import PublicTrade
from domain.book.frame import Row
from domain.book.readings import ReadingMaker, references_of
from domain.book.side import LevelStore
from domain.direction import Side
from domain.market import BookReading, BookUpdate, Level, Trade
from infra.recording.check import GAPS, terms_of

_MOMENT_NS: Final = 100_000_000
_NS: Final = 1_000_000_000
_NS_IN_MS: Final = 1_000_000
_NS_IN_US: Final = 1_000
_PATIENCE_NS: Final = 10 * _NS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOST = {
    Notice.BEGUN: "the recording began",
    Notice.CONNECTED: "the connection began anew",
    Notice.ENDED: "the recording ended",
}
"""The notices after which the book is awaited anew."""


class Moment(NamedTuple):
    """What was received up to `at` (UTC), a multiple of 100 ms, since the moment before.

    `market` is for the exchange: changes of books and trades in order of receipt, at the times of the matching engine.
    A whole book without levels is one that is not known from there on. `readings` are those of the engine.
    """

    at: datetime
    market: tuple[BookUpdate | Trade, ...]
    readings: tuple[BookReading, ...]


class RecordedBook:
    """The book of one instrument: its messages are checked by the rules of its exchange, as a feed checks them.

    `maker` makes its readings; None where nobody reads them. `plays` states whether changes and trades are returned;
    the book is kept anyway.
    """

    def __init__(self, instrument: str, maker: ReadingMaker | None = None) -> None:
        self.instrument, self.maker, self.plays = instrument, maker, True
        self._book: Book | None = None
        self._depth = 0
        self._at_ms = 0

    def take(self, row: MarketRow, arrived_ns: int) -> Iterable[BookUpdate | Trade]:
        """Takes the next row; returns what it changes. Raises InvalidInput for a row that no exchange sent."""
        match row:
            case BookRow():
                return self._message(row, arrived_ns)
            case TradeRow():
                return self._trade(row, arrived_ns)
            case NoticeRow():
                return self._notice(row, arrived_ns)
            case _:
                return ()

    def silence(self, arrived_ns: int, why: str) -> Iterable[BookUpdate]:
        """Nothing was recorded until `arrived_ns`: the book is not known any more."""
        if self._book is None:
            return ()
        self._time(0, arrived_ns)
        self._book.begin()
        return self._lose(why)

    def whole(self) -> Iterable[BookUpdate]:
        """The book as it is; nothing where it is not known."""
        book = self._book
        if book is None or book.best() is None:
            return ()
        return (self._update(book, tuple(book.bids.levels()), tuple(book.asks.levels()), snapshot=True),)

    def _message(self, row: BookRow, arrived_ns: int) -> Iterable[BookUpdate]:
        book = self._book_of(row.depth)
        taken = book.take(row.frame, arrived_ns / _NS)
        if taken not in (Taken.GAP, Taken.REPLACED, Taken.CHANGED):
            return ()
        self._time(row.frame.matched_ms, arrived_ns)
        if taken is Taken.GAP:
            return self._lose(book.why)
        # A snapshot of Binance may have no time: its book is read with the next message.
        if self.maker is not None and book.matched_ms > 0:
            self.maker.take_depth(book.depth(self.maker.wanted_levels, arrived_ns // _NS_IN_MS))
        if not self.plays:
            return ()
        if taken is Taken.REPLACED:
            return self.whole()
        frame = row.frame
        bids, asks = _levels(frame.bids, book.bids), _levels(frame.asks, book.asks)
        return (self._update(book, bids, asks, snapshot=False),) if bids or asks else ()

    def _trade(self, row: TradeRow, arrived_ns: int) -> Iterable[Trade]:
        if self.maker is not None:
            self.maker.take_trade(
                PublicTrade(
                    instrument=row.instrument,
                    id=row.id,
                    price=float(row.price),
                    size=float(row.size),
                    is_buy=row.is_buy,
                    matched_ms=row.matched_ms,
                )
            )
        if not self.plays:
            return ()
        at = min(row.matched_ms or arrived_ns // _NS_IN_MS, arrived_ns // _NS_IN_MS)
        return (
            Trade(
                instrument=row.instrument,
                at=at_ms(at),
                trade_id=row.id,
                side=Side.BUY if row.is_buy else Side.SELL,
                price=Decimal(row.price),
                quantity=Decimal(row.size),
            ),
        )

    def _notice(self, row: NoticeRow, arrived_ns: int) -> Iterable[BookUpdate]:
        book = self._book
        if book is None:
            return ()
        self._time(0, arrived_ns)
        if row.notice in _LOST:
            book.begin()
            return self._lose(_LOST[row.notice])
        if row.notice in GAPS and not book.why:
            book.begin()  # as the shelf of a feed does for a stale book: any snapshot may follow
            book.lose(row.detail)
            return self._lose(row.detail)
        return ()

    def _lose(self, why: str) -> Iterable[BookUpdate]:
        if self.maker is not None:
            self.maker.lose(why)
        assert self._book is not None
        return (self._update(self._book, (), (), snapshot=True),)

    def _update(
        self, book: Book, bids: tuple[Level, ...], asks: tuple[Level, ...], *, snapshot: bool
    ) -> BookUpdate:
        return BookUpdate(
            instrument=book.instrument,
            at=at_ms(self._at_ms),
            update_id=book.update,
            snapshot=snapshot,
            bids=bids,
            asks=asks,
        )

    def _time(self, matched_ms: int, arrived_ns: int) -> None:
        """The time of a change: that of the matching engine, but not after its receipt, and it never goes back."""
        arrived_ms = arrived_ns // _NS_IN_MS
        self._at_ms = max(self._at_ms, min(matched_ms or arrived_ms, arrived_ms))

    def _book_of(self, depth: int) -> Book:
        if self._book is None or self._depth != depth:
            self._book, self._depth = Book(self.instrument, terms_of(self.instrument, depth)), depth
        return self._book


def moments_of(
    rows: Iterable[MarketRow], makers: Sequence[ReadingMaker], begin: datetime
) -> Iterator[Moment]:
    """The moments from `begin` (UTC) on in which something changed, of the instruments of these makers.

    Rows before `begin` only build the books, which the first moment then has whole. A recording that is silent for
    ten seconds has lost its books; until then its makers confirm them.
    """
    collecting, arrived_ns = _Collecting(makers, _number(in_ns(begin))), 0
    for row in rows:
        if row.instrument not in collecting.books:
            continue
        last_ns, arrived_ns = arrived_ns, max(arrived_ns, row.arrived_ns)  # this machine's clock may go back
        if last_ns and _number(arrived_ns) > _number(last_ns):
            yield from collecting.moment(_number(last_ns))
            yield from collecting.quiet(last_ns, min(arrived_ns, last_ns + _PATIENCE_NS))
            if arrived_ns - last_ns > _PATIENCE_NS:
                yield from collecting.silence(last_ns + _PATIENCE_NS)
        collecting.take(row, arrived_ns)
    yield from collecting.moment(_number(arrived_ns))


class _Collecting:
    """What is received within one moment. Moments before the number `first` are passed over."""

    def __init__(self, makers: Sequence[ReadingMaker], first: int) -> None:
        self.books = {one.instrument: RecordedBook(one.instrument, one) for one in makers}
        self._makers = sorted(makers, key=lambda one: one.instrument)
        analysing = {one.instrument: one for one in makers if one.analyses}
        self._references = {name: analysing[of] for name, of in references_of(analysing).items()}
        self._first = first
        self._has_passed = False
        self._found: list[BookUpdate | Trade] = []

    def take(self, row: MarketRow, arrived_ns: int) -> None:
        """Takes the next row."""
        book = self.books[row.instrument]
        book.plays = _number(arrived_ns) >= self._first
        self._found += book.take(row, arrived_ns)

    def quiet(self, since_ns: int, until_ns: int) -> Iterator[Moment]:
        """Nothing was received between these times."""
        for number in range(_number(since_ns) + _QUIET_MOMENTS, _number(until_ns), _QUIET_MOMENTS):
            yield from self.moment(number)

    def silence(self, at_ns: int) -> Iterator[Moment]:
        """Nothing was recorded until this time."""
        for book in self.books.values():
            self._found += book.silence(at_ns, _SILENT)
        yield from self.moment(_number(at_ns))

    def moment(self, number: int) -> Iterator[Moment]:
        """The moment of this number, where it has something, and the next one is begun."""
        found, self._found = self._found, []
        if number < self._first:
            self._has_passed = True
            return
        if self._has_passed:
            self._has_passed = False
            found = [one for book in self.books.values() for one in book.whole()]
        at = _at(number)
        readings = [self._reading(maker, at) for maker in self._makers]
        known = tuple(one for one in readings if one is not None)
        if found or known:
            yield Moment(at, tuple(found), known)

    def _reading(self, maker: ReadingMaker, at: datetime) -> BookReading | None:
        reference = self._references.get(maker.instrument)
        return maker.reading(at, None if reference is None else reference.bins)


_QUIET_MOMENTS: Final = 5
_SILENT: Final = f"nothing was recorded for {_PATIENCE_NS // _NS} s"


def _at(number: int) -> datetime:
    return _EPOCH + number * timedelta(microseconds=_MOMENT_NS // _NS_IN_US)


def _number(at_ns: int) -> int:
    """The moment in which this time lies: the first that is not before it."""
    return -(-at_ns // _MOMENT_NS)


def in_ns(at: datetime) -> int:
    """Nanoseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1) * _NS_IN_US


def moment_after(arrived_ns: int) -> datetime:
    """The time of the moment that has what was received then."""
    return _at(_number(arrived_ns))


def _levels(rows: Sequence[Row], side: LevelStore) -> tuple[Level, ...]:
    """The rows that the side keeps: beyond its reach some levels are unknown."""
    reach = side.reach
    if reach is None:
        return tuple([Level(Decimal(price), Decimal(size)) for price, size in rows])
    is_bid = side.is_bid
    return tuple(
        [
            Level(Decimal(price), Decimal(size))
            for price, size in rows
            if (float(price) >= reach if is_bid else float(price) <= reach)
        ]
    )
