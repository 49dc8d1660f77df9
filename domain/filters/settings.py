"""The settings of the filters: which figures are read at an entry, and their limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.own_settings import OwnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSettings:
    """The filters for entries of strategy instances; 0, or an empty `timeframe`, switches a filter off.

    `minimum_adx` (0..100) is the least ADX, `minimum_di_difference` (0..100) the least +DI less -DI in the entry's
    direction; both are of `adx_period` candles. `timeframe` is an interval as `15m`, whose EMA of `timeframe_ema`
    candles must move in the entry's direction. The value area is that of the last `value_area_candles` candles; the
    entry's place in it must be in `minimum_place` … `maximum_place`. `minimum_pivot_distance` is the least distance to
    the next daily pivot level in the entry's direction, as a fraction of the price. `maximum_correlation` is the
    greatest correlation with what is held, `maximum_major_correlation` with an instrument of `majors`, both of the
    returns of `correlation_candles` candles. See `domain/committees/filters.py`.
    """

    minimum_adx: float = 0.0
    minimum_di_difference: float = 0.0
    adx_period: int = 14
    timeframe: str = ""
    timeframe_ema: int = 20
    value_area_candles: int = 0
    minimum_place: float = 0.0
    maximum_place: float = 100.0
    minimum_pivot_distance: float = 0.0
    maximum_correlation: float = 0.0
    maximum_major_correlation: float = 0.0
    correlation_candles: int = 100
    majors: tuple[str, ...] = ()

    @property
    def reads_adx(self) -> bool:
        """Whether ADX and DI are read."""
        return self.minimum_adx > 0 or self.minimum_di_difference > 0

    @property
    def reads_correlation(self) -> bool:
        """Whether correlations with other instruments are read."""
        return self.maximum_correlation > 0 or self.maximum_major_correlation > 0

    @property
    def reads_own_candles(self) -> bool:
        """Whether figures of the instance's own candles are read."""
        return (
            self.reads_adx
            or self.timeframe != ""
            or self.value_area_candles > 0
            or self.minimum_pivot_distance > 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFilterSettings(OwnSettings):
    """The settings of `FilterSettings` that one instance has otherwise; None is that of all instances."""

    minimum_adx: float | None = None
    minimum_di_difference: float | None = None
    adx_period: int | None = None
    timeframe: str | None = None
    timeframe_ema: int | None = None
    value_area_candles: int | None = None
    minimum_place: float | None = None
    maximum_place: float | None = None
    minimum_pivot_distance: float | None = None
    maximum_correlation: float | None = None
    maximum_major_correlation: float | None = None
    correlation_candles: int | None = None
    majors: tuple[str, ...] | None = None


NO_FILTERS = FilterSettings()
"""No filter is on."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "minimum_adx": (0, 100),
    "minimum_di_difference": (0, 100),
    "adx_period": (2, 1_000),
    "timeframe_ema": (2, 1_000),
    "value_area_candles": (0, 5_000),
    "minimum_place": (-100, 100),
    "maximum_place": (-100, 100),
    "minimum_pivot_distance": (0, 0.5),
    "maximum_correlation": (0, 1),
    "maximum_major_correlation": (0, 1),
    "correlation_candles": (10, 5_000),
}
"""The least and the greatest value of each number."""
