"""Mean reversion: trade back to the mean where a close far outside the Bollinger bands has come back into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import ClassVar, Self

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Bollinger, Ema, bollinger, ema
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_at
from domain.strategies.mean_reversion_parameters import MeanReversionParameters
from domain.strategies.mean_reversion_reading import MeanReversionReading, MeanReversionScores
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import exit_at, proposed_at
from domain.strategies.scores import sign_of
from domain.strategies.series import series_of

_NAME = "mean-reversion"
_Figures = tuple[float, float, float, float, float, float]
"""High, low and close of a bar, mean and deviation of the closes, and the long average."""


@dataclass(frozen=True, slots=True)
class MeanReversion:
    """Proposes ENTER towards the mean at the first close back inside the Bollinger bands after a stretch.

    A stretch begins at a close `z_score` deviations or more from the mean while the bands are at least
    `minimum_volatility` of the mean wide. It ends at the close within `deviations` of the mean: ENTER, if the close
    is still on its side of the mean. The stop is `stop_deviations` deviations beyond the lowest low (for a short the
    highest high) since the stretch began; the target is the mean at the entry's close. EXIT is proposed once, at the
    first close at or beyond the mean after an ENTER: what was traded for has happened. Its stop and target are one
    deviation from the close. There is no proposal before both averages have a value, where the closes do not differ,
    or if stop or target would not be a positive price on its side of the close. `inputs` are the figures of the
    reading and, of an ENTER, the scores of the confidence (`MeanReversionScores`); the confidence of an EXIT is 1,
    because its condition is met.
    """

    about: ClassVar[About] = About(
        formula=(
            "z = (close - mean(period)) / deviation(period), with the population's deviation. Stretch: |z| "
            ">= z_score and 2 * deviations * deviation / mean >= minimum_volatility. ENTER: |z| < "
            "deviations again, on the same side. Stop: extreme -/+ stop_deviations * deviation. Target: "
            "the mean. EXIT: the close reaches the mean."
        ),
        source=(
            "John Bollinger, Bollinger on Bollinger Bands (2001): bands of 20 bars and 2 deviations, and "
            "BandWidth. The z-score of 2.5 and the least width of 1 % are figures the project began with."
        ),
        confidence=(
            "0.4 stretched + 0.3 reward + 0.3 flatness; stretched = greatest |z-score| of the stretch / 4, reward = "
            "|mean - close| / |close - stop| / 2, flatness = 1 - |trend|, where 8 deviations from the long average "
            "are a trend of 1. 1 of an EXIT."
        ),
        loses=(
            "In a trend: the price stays outside the bands and the mean follows it. The way to the mean is "
            "short, often less than 1 %, so that fees take much of it."
        ),
        alpha={"minimum_trend": "-1"},
        scores=MeanReversionScores,
        trend=MeanReversionReading.trend,
    )
    parameters: MeanReversionParameters = field(default_factory=MeanReversionParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, MeanReversionParameters(), given))

    @property
    def name(self) -> str:
        """`mean-reversion`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return max(self.parameters.period, self.parameters.trend) + 1

    def watch(self) -> MeanReversionWatcher:
        """A new watcher that has read no candle."""
        return MeanReversionWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        parameters = self.parameters
        highs, lows, closes = series_of(candles, "high", "low", "close")
        bands, averages = bollinger(closes, parameters.period), ema(closes, parameters.trend)
        known = max(parameters.period, parameters.trend) - 1
        columns = (highs, lows, closes, bands.middle, bands.deviation, averages)
        rows = zip(*(column[known:].tolist() for column in columns), strict=True)
        state = _State(parameters)
        found: list[Proposal | None] = [None] * min(known, len(candles))
        found.extend(state.judge(candle, row) for candle, row in zip(candles[known:], rows, strict=True))
        return found


class MeanReversionWatcher:
    """Mean reversion on one instrument at one interval; it holds the bands, the long average and the stretch."""

    __slots__ = ("_average", "_bands", "_state")

    def __init__(self, parameters: MeanReversionParameters) -> None:
        self._bands = Bollinger(parameters.period)
        self._average = Ema(parameters.trend)
        self._state = _State(parameters)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where a stretch or a trade's reason ended."""
        close, bands = float(candle.close), self._bands
        average, middle = self._average.update(close), bands.update(close)
        deviation = bands.deviation
        if average is None or middle is None or deviation is None:
            return None
        figures = (float(candle.high), float(candle.low), close, middle, deviation, average)
        return self._state.judge(candle, figures)


class _State:
    """The stretch that has begun, and the direction of the entry whose mean has not been reached."""

    __slots__ = ("_entered", "_extreme", "_parameters", "_stretch", "_stretched")

    def __init__(self, parameters: MeanReversionParameters) -> None:
        self._parameters = parameters
        self._stretched: Direction | None = None
        self._stretch = self._extreme = 0.0
        self._entered: Direction | None = None

    def judge(self, candle: Candle, figures: _Figures) -> Proposal | None:
        """Takes the next bar; returns its proposal."""
        _, _, close, middle, deviation, _ = figures
        if deviation <= 0.0:
            return None
        away = close - middle
        towards = Direction.SHORT if away > 0.0 else Direction.LONG
        distance = abs(away) / deviation
        if self._ends(towards, distance, figures):
            reading = self._reading(figures, self._stretch, self._extreme)
            proposal = _enter(candle, towards, reading, self._parameters)
            if proposal is not None:
                self._entered = towards
                return proposal
        if self._entered is None or (away != 0.0 and towards is self._entered):
            return None
        entered, self._entered = self._entered, None
        reading = self._reading(figures, 0.0, 0.0)
        return exit_at(
            candle, _NAME, entered.opposite, reading.deviation, trend=reading.trend, inputs=asdict(reading)
        )

    def _ends(self, towards: Direction, distance: float, figures: _Figures) -> bool:
        """Begins, continues or ends the stretch; returns whether it ended on its side of the mean."""
        parameters, end = self._parameters, figures[1] if towards is Direction.LONG else figures[0]
        if self._stretched is not towards:
            self._stretched = None
            if distance >= parameters.z_score and self._width(figures) >= parameters.minimum_volatility:
                self._stretched, self._stretch, self._extreme = towards, distance, end
            return False
        further = min if towards is Direction.LONG else max
        self._stretch, self._extreme = max(self._stretch, distance), further(self._extreme, end)
        if distance >= parameters.deviations:
            return False
        self._stretched = None
        return True

    def _reading(self, figures: _Figures, stretch: float, extreme: float) -> MeanReversionReading:
        _, _, close, middle, deviation, average = figures
        return MeanReversionReading(close, middle, deviation, self._width(figures), average, stretch, extreme)

    def _width(self, figures: _Figures) -> float:
        return 2.0 * self._parameters.deviations * figures[4] / figures[3]


def _enter(
    candle: Candle, direction: Direction, reading: MeanReversionReading, parameters: MeanReversionParameters
) -> Proposal | None:
    stop = reading.extreme - sign_of(direction) * parameters.stop_deviations * reading.deviation
    levels = levels_at(direction, candle.close, stop, reading.middle)
    if levels is None:
        return None
    scores = reading.scores(stop)
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER,
        levels,
        confidence=scores.confidence,
        trend=reading.trend,
        inputs=asdict(reading) | asdict(scores),
    )
