"""The settings of the regimes: how they are read from candles, and the limits that are in force in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.interval import interval_of
from domain.regime import Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeLimits:
    """The limits of one regime; None is the setting of the same name in `tiers`, `alpha`, `risk`, `flips` or
    `management`.

    `hold_seconds` is the least time for which a position is held before its strategy's opposite entry may close it.
    What an instance has of its own goes before the limits of a regime.
    """

    normal_confidence: float | None = None
    strict_confidence: float | None = None
    relaxed_confidence: float | None = None
    minimum_trend: float | None = None
    minimum_reward_to_risk: Decimal | None = None
    cooldown_seconds: int | None = None
    hold_seconds: int | None = None
    trailing_levels: tuple[str, ...] | None = None
    break_even_at: Decimal | None = None
    largest_loss: Decimal | None = None
    time_limit_seconds: int | None = None
    early_profit: Decimal | None = None
    early_loss: Decimal | None = None
    early_seconds: int | None = None
    target_step: Decimal | None = None
    reversal_signs: int | None = None

    @property
    def given(self) -> Mapping[str, Any]:
        """The limits that differ in this regime, by name."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeSettings:
    """How regimes are read, and their limits; `confirmations` of 0 switches them off.

    A regime is in force once `confirmations` closed candles of `interval` in a row have shown it; an empty `interval`
    is that of the market's candles. `period` is that of ADX and ATR, `efficiency_period` that of the efficiency ratio.
    A candle shows VOLATILE where the share of the `volatile_window` candles before it whose ATR, as a fraction of the
    price, was lower reaches `volatile_percentile`; else TREND where the ADX reaches `minimum_adx` and the efficiency
    ratio `minimum_efficiency`; else RANGE.
    """

    confirmations: int = 0
    interval: str = ""
    period: int = 14
    efficiency_period: int = 20
    minimum_adx: float = 25.0
    minimum_efficiency: float = 0.3
    volatile_percentile: float = 0.9
    volatile_window: int = 200
    trend: RegimeLimits = RegimeLimits()
    range: RegimeLimits = RegimeLimits()
    volatile: RegimeLimits = RegimeLimits()

    @property
    def is_on(self) -> bool:
        """Whether regimes are read."""
        return self.confirmations > 0

    def limits_in(self, regime: Regime) -> RegimeLimits:
        """The limits of this regime."""
        limits: RegimeLimits = getattr(self, regime.value.lower())
        return limits

    def span(self, given: timedelta) -> timedelta:
        """The time whose candles are read before the first reading; `given` is the interval of the market's candles."""
        if not self.is_on:
            return timedelta(0)
        candles = max(2 * self.period, self.efficiency_period) + self.volatile_window + self.confirmations
        return (interval_of(self.interval) or given) * (candles + 1)


NO_REGIMES = RegimeSettings()
"""Regimes are not read."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "confirmations": (0, 100),
    "period": (2, 1_000),
    "efficiency_period": (2, 1_000),
    "minimum_adx": (0, 100),
    "minimum_efficiency": (0, 1),
    "volatile_percentile": (0, 1),
    "volatile_window": (10, 5_000),
}
"""The least and the greatest value of each number."""
