"""The candles of a recording: those that the exchange published, or those of the recorded trades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from adapters.market_recordings.row import BookRow, CandleRow, MarketRow, Notice, NoticeRow, TradeRow
from adapters.milliseconds import at_ms
from adapters.tapes.trade_candles import candle_of
from domain.candle import Candle
from domain.direction import Side
from domain.market import Trade

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_IN_MS = 1_000_000
_SETTLED = timedelta(seconds=1)
"""How much later than a trade a message of the book may be received that the exchange sent after it."""
_MISSING = frozenset({Notice.BEGUN, Notice.CONNECTED, Notice.LOST, Notice.ENDED})
"""The notices of trades that may be missing."""


class ReceivedCandle(NamedTuple):
    """A closed candle, and when it was known: in nanoseconds since 1970 of the recording machine's clock."""

    candle: Candle
    arrived_ns: int


def recorded_candles(rows: Iterable[MarketRow]) -> Iterator[ReceivedCandle]:
    """The closed candles among the rows, each once."""
    last = dict[str, int]()
    for row in rows:
        if isinstance(row, CandleRow) and row.is_closed and row.opened_ms > last.get(row.instrument, -1):
            last[row.instrument] = row.opened_ms
            yield ReceivedCandle(_candle(row), row.arrived_ns)


def traded_candles(rows: Iterable[MarketRow], interval: timedelta) -> Iterator[ReceivedCandle]:
    """The candles of the trades among the rows, each known with the first trade of a later interval, or with the first
    message of the book that the exchange sent a second or more after the close, whichever arrives first.

    An interval in which trades may be missing has none: the first and the last one, and those in which a connection
    began or rows were lost. A trade that was received after one of a later interval counts in the later one.
    """
    building = dict[str, _Interval]()
    for row in rows:
        if row.instrument not in building:
            building[row.instrument] = _Interval(interval)
        built = building[row.instrument]
        if isinstance(row, NoticeRow) and row.notice in _MISSING:
            built.interrupt(at_ms(row.arrived_ns // _NS_IN_MS))
        elif (found := _completed(built, row)) is not None:
            yield ReceivedCandle(found, row.arrived_ns)


def _completed(built: _Interval, row: MarketRow) -> Candle | None:
    """The candle that the row completes."""
    match row:
        case TradeRow():
            return built.take(_trade(row))
        case BookRow():
            return built.reach(_settled_at(row))
        case _:
            return None


class _Interval:
    """The trades of one instrument in the interval that is open."""

    def __init__(self, length: timedelta) -> None:
        self._length, self._number, self._broken = length, -1, -1
        self._has_begun = False
        self._trades: list[Trade] = []

    def interrupt(self, at: datetime) -> None:
        """Trades may be missing up to this time: the intervals up to then have no candle."""
        self._broken = max(self._broken, self._number_of(at))

    def take(self, trade: Trade) -> Candle | None:
        """Takes the next trade; returns the candle that it completes."""
        number = max(self._number, self._number_of(trade.at))
        found = self._moved_to(number)
        if not self._has_begun:
            self._broken, self._has_begun = (
                max(self._broken, number),
                True,
            )  # the recording may begin within it
        self._trades.append(trade)
        return found

    def reach(self, at: datetime) -> Candle | None:
        """All trades up to this time were received; returns the candle that this completes."""
        return self._moved_to(self._number_of(at)) if self._trades else None

    def _moved_to(self, number: int) -> Candle | None:
        if number <= self._number:
            return None
        is_whole = self._trades and self._number > self._broken
        found = (
            candle_of(_EPOCH + self._number * self._length, self._length, self._trades) if is_whole else None
        )
        self._number, self._trades = number, []
        return found

    def _number_of(self, at: datetime) -> int:
        return (at - _EPOCH) // self._length


def _settled_at(row: BookRow) -> datetime:
    """The time up to which all trades were received with this message; a snapshot of Binance has no time."""
    return at_ms(row.frame.matched_ms) - _SETTLED if row.frame.matched_ms else _EPOCH


def _trade(row: TradeRow) -> Trade:
    return Trade(
        instrument=row.instrument,
        at=at_ms(row.matched_ms),
        trade_id=row.id,
        side=Side.BUY if row.is_buy else Side.SELL,
        price=Decimal(row.price),
        quantity=Decimal(row.size),
    )


def _candle(row: CandleRow) -> Candle:
    return Candle(
        instrument=row.instrument,
        interval=timedelta(seconds=row.seconds),
        open_time=at_ms(row.opened_ms),
        open=Decimal(row.open),
        high=Decimal(row.high),
        low=Decimal(row.low),
        close=Decimal(row.close),
        volume=Decimal(row.volume),
    )
