"""Scalping on candles: short trades with the averages, after a pull-back to the session's VWAP."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from math import nan
from typing import ClassVar, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Atr, Cross, Ema, FloatArray, Rsi, Vwap, atr, crosses, ema, rsi, vwap
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_around
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.scalping_parameters import ScalpingParameters
from domain.strategies.scalping_reading import ScalpingReading, ScalpingScores
from domain.strategies.series import series_of

_NAME = "scalping"
_TURNED_TO: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class Scalping:
    """Short trades in the direction of the averages, where a pull-back to the session's VWAP ends.

    It proposes ENTER LONG at the close that crosses above the fast EMA, if the fast EMA is above the slow EMA and the
    slow EMA rises; if the lowest low of the last `pullback_bars` bars came down to the VWAP plus `pullback_atrs` ATRs,
    while the close is above the VWAP; if the RSI is between 50 and `rsi_overbought`; and from the session's bar
    `session_bars` on. The session is the UTC day. ENTER SHORT is the mirror image. EXIT is proposed at the close where
    the fast EMA crosses the slow EMA, because the cross contradicts a position in the opposite direction. Stop and
    target are `stop_atrs` and `target_atrs` ATRs from the close. There is no proposal before every indicator has a
    value, in a market that does not move, or if stop or target would not be a positive price. `inputs` are the figures
    and the scores of the confidence (`ScalpingScores`).

    The rule joins three that are in general use, the EMA pull-back, the VWAP as the day's fair price (Brian Shannon,
    "Maximum Trading Gains with Anchored VWAP", 2023) and Wilder's RSI; the combination and its figures are our own. The
    moves are short, so that taker fees in and out take most of them: most scalps lose, and the limit of reward to risk
    after fees refuses them.
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER LONG where the close crosses above EMA(fast), if EMA(fast) > EMA(slow), EMA(slow) rises, the"
            " lowest low of pullback_bars <= VWAP + pullback_atrs * ATR, close > VWAP of the UTC day, and 50 < "
            "RSI < rsi_overbought; a short is the mirror image. EXIT where EMA(fast) crosses EMA(slow). Stop "
            "and target: close -/+ stop_atrs * ATR and target_atrs * ATR."
        ),
        source=(
            "RSI and ATR: J. Welles Wilder, New Concepts in Technical Trading Systems (1978). VWAP: Berkowitz, "
            "Logue and Noser (1988); as the day's fair price: Brian Shannon, Maximum Trading Gains with "
            "Anchored VWAP (2023). The combination is our own."
        ),
        confidence=(
            "0.4 slope + 0.3 room + 0.3 nearness; slope = the move of the slow average in this direction since the "
            "last bar / 0.05 ATR, room = the distance from the RSI to its limit as a share of that from 50, nearness "
            "= 1 - |close - VWAP| / ATR."
        ),
        loses=(
            "Nearly everywhere: a target of two ATRs of five minutes is hardly more than the taker fees in and "
            "out. On the recorded quarter a scalp gained 2 basis points before fees and lost 9 after 11 of "
            "fees. The default limit of reward to risk after fees refuses most of them."
        ),
        scores=ScalpingScores,
        trend=ScalpingReading.trend,
    )
    parameters: ScalpingParameters = field(default_factory=ScalpingParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, ScalpingParameters(), given))

    @property
    def name(self) -> str:
        """`scalping`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        given = self.parameters
        return max(given.slow + 1, given.rsi + 1, given.atr + 1)

    def watch(self) -> ScalpingWatcher:
        """A new watcher that has read no candle."""
        return ScalpingWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        series = _series(candles, self.parameters)
        turns = crosses(series[:, 1] - series[:, 2])
        returns = crosses(series[:, 0] - series[:, 1])
        for bar in np.flatnonzero(turns | returns).tolist():
            reading = ScalpingReading(*series[bar].tolist())
            proposals[bar] = _propose(
                candles[bar], reading, self.parameters, returned=int(returns[bar]), turned=int(turns[bar])
            )
        return proposals


class ScalpingWatcher:
    """Scalping on one instrument at one interval; it holds the indicators of the candles read so far."""

    __slots__ = (
        "_atr",
        "_fast",
        "_highs",
        "_lows",
        "_parameters",
        "_return",
        "_rsi",
        "_slow",
        "_turn",
        "_vwap",
    )

    def __init__(self, parameters: ScalpingParameters) -> None:
        self._parameters = parameters
        self._fast, self._slow = Ema(parameters.fast), Ema(parameters.slow)
        self._rsi = Rsi(parameters.rsi)
        self._atr = Atr(parameters.atr)
        self._vwap = Vwap()
        self._highs: deque[float] = deque(maxlen=parameters.pullback_bars)
        self._lows: deque[float] = deque(maxlen=parameters.pullback_bars)
        self._return, self._turn = Cross(), Cross()

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where a pull-back or the trend ended."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        slow_before = self._slow.value
        fast, slow = self._fast.update(close), self._slow.update(close)
        self._rsi.update(close)
        self._atr.update(high, low, close)
        self._vwap.update(_session(candle), high, low, close, float(candle.volume))
        self._highs.append(high)
        self._lows.append(low)
        if fast is None:
            return None
        returned = self._return.update(close - fast)
        turned = 0 if slow is None else self._turn.update(fast - slow)
        if not (returned or turned) or slow_before is None:
            return None
        reading = self._reading(close, slow_before)
        return _propose(candle, reading, self._parameters, returned=returned, turned=turned)

    def _reading(self, close: float, slow_before: float) -> ScalpingReading:
        figures = (self._fast.value, self._slow.value, self._vwap.value, self._rsi.value, self._atr.value)
        fast, slow, average, momentum, span = (nan if figure is None else figure for figure in figures)
        return ScalpingReading(
            close=close,
            fast_ema=fast,
            slow_ema=slow,
            slow_before=slow_before,
            vwap=average,
            lowest=min(self._lows),
            highest=max(self._highs),
            rsi=momentum,
            atr=span,
            session_bar=float(self._vwap.bars),
        )


def _session(candle: Candle) -> int:
    """The UTC day, by its number; open times are UTC."""
    return candle.open_time.toordinal()


def _series(candles: Sequence[Candle], parameters: ScalpingParameters) -> FloatArray:
    highs, lows, closes, volumes = series_of(candles, "high", "low", "close", "volume")
    sessions = np.fromiter(map(_session, candles), np.int64, len(candles))
    slow = ema(closes, parameters.slow)
    return np.column_stack(
        [
            closes,
            ema(closes, parameters.fast),
            slow,
            np.append(np.full(min(1, len(slow)), np.nan), slow[:-1]),
            vwap(sessions, highs, lows, closes, volumes),
            -_highest(-lows, parameters.pullback_bars),
            _highest(highs, parameters.pullback_bars),
            rsi(closes, parameters.rsi),
            atr(highs, lows, closes, parameters.atr),
            _bars_of(sessions),
        ]
    )


def _highest(figures: FloatArray, bars: int) -> FloatArray:
    """The greatest of each figure and those before it, `bars` at most."""
    padded = np.append(np.full(bars - 1, -np.inf), figures)
    return sliding_window_view(padded, bars).max(axis=1) if len(figures) else figures


def _bars_of(sessions: NDArray[np.int64]) -> FloatArray:
    """For each bar its number within its session, from 1."""
    bars = np.arange(len(sessions), dtype=np.float64)
    begins = np.append(np.ones(min(1, len(sessions)), np.bool_), np.diff(sessions) != 0)
    return bars - np.maximum.accumulate(np.where(begins, bars, 0.0)) + 1.0


def _propose(
    candle: Candle, reading: ScalpingReading, parameters: ScalpingParameters, *, returned: int, turned: int
) -> Proposal | None:
    if not reading.usable:
        return None
    found = _intent(reading, parameters, returned, turned)
    if found is None:
        return None
    intent, direction = found
    risk, reward = parameters.stop_atrs * reading.atr, parameters.target_atrs * reading.atr
    levels = levels_around(direction, candle.close, risk, reward)
    if levels is None:
        return None
    scores = reading.scores(direction, parameters)
    return proposed_at(
        candle,
        _NAME,
        direction,
        intent,
        levels,
        confidence=scores.confidence,
        trend=reading.trend,
        inputs=asdict(reading) | asdict(scores),
    )


def _intent(
    reading: ScalpingReading, parameters: ScalpingParameters, returned: int, turned: int
) -> tuple[Intent, Direction] | None:
    if returned and reading.enters(_TURNED_TO[returned], parameters):
        return Intent.ENTER, _TURNED_TO[returned]
    return (Intent.EXIT, _TURNED_TO[turned]) if turned else None
