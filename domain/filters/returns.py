"""The figures of the filters `correlation` and `major_correlation`: how alike instruments move.

The limit on correlated positions reads the same figures of hourly candles (`domain/limits/hourly.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from domain.candle import Candle
from domain.indicators import correlation

PREFIX = "correlation."
"""What stands before an instrument in the name of a figure."""


Return = Callable[[float, float], float]
"""The return from a close and the close before it."""


def simple_return(close: float, before: float) -> float:
    """close / before - 1."""
    return close / before - 1.0


class Returns:
    """The last closes of every instrument of the market: twice `candles`, so that some may lack in another one.

    `prefix` stands before an instrument in the name of a figure; `of` is the return that is correlated.
    """

    __slots__ = ("_closes", "_kept", "_of", "_prefix")

    def __init__(self, candles: int, prefix: str = PREFIX, of: Return = simple_return) -> None:
        self._kept, self._prefix, self._of = 2 * candles + 1, prefix, of
        self._closes: dict[str, deque[tuple[datetime, float]]] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of its instrument."""
        closes = self._closes.get(candle.instrument)
        if closes is None:
            closes = self._closes[candle.instrument] = deque(maxlen=self._kept)
        closes.append((candle.close_time, float(candle.close)))

    def figures(self, instrument: str, others: Iterable[str], candles: int) -> Mapping[str, float]:
        """The correlation of the instrument's returns with those of each other one, by `<prefix><instrument>`.

        The returns are those between the last `candles` + 1 close times that both instruments have.
        There is no figure where they have fewer in common, and where one of the two prices has not moved.
        """
        own = self._closes.get(instrument, ())
        found: dict[str, float] = {}
        for other in others:
            one, two = _in_common(own, self._closes.get(other, ()), candles + 1)
            if len(one) > candles and (figure := correlation(self._each(one), self._each(two))) is not None:
                found[self._prefix + other] = figure
        return found

    def _each(self, closes: Sequence[float]) -> list[float]:
        return [self._of(close, before) for before, close in pairwise(closes)]


_Closes = Iterable[tuple[datetime, float]]


def _in_common(own: _Closes, other: _Closes, count: int) -> tuple[Sequence[float], Sequence[float]]:
    """The last closes of both, at most `count`, at the times that both have."""
    by_time = dict(other)
    both = [(close, by_time[at]) for at, close in own if at in by_time][-count:]
    return [one for one, _ in both], [two for _, two in both]
