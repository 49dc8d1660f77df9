"""Order books and public trades of Bybit's linear perpetuals at exchange speed: the port `commands.book_feed`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.book_shelf import BookListener, BookShelf, utc_now
from adapters.bybit.book_frame import BookPush, book_frame, book_push, book_terms
from adapters.bybit.line import Line
from adapters.bybit.market_frame import frame, public_trades
from adapters.bybit.pace import APART, MARKET_SHARE, Turns
from adapters.bybit.placing import CATEGORY
from adapters.bybit.recorded_frame import record_candles, record_trades
from adapters.bybit.site import Site, Timing
from adapters.bybit.stream import UNREADABLE, Stream
from adapters.bybit.text_topic import text_topic
from adapters.bybit.wanted import QUOTE_DEPTH, book_topic, kline_topic, symbol_at_bybit, trade_topic
from adapters.ladder_book.scale import Scale
from adapters.market_recordings.tap import MarketTap
from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.book import Book, Taken
from domain.book.depth import Depth, PublicTrade
from domain.book.frame import BookFrame
from domain.book.sweep import Sweep
from domain.direction import Side
from domain.errors import InvalidInput

BOOK_DEPTHS = (1, 50, 200, 1000)
"""The depths that Bybit's documentation has for `orderbook` of linear perpetuals."""

_EACH = 10
"""Instruments of one connection: a lost connection loses few books."""

_CANDLE = timedelta(minutes=1)
_PATIENCE = 10.0
_LOOK = 0.1
"""Seconds between two looks at all books of a connection: a look at each message took longer than its book."""


def _nothing() -> None:
    """Does nothing with an arrival."""


def push_reader(topic: str, symbol: str, scale: Scale) -> Callable[[bytes], BookFrame]:
    """The compiled reader of a topic's pushes, which is imported where a book is fast."""
    from adapters.ladder_book.push_reader import PushReader

    return PushReader(topic, symbol, scale).read


class _Recorded:
    """What a recording has beside books and trades: best prices from the book of one level, and open candles."""

    def __init__(self, instruments: Sequence[str], tap: MarketTap) -> None:
        self.tap = tap
        self._quotes = {
            book_topic(name, QUOTE_DEPTH): Book(name, book_terms(QUOTE_DEPTH, _PATIENCE))
            for name in instruments
        }
        self._candles = {kline_topic(name, _CANDLE): name for name in instruments}

    @property
    def topics(self) -> Sequence[str]:
        """The topics to subscribe to."""
        return [*self._quotes, *self._candles]

    def begin(self) -> None:
        """A new connection."""
        for book in self._quotes.values():
            book.begin()

    def take(self, topic: str, text: str) -> bool:
        """Records the push. Returns False for one of another topic. Raises what the parsers raise."""
        if topic in self._candles:
            record_candles(frame(text), self._candles[topic], _CANDLE, self.tap)
        elif topic in self._quotes:
            self._quote(self._quotes[topic], book_push(text))
        else:
            return False
        return True

    def _quote(self, book: Book, push: BookPush) -> None:
        if push.data.s != symbol_at_bybit(book.instrument):
            raise InvalidInput(f"this is no book of {book.instrument}")
        taken = book.take(book_frame(push), time.monotonic())
        if taken in (Taken.CHANGED, Taken.REPLACED) and book.best() is not None:
            (bid,), (ask,) = book.bids.best_rows(1), book.asks.best_rows(1)
            self.tap.quote(book.instrument, book.update, book.matched_ms, bid, ask)


class _Group:
    """The instruments of one connection, as the listener of its stream."""

    def __init__(
        self,
        instruments: Sequence[str],
        depth: int,
        line: Line,
        timing: Timing,
        turns: Turns,
        shelf: BookShelf,
        on_arrival: Callable[[], None],
        recorded: _Recorded | None,
        scales: Mapping[str, Scale],
    ) -> None:
        self._recorded = recorded
        self.instruments, self._timing, self._shelf = instruments, timing, shelf
        self._topics = {book_topic(name, depth): name for name in instruments}
        self._readers = {
            name: push_reader(topic, symbol_at_bybit(name), scales[name])
            for topic, name in self._topics.items()
            if name in scales
        }
        self._of_topic = {name: topic for topic, name in self._topics.items()}
        self._trades = {trade_topic(name): name for name in instruments}
        self._left_out: Mapping[str, str] = {}
        self._awaited_since: float | None = None
        self._looked_at = float("-inf")
        self.stream = Stream(line, timing, turns, self, on_arrival, self.leave_out)

    def fault_of(self, instrument: str) -> str:
        """Why nothing of the instrument arrives; empty where its topics are subscribed."""
        state = self.stream.state
        if not state.is_live:
            return state.fault or "not connected yet"
        return self._left_out.get(self._of_topic[instrument], "")

    def begin(self) -> None:
        """See `Listener.begin`."""
        self._awaited_since = None
        self._shelf.begin(self.instruments)
        if self._recorded is not None:
            self._recorded.begin()

    def take(self, text: str) -> None:
        """See `Listener.take`. A message that cannot be read is kept; the numbers of the next one show what it
        was. Any push shows that the connection stands, so that a quiet book is unchanged."""
        now = time.monotonic()
        is_due = now - self._looked_at >= _LOOK
        if is_due:
            self._looked_at = now
            self._shelf.hear(self.instruments)
        is_lost = False
        try:
            is_lost = self._take(text)
        except (*UNREADABLE, InvalidInput) as fault:
            self._shelf.add_unread(text, str(fault))
        if is_due or is_lost:
            self._renew()

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Takes the topics that Bybit has refused for this connection, with the reasons; see `Stream`."""
        self._left_out = dict(reasons)

    def fault(self) -> str:
        """See `Listener.fault`: a snapshot that does not come although its topic was subscribed."""
        self._renew()
        subscribed = [name for name in self.instruments if self._of_topic[name] not in self._left_out]
        awaited, now = self._shelf.awaited(subscribed), time.monotonic()
        if not awaited:
            self._awaited_since = None
            return ""
        self._awaited_since = self._awaited_since or now
        is_overdue = now > self._awaited_since + self._timing.answer
        return f"the book of {awaited[0]} was not pushed" if is_overdue else ""

    def _take(self, text: str) -> bool:
        """Whether the message was one of a book that is lost."""
        topic = text_topic(text)
        if topic in self._topics:
            instrument = self._topics[topic]
            taken = self._shelf.take(instrument, self._book_frame(instrument, text))
            return taken in (Taken.GAP, Taken.REFUSED)
        if topic in self._trades:
            instrument, push_of_trades = self._trades[topic], frame(text)
            self._shelf.add_trades(public_trades(push_of_trades, instrument))
            if self._recorded is not None:
                record_trades(push_of_trades, instrument, symbol_at_bybit(instrument), self._recorded.tap)
        elif self._recorded is None or not self._recorded.take(topic, text):
            raise InvalidInput("nobody subscribed to this topic")
        return False

    def _book_frame(self, instrument: str, text: str) -> BookFrame:
        if self._shelf.is_fast(instrument):
            return self._readers[instrument](text.encode())
        push = book_push(text)
        if push.data.s != symbol_at_bybit(instrument):
            raise InvalidInput(f"this is no book of {instrument}")
        return book_frame(push)

    def _renew(self) -> None:
        due = self._shelf.requests(self.instruments)
        if due:
            self.stream.renew([self._of_topic[name] for name in due])


class BybitBooks:
    """See `BookFeed`. Demo trading has the books of the real market.

    `depth` is the number of levels of a side, one of `BOOK_DEPTHS`; `patience` the seconds without a push of its
    connection, or behind its trades, after which a book is stale. A gap or a stale book subscribes the topic of
    that instrument anew, and no other. The books of instruments in `scales` are fast (extra `fast`). With a `tap` best
    prices and candles of a minute arrive, too; it gets every message in the exchange's texts, so all books are plain
    then. A `listener` hears of every change of a book, and takes the trades. Raises InvalidInput for an instrument that
    is no linear contract of Bybit, and for another depth.
    """

    def __init__(
        self,
        site: Site,
        instruments: Sequence[str],
        *,
        depth: int = 200,
        with_trades: bool = True,
        patience: float = 10.0,
        timing: Timing | None = None,
        on_arrival: Callable[[], None] = _nothing,
        clock: Callable[[], datetime] = utc_now,
        tap: MarketTap | None = None,
        scales: Mapping[str, Scale] | None = None,
        listener: BookListener | None = None,
    ) -> None:
        if depth not in BOOK_DEPTHS:
            raise InvalidInput(
                f"Bybit has books of {', '.join(map(str, BOOK_DEPTHS))} levels, not of {depth}"
            )
        timing, turns = timing or Timing(), Turns(MARKET_SHARE, APART)
        given: Mapping[str, Scale] = {} if scales is None or tap is not None else scales
        fast = {name: scale for name, scale in given.items() if name in instruments}
        self._shelf = BookShelf(
            instruments, book_terms(depth, patience), clock=clock, tap=tap, listener=listener, scales=fast
        )
        public = Site(testnet=site.testnet, http=site.http, socket=site.socket)
        self._groups = list[_Group]()
        for first in range(0, len(instruments), _EACH):
            some = instruments[first : first + _EACH]
            recorded = None if tap is None else _Recorded(some, tap)
            topics = (*_topics(some, depth, with_trades=with_trades), *(recorded.topics if recorded else ()))
            line = Line(site=public, channel=CATEGORY, topics=topics)
            self._groups.append(
                _Group(some, depth, line, timing, turns, self._shelf, on_arrival, recorded, fast)
            )

    def start(self) -> None:
        """See `BookFeed.start`."""
        for group in self._groups:
            group.stream.start()

    def close(self) -> None:
        """See `BookFeed.close`."""
        for group in self._groups:
            group.stream.end()
        for group in self._groups:
            group.stream.close()

    def depth(self, instrument: str, count: int) -> Depth | None:
        """See `BookFeed.depth`."""
        return self._shelf.depth(instrument, count)

    def is_fast(self, instrument: str) -> bool:
        """Whether the book of the instrument is a fast one now."""
        return self._shelf.is_fast(instrument)

    def sweep(self, instrument: str, side: Side, size: Decimal) -> Sweep | None:
        """See `BookFeed.sweep`."""
        return self._shelf.sweep(instrument, side, size)

    def lose(self, instruments: Collection[str], why: str) -> None:
        """See `BookShelf.lose`."""
        self._shelf.lose(instruments, why)

    def trades(self) -> Sequence[PublicTrade]:
        """See `BookFeed.trades`."""
        return self._shelf.trades()

    def unread(self) -> Sequence[Unread]:
        """See `BookFeed.unread`."""
        return self._shelf.unread()

    def states(self) -> Sequence[FeedState]:
        """See `BookFeed.states`."""
        return self._shelf.states(
            {name: group.fault_of(name) for group in self._groups for name in group.instruments}
        )


def _topics(instruments: Sequence[str], depth: int, *, with_trades: bool) -> Iterator[str]:
    for name in instruments:
        yield book_topic(name, depth)
        if with_trades:
            yield trade_topic(name)
