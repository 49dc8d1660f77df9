"""A grid: resting entries below the close (for a short above it), each with a target one level nearer, and one stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import copysign
from typing import ClassVar, Self

from domain.arithmetic import EXACT, ONE, exactly
from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import EfficiencyRatio, efficiency_ratio
from domain.strategies import Grid, GridLevel, Intent, Proposal
from domain.strategies.about import About
from domain.strategies.grid_parameters import GridParameters
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.series import series_of

_NAME = "grid"
_TEN_PLACES = Decimal("1e-10")
_AN_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class GridTrading:
    """Proposes ENTER with a grid round the close at every close at which the price has made little progress.

    Of these proposals the engine records one where nothing is held and nothing waits in the instrument, so that a grid
    is centred anew only when it is over. The engine ends it: at a close at or beyond the bound, after its lifetime, at
    its stop, or with its position. The trend is the efficiency ratio with the sign of the progress; the confidence is
    1 less the ratio. There is no proposal before the ratio has a value, in a market that does not move, if the ratio is
    above `efficiency_maximum`, if the close or the outermost level is beyond `floor` or `ceiling`, or if a price would
    not be positive. `inputs` are the close, the ratio and the spacing nearest to the close.
    """

    about: ClassVar[About] = About(
        formula=(
            "Level i of a long grid: close * (1 - i * spacing), geometric close / (1 + spacing)^i; a short one is the "
            "mirror image. Target of level i: level i - 1, of the first the close. Stop: stop_spacings spacings beyond "
            "the outermost level. Bound: bound_spacings spacings from the close, on the gaining side. Size: all levels "
            "filled and then stopped, fees included, lose what one trade may lose. ENTER: |close - close efficiency "
            "bars ago| / sum of |changes| <= efficiency_maximum."
        ),
        source=(
            "Grid trading as exchanges offer it, with arithmetic and geometric spacing; the efficiency ratio is Perry "
            "J. Kaufman's, Smarter Trading (1995). The default figures are our own."
        ),
        confidence="1.0 calm; calm = 1 - the efficiency ratio.",
        loses=(
            "When the price leaves the range on the losing side: every level is filled and the stop takes all of them "
            "at once, which many gains of one spacing have to pay for. Spacings near the fees leave nothing."
        ),
        alpha={"minimum_trend": "-1", "minimum_reward_to_risk": "0.2"},
    )
    parameters: GridParameters = field(default_factory=GridParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, GridParameters(), given))

    @property
    def name(self) -> str:
        """`grid`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return self.parameters.efficiency + 1

    def watch(self) -> GridWatcher:
        """A new watcher that has read no candle."""
        return GridWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        parameters, period = self.parameters, self.parameters.efficiency
        (closes,) = series_of(candles, "close")
        prices, ratios = closes.tolist(), efficiency_ratio(closes, period).tolist()
        found: list[Proposal | None] = [None] * min(period, len(candles))
        found.extend(
            _propose(candles[bar], ratios[bar], prices[bar - period : bar + 1], parameters)
            for bar in range(period, len(candles))
        )
        return found


class GridWatcher:
    """The grid on one instrument at one interval; it holds the closes of the efficiency ratio."""

    __slots__ = ("_closes", "_parameters", "_ratio")

    def __init__(self, parameters: GridParameters) -> None:
        self._parameters = parameters
        self._ratio = EfficiencyRatio(parameters.efficiency)
        self._closes: deque[float] = deque(maxlen=parameters.efficiency + 1)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where the price made little progress."""
        close = float(candle.close)
        self._ratio.update(close)
        self._closes.append(close)
        ratio = self._ratio.value
        if ratio is None:
            return None
        return _propose(candle, ratio, self._closes, self._parameters)


def _propose(
    candle: Candle, ratio: float, closes: Sequence[float], parameters: GridParameters
) -> Proposal | None:
    """`closes` are those of the ratio, the oldest first."""
    if ratio > parameters.efficiency_maximum or (not ratio and min(closes) == max(closes)):
        return None
    direction = Direction.SHORT if parameters.short else Direction.LONG
    close, spacing = candle.close, exactly(parameters.spacing)
    lines = [_LINES[parameters.geometric](close, spacing, direction, n) for n in range(parameters.levels + 2)]
    levels, beyond = lines[1:-1], EXACT.subtract(lines[-1], lines[-2])
    stop = _away(levels[-1], beyond, parameters.stop_spacings)
    bound = _away(close, EXACT.subtract(close, lines[1]), parameters.bound_spacings)
    if min(stop, bound, levels[-1]) <= 0 or not _is_within(levels[-1], close, parameters):
        return None
    grid = Grid(
        levels=tuple(GridLevel(price, target) for target, price in zip(lines, levels, strict=False)),
        rounds=parameters.rounds,
        lifetime_seconds=parameters.lifetime_hours * _AN_HOUR,
    )
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER,
        (stop, bound),
        confidence=1.0 - ratio,
        trend=copysign(ratio, closes[-1] - closes[0]),
        inputs={
            "close": float(close),
            "efficiency": ratio,
            "spacing": abs(float(EXACT.subtract(close, lines[1]))),
        },
        grid=grid,
    )


def _arithmetic(close: Decimal, spacing: Decimal, direction: Direction, n: int) -> Decimal:
    away = EXACT.multiply(EXACT.multiply(close, spacing), n)
    return _rounded(EXACT.subtract(close, away) if direction is Direction.LONG else EXACT.add(close, away))


def _geometric(close: Decimal, spacing: Decimal, direction: Direction, n: int) -> Decimal:
    factor = EXACT.power(EXACT.add(ONE, spacing), n)
    return _rounded(
        EXACT.divide(close, factor) if direction is Direction.LONG else EXACT.multiply(close, factor)
    )


_LINES: Mapping[int, Callable[[Decimal, Decimal, Direction, int], Decimal]] = {0: _arithmetic, 1: _geometric}
"""By the parameter `geometric`, the price of the n-th line of the grid; the 0th is the close."""


def _away(price: Decimal, spacing: Decimal, times: float) -> Decimal:
    """The price moved by so many spacings, whose sign is the direction of the move."""
    return _rounded(EXACT.add(price, EXACT.multiply(spacing, exactly(times))))


def _rounded(price: Decimal) -> Decimal:
    return price.quantize(_TEN_PLACES, context=EXACT)


def _is_within(outermost: Decimal, close: Decimal, parameters: GridParameters) -> bool:
    low, high = sorted((outermost, close))
    return low >= exactly(parameters.floor) and (
        not parameters.ceiling or high <= exactly(parameters.ceiling)
    )
