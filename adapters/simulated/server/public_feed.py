"""The public topics: who subscribed to which, and what is sent when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from adapters.simulated.server.book_stream import INTERVALS as DEPTHS
from adapters.simulated.server.book_stream import BookStream
from adapters.simulated.server.call import whole
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.delivery import Delivery
from adapters.simulated.server.kline_stream import KlineStream
from adapters.simulated.server.numbers import exact
from adapters.simulated.server.session import Session
from adapters.simulated.server.ticker_stream import TickerStream, ticker_stream
from adapters.simulated.venue.candles import INTERVALS
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.market import Market, PublicTrade
from adapters.simulated.venue.outbox import PublicLiquidation
from adapters.simulated.venue.venue import Venue

ENCODE = msgspec.json.Encoder().encode
MOST_TRADES = 1_024
Row = dict[str, object]
Stream = BookStream | TickerStream | KlineStream


def is_place(where: str) -> bool:
    """Whether a text is a topic without its symbol."""
    name, _, middle = where.partition(".")
    return name in _MIDDLES and _MIDDLES[name](middle)


class PublicFeed:
    """Topics of one category. A stream exists while somebody has subscribed to it."""

    def __init__(self, venue: Venue, clock: Clock, delivery: Delivery, category: str = LINEAR) -> None:
        self._markets, self._clock, self._delivery = venue.listed(category), clock, delivery
        self.category = category
        self._sessions: dict[str, set[Session]] = defaultdict(set)
        self._streams: dict[str, Stream] = {}
        self._cross = 0

    def serves(self, topic: str) -> bool:
        """Whether there is such a topic."""
        name, _, rest = topic.partition(".")
        middle, _, symbol = rest.rpartition(".")
        check = _MIDDLES.get(name)
        offered = name != "allLiquidation" or self.category == LINEAR
        return check is not None and offered and check(middle) and symbol in self._markets

    def subscribe(self, session: Session, topics: Iterable[str]) -> None:
        """Adds the session, and sends it a snapshot of each topic that has one."""
        for topic in topics:
            session.topics.add(topic)
            self._sessions[topic].add(session)
            self._greet(session, topic)

    def unsubscribe(self, session: Session, topics: Iterable[str]) -> None:
        for topic in topics:
            session.topics.discard(topic)
            self._sessions[topic].discard(session)
            if not self._sessions[topic]:
                del self._sessions[topic]
                self._streams.pop(topic, None)

    def leave(self, session: Session) -> None:
        """Forgets a session whose connection has ended."""
        self.unsubscribe(session, list(session.topics))

    def publish(self, trades: Sequence[PublicTrade], liquidations: Sequence[PublicLiquidation]) -> None:
        """Sends trades and liquidations of the category."""
        for symbol in dict.fromkeys(one.symbol for one in trades):
            rows = [_trade(one) for one in trades if one.symbol == symbol]
            for first in range(0, len(rows), MOST_TRADES):
                self._send(f"publicTrade.{symbol}", "snapshot", rows[first : first + MOST_TRADES])
        for one in liquidations:
            self._send(f"allLiquidation.{one.symbol}", "snapshot", [_liquidation(one)])

    def tick(self, now: int) -> None:
        """Sends what the books, tickers and candles have to say; `now` in ms of a clock that never stands still."""
        for topic, stream in list(self._streams.items()):
            if stream.due(now):
                self._advance(topic, stream, now)

    def restart_books(self) -> None:
        """Sends every subscribed book anew with `u` 1, as the exchange does after a restart of its service."""
        for topic, stream in self._streams.items():
            if isinstance(stream, BookStream):
                self._send_book(topic, "snapshot", stream.restart())

    def _advance(self, topic: str, stream: Stream, now: int) -> None:
        match stream:
            case BookStream():
                found = stream.next(now)
                if found is not None:
                    self._send_book(topic, *found)
            case TickerStream():
                changed = stream.next(now)
                if changed is not None:
                    self._send(topic, *changed)
            case KlineStream():
                for row in stream.next(now, self._clock.market()):
                    self._send(topic, "snapshot", [row])

    def _greet(self, session: Session, topic: str) -> None:
        stream = self._stream(topic)
        match stream:
            case BookStream():
                session.send(self._frame(topic, "snapshot", stream.snapshot(), cts=self._clock.market()))
            case TickerStream():
                session.send(self._frame(topic, "snapshot", stream.snapshot(), cs=self._next_cross()))
            case KlineStream():
                rows = stream.snapshot(self._clock.market())
                if rows:
                    session.send(self._frame(topic, "snapshot", rows))
            case None:
                pass

    def _stream(self, topic: str) -> Stream | None:
        name, _, rest = topic.partition(".")
        middle, _, symbol = rest.rpartition(".")
        make = _STREAMS.get(name)
        if topic not in self._streams and make is not None:
            self._streams[topic] = make(self._markets[symbol], middle)
        return self._streams.get(topic)

    def _send_book(self, topic: str, kind: str, data: Row) -> None:
        self._deliver(topic, data, self._frame(topic, kind, data, cts=self._clock.market()))

    def _send(self, topic: str, kind: str, data: Mapping[str, str] | list[Row]) -> None:
        if topic in self._sessions:
            more = {"cs": self._next_cross()} if topic.startswith("tickers.") else {}
            self._deliver(topic, {}, self._frame(topic, kind, data, **more))

    def _deliver(self, topic: str, facts: Row, frame: bytes) -> None:
        place, _, symbol = topic.rpartition(".")
        named = {**facts, "symbol": symbol, "category": self.category}
        self._delivery.send(self._sessions[topic], place, named, f"{self.category} {topic}", frame)

    def _frame(self, topic: str, kind: str, data: object, **more: int) -> bytes:
        return ENCODE({"topic": topic, "type": kind, "ts": self._clock.market(), "data": data, **more})

    def _next_cross(self) -> int:
        self._cross += 1
        return self._cross


def _trade(trade: PublicTrade) -> Row:
    return {
        "T": trade.at,
        "s": trade.symbol,
        "S": trade.side,
        "v": exact(trade.qty),
        "p": exact(trade.price),
        "L": trade.tick,
        "i": trade.id,
        "BT": False,
        "RPI": False,
        "seq": trade.seq,
    }


def _liquidation(one: PublicLiquidation) -> Row:
    return {"T": one.at, "s": one.symbol, "S": one.side, "v": exact(one.qty), "p": exact(one.price)}


def _no_middle(middle: str) -> bool:
    return not middle


def _is_depth(middle: str) -> bool:
    return whole(middle) in DEPTHS


def _is_interval(middle: str) -> bool:
    return middle in INTERVALS


_MIDDLES: Mapping[str, Callable[[str], bool]] = {
    "publicTrade": _no_middle,
    "tickers": _no_middle,
    "allLiquidation": _no_middle,
    "orderbook": _is_depth,
    "kline": _is_interval,
}
_STREAMS: Mapping[str, Callable[[Market, str], Stream]] = {
    "orderbook": lambda market, depth: BookStream(market, int(depth)),
    "tickers": lambda market, _middle: ticker_stream(market),
    "kline": KlineStream,
}
