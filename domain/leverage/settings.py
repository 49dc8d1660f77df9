"""The settings of the leverage by volatility."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import ONE, ZERO, is_within
from domain.interval import interval_of
from domain.number import number

MOST = Decimal(50)
"""The greatest leverage of a step."""
_SETTLED = 10
"""The number of periods after which less than 0.1 % of the first mean is left in Wilder's: (1 - 1/n)^(9 n)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageSettings:
    """How the leverage of an instrument follows its volatility; `confirmations` of 0 switches it off.

    The volatility is ATR(`period`)/close of closed candles of `interval`, as a fraction; an empty `interval` is that of
    the market's candles. `steps` are pairs `volatility:leverage`: from this volatility on the leverage is at most this.
    A step is wanted once `confirmations` closed candles in a row have shown it. Between a change, or an attempt at one,
    and the next request lie at least `least_seconds`.
    """

    confirmations: int = 0
    interval: str = ""
    period: int = 14
    steps: tuple[str, ...] = ("0:20", "0.015:10", "0.03:5")
    least_seconds: int = 3_600

    @property
    def is_on(self) -> bool:
        """Whether the leverage follows the volatility."""
        return self.confirmations > 0

    def span(self, given: timedelta) -> timedelta:
        """The time whose candles are read before the first step; `given` is the interval of the market's candles.

        Wilder's mean begins with a plain one, and by then no longer depends on where it began.
        """
        if not self.is_on:
            return timedelta(0)
        return (interval_of(self.interval) or given) * (self.period * _SETTLED + self.confirmations)


FIXED_LEVERAGE = LeverageSettings()
"""The leverage is that of the account."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "confirmations": (0, 100),
    "period": (2, 1_000),
    "least_seconds": (60, 31_536_000),
}
"""The least and the greatest value of each number."""


class Step(Struct, frozen=True, gc=False):
    """From `volatility` (a fraction) on the leverage is `leverage`."""

    volatility: Decimal
    leverage: Decimal


def steps_of(texts: Sequence[str]) -> Sequence[Step]:
    """The steps of these texts, as `0.015:10`. Raises ValueError for text that is no pair of numbers."""
    return [_step(text) for text in texts]


def _step(text: str) -> Step:
    volatility, colon, leverage = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} has no colon")
    return Step(number(volatility.strip(), Decimal), number(leverage.strip(), Decimal))


_FORM = 'write each step as volatility:leverage, as in ["0:20", "0.015:10", "0.03:5"]'


def faults(settings: LeverageSettings) -> Iterator[str]:
    """The faults of interval and steps, each as a sentence that begins with the setting's dotted name."""
    if settings.interval and interval_of(settings.interval) is None:
        yield (
            f"leverage.interval = {settings.interval!r} does not divide a day evenly; write it like 15m, 1h or 1d"
        )
    yield from _faults_of_steps(settings.steps)


def _faults_of_steps(texts: Sequence[str]) -> Iterator[str]:
    spelled = f"leverage.steps = {', '.join(texts)}"
    try:
        steps = steps_of(texts)
    except ValueError as fault:
        yield f"{spelled}: {fault}; {_FORM}"
        return
    volatilities, leverages = [one.volatility for one in steps], [one.leverage for one in steps]
    if not all(is_within(one, ZERO, ONE) for one in volatilities):
        yield f"{spelled}: volatilities must be in 0 … 1; {_FORM}"
    elif not all(is_within(one, ONE, MOST) and one == int(one) for one in leverages):
        yield f"{spelled}: leverages must be whole numbers in 1 … {MOST}; {_FORM}"
    elif not steps or volatilities[0] != ZERO:
        yield f"{spelled}: the first step must begin at the volatility 0; {_FORM}"
    elif volatilities != sorted(set(volatilities)):
        yield f"{spelled}: the volatilities must rise from step to step"
    elif leverages != sorted(set(leverages), reverse=True):
        yield f"{spelled}: the leverages must fall from step to step, because more volatility needs more margin"
