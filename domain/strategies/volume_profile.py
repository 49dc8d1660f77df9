"""The volume profile: trade back from the edges of the value area, or away from it where the market accepts that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import ClassVar, NamedTuple, Self

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Atr, Ema, ValueArea, VolumeProfile, atr, ema
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_at
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import exit_at, proposed_at
from domain.strategies.scores import sign_of, trend_of
from domain.strategies.series import series_of
from domain.strategies.volume_profile_parameters import VolumeProfileParameters
from domain.strategies.volume_profile_reading import VolumeProfileReading, VolumeProfileScores

_NAME = "volume-profile"


@dataclass(frozen=True, slots=True)
class VolumeProfileTrading:
    """Proposes at a rejection from an edge of the value area, at an acceptance beyond it, and where that fails.

    The value area is that of the `bars` candles before the judged one. Rejection: the candle goes `pierce_atrs` ATRs or
    more beyond one edge and not beyond the other, and closes within the area: ENTER back towards the point of control,
    which is the target; the stop is `stop_atrs` ATRs beyond the candle. Acceptance: the close is the `acceptance`-th in
    a row beyond the same edge: ENTER away from the area; the target is the height of the area from the close, the
    stop `stop_atrs` ATRs within the edge. EXIT: the first close within the area after an acceptance, if it is not a
    rejection; it contradicts a position in the direction of the acceptance; stop and target are one ATR away. There is
    no proposal before profile and indicators have a value, without volume, in a market that does not move, or if stop
    or target would not be a positive price on its side of the close. `inputs` are the figures of the reading and, of an
    ENTER, the scores of the confidence (`VolumeProfileScores`); the confidence of an EXIT is 1.
    """

    about: ClassVar[About] = About(
        formula=(
            "Rows: each doubling of the price, from one power of two to the next, has as many of equal "
            "height; a candle's volume is spread evenly over the rows from its low to its high. POC: the "
            "middle of the row with the most volume of the bars before, of equal rows the lowest. Value "
            "area: rows around it, the larger neighbour first (the upper one if equal), until they have "
            "value_area of the volume; its edges are those of its outer rows. Rejection: high >= edge "
            "+ pierce_atrs * ATR and close <= edge (mirrored below): stop high + stop_atrs * ATR, target "
            "POC. Acceptance: closes beyond the edge: stop edge - stop_atrs * ATR, target close + height "
            "of the area."
        ),
        source=(
            "J. Peter Steidlmayer's Market Profile (Chicago Board of Trade, 1985): value area of 70 %, "
            "point of control. The two rules follow James F. Dalton, Mind over Markets (1990); their "
            "figures are our own."
        ),
        confidence=(
            "0.3 depth + 0.2 traded + 0.3 reward + 0.2 agreement; depth = how far the close, at a rejection the "
            "candle, went beyond the edge / ATR, traded = volume / mean volume of the profile / 2, reward = |target -"
            " close| / |close - stop| / 2, agreement = (1 + trend) / 2 for a long, (1 - trend) / 2 for a short, where"
            " 4 ATRs from the long average are a trend of 1. 1 of an EXIT."
        ),
        loses=(
            "Rejections lose when a trend starts, acceptances when a range holds, and the profile cannot "
            "state which of them comes. Candles know the volume of an interval but not its prices, so the "
            "rows are an estimate."
        ),
        alpha={"minimum_trend": "-1"},
        scores=VolumeProfileScores,
        trend=trend_of,
    )
    parameters: VolumeProfileParameters = field(default_factory=VolumeProfileParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, VolumeProfileParameters(), given))

    @property
    def name(self) -> str:
        """`volume-profile`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        given = self.parameters
        return max(given.trend, given.atr + 1, given.bars + 1)

    def watch(self) -> VolumeProfileWatcher:
        """A new watcher that has read no candle."""
        return VolumeProfileWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        parameters = self.parameters
        highs, lows, closes, volumes = series_of(candles, "high", "low", "close", "volume")
        spans, averages = atr(highs, lows, closes, parameters.atr), ema(closes, parameters.trend)
        known = max(parameters.atr, parameters.trend - 1)
        state = _State(parameters)
        proposals: list[Proposal | None] = []
        columns = (highs, lows, closes, volumes, spans, averages)
        for bar, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            figures = _Figures(*row)
            proposals.append(state.judge(candles[bar], figures) if bar >= known else None)
            state.take(figures)
        return proposals


class VolumeProfileWatcher:
    """The volume profile on one instrument at one interval; it holds the profile, the indicators and the acceptance."""

    __slots__ = ("_atr", "_average", "_state")

    def __init__(self, parameters: VolumeProfileParameters) -> None:
        self._atr = Atr(parameters.atr)
        self._average = Ema(parameters.trend)
        self._state = _State(parameters)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal at a rejection, acceptance or its end."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        span, average = self._atr.update(high, low, close), self._average.update(close)
        known = span is not None and average is not None
        figures = _Figures(high, low, close, float(candle.volume), span or 0.0, average or 0.0)
        proposal = self._state.judge(candle, figures) if known else None
        self._state.take(figures)
        return proposal


class _Figures(NamedTuple):
    """A bar's prices and volume, its ATR and the long average."""

    high: float
    low: float
    close: float
    volume: float
    atr: float
    average: float


class _State:
    """The profile of the bars before, the closes in a row beyond its value area, and the acceptance in force."""

    __slots__ = ("_accepted", "_outside", "_parameters", "_profile", "_side")

    def __init__(self, parameters: VolumeProfileParameters) -> None:
        self._parameters = parameters
        self._profile = VolumeProfile(parameters.bars, parameters.rows, parameters.value_area)
        self._side: Direction | None = None
        self._outside = 0
        self._accepted: Direction | None = None

    def take(self, figures: _Figures) -> None:
        """Adds a judged bar to the profile."""
        self._profile.update(figures.high, figures.low, figures.volume)

    def judge(self, candle: Candle, figures: _Figures) -> Proposal | None:
        """Judges the next bar by the profile of the bars before it; returns its proposal."""
        area = self._profile.value_area()
        if area is None or figures.atr <= 0.0:
            return None
        if area.low <= figures.close <= area.high:
            return self._within(candle, figures, area)
        side = Direction.LONG if figures.close > area.high else Direction.SHORT
        self._outside = self._outside + 1 if side is self._side else 1
        self._side = side
        if self._outside != self._parameters.acceptance:
            return None
        self._accepted = side
        edge, height = area.high if side is Direction.LONG else area.low, area.high - area.low
        stop = edge - sign_of(side) * self._parameters.stop_atrs * figures.atr
        reading = _reading(figures, area, self._outside)
        return _enter(candle, side, reading, stop, figures.close + sign_of(side) * height)

    def _within(self, candle: Candle, figures: _Figures, area: ValueArea) -> Proposal | None:
        accepted, self._accepted = self._accepted, None
        self._side, self._outside = None, 0
        direction = self._rejected(figures, area)
        if direction is not None:
            end = figures.low if direction is Direction.LONG else figures.high
            stop = end - sign_of(direction) * self._parameters.stop_atrs * figures.atr
            proposal = _enter(candle, direction, _reading(figures, area, 0), stop, area.poc)
            if proposal is not None:
                return proposal
        if accepted is None:
            return None
        reading = _reading(figures, area, 0)
        return exit_at(
            candle, _NAME, accepted.opposite, reading.atr, trend=reading.trend, inputs=asdict(reading)
        )

    def _rejected(self, figures: _Figures, area: ValueArea) -> Direction | None:
        """The direction of an entry after a rejection from one edge; None without one, or at both."""
        least = self._parameters.pierce_atrs * figures.atr
        above, below = figures.high - area.high, area.low - figures.low
        if above > 0.0 and below > 0.0:
            return None
        if above > 0.0 and above >= least:
            return Direction.SHORT
        return Direction.LONG if below > 0.0 and below >= least else None


def _reading(figures: _Figures, area: ValueArea, outside: int) -> VolumeProfileReading:
    return VolumeProfileReading(
        close=figures.close,
        high=figures.high,
        low=figures.low,
        poc=area.poc,
        value_low=area.low,
        value_high=area.high,
        closes_outside=float(outside),
        volume=figures.volume,
        volume_average=area.volume,
        atr=figures.atr,
        trend_ema=figures.average,
    )


def _enter(
    candle: Candle, direction: Direction, reading: VolumeProfileReading, stop: float, target: float
) -> Proposal | None:
    levels = levels_at(direction, candle.close, stop, target)
    if levels is None:
        return None
    scores = reading.scores(direction, stop, target)
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
