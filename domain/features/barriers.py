"""The triple barrier: what would have become of a signal that was not traded, by the first of stop, target and time.

Source: Marcos López de Prado, "Advances in Financial Machine Learning" (2018), chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.candle import Candle
from domain.direction import Direction
from domain.signal import SignalDetected

Floats = NDArray[np.float64]
Micros = NDArray[np.int64]
Flags = NDArray[np.bool_]

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_MICROSECOND = timedelta(microseconds=1)
_WAYS: Mapping[Direction, float] = {Direction.LONG: 1.0, Direction.SHORT: -1.0}


class Costs(Struct, frozen=True, gc=False, kw_only=True):
    """What a trade costs, in fractions of the price: the fees of takers and makers, the slippage of market orders."""

    taker: float
    maker: float
    slippage: float


class Barriers(Struct, frozen=True, gc=False, kw_only=True):
    """The result of a signal by its barriers.

    `net` is the return after costs as a fraction of the price of entry, `stopped` whether the stop was first.
    `resolved_at` is the close of the candle in which the first barrier was reached: in µs since 1970 (UTC).
    """

    net: float
    stopped: bool
    resolved_at: int


class Prices:
    """The candles of one instrument as columns of shape (n,), in order of time; times are in µs since 1970 (UTC)."""

    __slots__ = ("_closed", "_closes", "_highs", "_interval", "_lows", "_opened", "_opens")

    def __init__(self, candles: Iterable[Candle]) -> None:
        """Takes candles of one instrument and interval in order of time, at least one."""
        rows = list(candles)
        self._interval = rows[0].interval // _MICROSECOND
        self._opened: Micros = np.fromiter((micros(one.open_time) for one in rows), np.int64, len(rows))
        self._closed = self._opened + self._interval
        self._opens = _floats([float(one.open) for one in rows])
        self._highs = _floats([float(one.high) for one in rows])
        self._lows = _floats([float(one.low) for one in rows])
        self._closes = _floats([float(one.close) for one in rows])

    def close_at(self, at: datetime) -> float | None:
        """The close of the candle that closed at this time (UTC); None where there is none."""
        place = int(np.searchsorted(self._closed, micros(at), side="left"))
        is_there = place < len(self._closed) and self._closed[place] == micros(at)
        return float(self._closes[place]) if is_there else None

    def first_barrier(
        self, signal: SignalDetected, at: datetime, limit: timedelta, costs: Costs
    ) -> Barriers | None:
        """The result of a market order that is sent at `at` (UTC) and held for `limit` at most.

        It fills at the open of the candle that is open at `at`, as on the simulated exchange. The stop fills as a
        market order at its price, or at the open of a candle that opens beyond it; the target fills as a limit order.
        A candle that reaches both counts as the stop. After `limit` the position is closed at the close of a candle.

        None where no candle opens within one interval after `at`, and where the candles end before a barrier.
        """
        first = int(np.searchsorted(self._closed, micros(at), side="right"))
        if first == len(self._closed) or self._opened[first] - micros(at) > self._interval:
            return None
        ends = int(self._opened[first]) + limit // _MICROSECOND
        last = int(np.searchsorted(self._closed, ends, side="left"))
        stops, targets = self._reached(signal, slice(first, last + 1))
        reached = np.flatnonzero(stops | targets)
        if len(reached):
            number = int(reached[0])
            leave = self._stopped if stops[number] else self._at_target
        elif last < len(self._closed):
            number, leave = last - first, self._at_close
        else:
            return None
        way = _WAYS[signal.direction]
        entry = float(self._opens[first]) * (1.0 + way * costs.slippage)
        price, fee = leave(first + number, signal, costs)
        return Barriers(
            net=way * (price - entry) / entry - costs.taker - fee * price / entry,
            stopped=leave == self._stopped,
            resolved_at=int(self._closed[first + number]),
        )

    def _reached(self, signal: SignalDetected, window: slice) -> tuple[Flags, Flags]:
        """Which candles of the window reach the stop, and which the target."""
        stop, target = float(signal.stop), float(signal.target)
        if signal.direction is Direction.LONG:
            return self._lows[window] <= stop, self._highs[window] >= target
        return self._highs[window] >= stop, self._lows[window] <= target

    def _stopped(self, number: int, signal: SignalDetected, costs: Costs) -> tuple[float, float]:
        """The price and the fee of the stop in this candle."""
        worse = min if signal.direction is Direction.LONG else max
        price = worse(float(self._opens[number]), float(signal.stop))
        return price * (1.0 - _WAYS[signal.direction] * costs.slippage), costs.taker

    def _at_target(self, number: int, signal: SignalDetected, costs: Costs) -> tuple[float, float]:
        better = max if signal.direction is Direction.LONG else min
        return better(float(self._opens[number]), float(signal.target)), costs.maker

    def _at_close(self, number: int, signal: SignalDetected, costs: Costs) -> tuple[float, float]:
        price = float(self._closes[number])
        return price * (1.0 - _WAYS[signal.direction] * costs.slippage), costs.taker


def micros(at: datetime) -> int:
    """The time in µs since 1970 (UTC)."""
    return (at - EPOCH) // _MICROSECOND


def _floats(values: list[float]) -> Floats:
    return np.array(values, np.float64)
