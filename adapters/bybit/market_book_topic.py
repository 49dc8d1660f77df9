"""The topic `orderbook` of one instrument and depth: its book, its gaps, and when it is subscribed anew."""

from __future__ import annotations

from collections.abc import Callable

from adapters.bybit.fields import at_ms
from adapters.bybit.market_book import Book, Message, Taken
from adapters.bybit.market_frame import Frame, book_data, levels
from adapters.bybit.wanted import book_topic, symbol_at_bybit
from domain.market import BookUpdate, Quote

Show = Callable[[Message, Taken], None]
"""Takes each message that replaced or changed the book, and which of both it did."""

_SNAPSHOT = "snapshot"
_CONNECTED = "the book was not pushed yet"


class BookTopic:
    """`gaps` counts the gaps in update numbers, `refused` the deltas that came while the book was not known.

    The times of `take` and `is_due` are seconds of a clock that never goes back; `apart` is the least time between two
    renewals.
    """

    def __init__(self, instrument: str, depth: int, apart: float, show: Show) -> None:
        self.topic, self._instrument, self._show = book_topic(instrument, depth), instrument, show
        self._symbol, self._apart = symbol_at_bybit(instrument), apart
        self.book = Book(depth)
        self.gaps, self.refused = 0, 0
        self._renewed: float | None = None
        self._waits: float | None = None
        self._is_due = False
        self.begin()

    def begin(self) -> None:
        """A new connection: the snapshot will come without a renewal."""
        self.book.forget(_CONNECTED)
        self._waits, self._is_due = None, False

    @property
    def is_awaited(self) -> bool:
        """Whether the first snapshot of a connection has not come yet; `is_overdue` bounds the wait."""
        return self.book.why == _CONNECTED

    def take(self, push: Frame, now: float) -> None:
        """Raises what `frame` raises, and InvalidInput for what is no book."""
        data = book_data(push, self._symbol)
        message = Message(
            is_snapshot=push.type == _SNAPSHOT,
            number=data.u,
            at=push.ts,
            bids=levels(data.b),
            asks=levels(data.a),
        )
        taken = self.book.take(message)
        if taken is Taken.GAP:
            self._lost(now)
        elif taken is Taken.REFUSED:
            self.refused += 1
        elif taken is not Taken.OLD:
            self._waits = None
            self._show(message, taken)

    def is_due(self, now: float) -> bool:
        """Whether the topic is to be subscribed anew; true once for each gap."""
        if not self._is_due or (self._renewed is not None and now < self._renewed + self._apart):
            return False
        self._is_due, self._renewed = False, now
        self._waits = now
        return True

    def is_overdue(self, now: float, patience: float) -> bool:
        """Whether the snapshot did not come for longer than `patience` seconds after the first look or a renewal."""
        if self.book.is_known or self._is_due:
            return False
        if self._waits is None:
            self._waits = now
        return now > self._waits + patience

    def _lost(self, now: float) -> None:
        self.gaps += 1
        self._is_due = True
        self._waits = now

    def quote(self) -> Quote | None:
        """The best bid and ask; None for a book with an empty side."""
        best = self.book.best()
        if best is None:
            return None
        bid, ask = best
        return Quote(
            instrument=self._instrument,
            at=at_ms(self.book.at),
            bid=bid.price,
            bid_size=bid.size,
            ask=ask.price,
            ask_size=ask.size,
        )

    def whole(self) -> BookUpdate | None:
        """The whole book; None where it is not known."""
        if not self.book.is_known:
            return None
        bids, asks = self.book.levels()
        return BookUpdate(
            instrument=self._instrument,
            at=at_ms(self.book.at),
            update_id=self.book.number,
            snapshot=True,
            bids=bids,
            asks=asks,
        )

    def update(self, message: Message) -> BookUpdate:
        """The change that a message made."""
        return BookUpdate(
            instrument=self._instrument,
            at=at_ms(message.at),
            update_id=message.number,
            snapshot=False,
            bids=message.bids,
            asks=message.asks,
        )
