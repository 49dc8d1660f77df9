"""The reader of features: it takes closed candles, and returns the features of a signal as of now.

The live engine and the builder of data for training use this one reader, so that both compute the same values.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.candle import Candle
from domain.errors import InvalidInput
from domain.features.bars import Bars
from domain.features.core import COMPUTED, CORE_1
from domain.features.feature_set import FeatureRow
from domain.features.moment import Moment
from domain.instrument import symbol_of
from domain.portfolio import Portfolio
from domain.signal import SignalDetected

_BITCOIN = "BTC"
_CLOCKS_DIFFER = timedelta(seconds=5)
"""By how much the close of a candle, by the exchange's clock, may be later than the time of a row by ours."""
_STALE = 2
"""The intervals after which the last candle of an instrument is no longer its state."""


class FeatureReader:
    """The bars of every instrument of a market. Give it each closed candle once, in time order, before `row`.

    All candles of one instant are taken before the rows of that instant. Candles that strategies pass over, and those
    of a warm-up, are taken, too; a candle that was taken before changes nothing.
    """

    __slots__ = ("_bars",)

    feature_set = CORE_1

    def __init__(self) -> None:
        self._bars: dict[str, Bars] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of its instrument. Raises InvalidInput where its interval has changed."""
        bars = self._bars.get(candle.instrument)
        if bars is None:
            bars = self._bars[candle.instrument] = Bars(candle)
        bars.take(candle)

    def row(self, signal: SignalDetected, at: datetime, portfolio: Portfolio) -> FeatureRow:
        """The features of the signal at `at` (UTC, when it is recorded), with the portfolio before its unit of work.

        Raises InvalidInput where a candle was taken that closes later: a row would know the future.
        """
        moment = Moment(
            signal=signal,
            at=at,
            bars=self._fresh(signal.instrument, at),
            bitcoin=self._bitcoin(signal.instrument, at),
            portfolio=portfolio,
        )
        return FeatureRow(CORE_1.id, tuple(of(moment) for of in COMPUTED))

    def _fresh(self, instrument: str, at: datetime) -> Bars | None:
        """The bars of the instrument; None without a candle, and where the last one is two intervals old."""
        bars = self._bars.get(instrument)
        if bars is None:
            return None
        if bars.closed_at > at + _CLOCKS_DIFFER:
            raise InvalidInput(
                f"features of {instrument} at {at.isoformat()}: a candle that closes at {bars.closed_at.isoformat()} "
                "was read already; take candles and rows in order of time"
            )
        return bars if at - bars.closed_at < _STALE * bars.interval else None

    def _bitcoin(self, instrument: str, at: datetime) -> Bars | None:
        """The bars of BTC in the same quote currency, market and venue; `BTCUSDT` for `ETHUSDT`."""
        symbol = symbol_of(instrument)
        place = instrument[len(symbol) :]
        for begin in range(2, len(symbol) - 1):
            name = f"{_BITCOIN}{symbol[begin:]}{place}"
            if name in self._bars:
                return self._fresh(name, at)
        return None
