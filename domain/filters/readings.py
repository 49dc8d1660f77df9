"""The readings of one instance and instrument: the figures of every filter that is on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from domain.candle import Candle
from domain.coarser import check_coarser
from domain.errors import InvalidInput
from domain.filters.daily_pivots import PivotFigures
from domain.filters.directional import DirectionalFigures
from domain.filters.settings import FilterSettings
from domain.filters.timeframe import TimeframeFigures
from domain.filters.value_area import ValueAreaFigures
from domain.interval import interval_of

_DAY = timedelta(days=1)


class _Figures(Protocol):
    def take(self, candle: Candle) -> None: ...
    def figures(self, candle: Candle) -> Mapping[str, float]: ...


class Readings:
    """Reads the closed candles of one instrument for the filters that are on, in time order.

    `interval` is that of the candles. Raises InvalidInput where coarser candles of a filter cannot be built from them.
    """

    __slots__ = ("_read",)

    def __init__(self, settings: FilterSettings, instrument: str, interval: timedelta) -> None:
        self._read = _read_by(settings, instrument, interval)

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle."""
        for one in self._read:
            one.take(candle)

    def figures(self, candle: Candle) -> Mapping[str, float]:
        """The figures at the close of this candle, which was the last one taken, by name.

        A filter that has not read enough candles has none.
        """
        return {name: figure for one in self._read for name, figure in one.figures(candle).items()}


def _read_by(settings: FilterSettings, instrument: str, interval: timedelta) -> Sequence[_Figures]:
    read: list[_Figures] = []
    if settings.reads_adx:
        read.append(DirectionalFigures(settings.adx_period))
    if coarser := interval_of(settings.timeframe):
        _check("timeframe", instrument, interval, coarser)
        read.append(TimeframeFigures(coarser, settings.timeframe_ema))
    if settings.value_area_candles:
        read.append(ValueAreaFigures(settings.value_area_candles))
    if settings.minimum_pivot_distance:
        _check("minimum_pivot_distance", instrument, interval, _DAY)
        read.append(PivotFigures())
    return read


def _check(name: str, instrument: str, finer: timedelta, coarser: timedelta) -> None:
    try:
        check_coarser(instrument, finer, coarser)
    except InvalidInput as fault:
        raise InvalidInput(f"filters.{name}: {fault}") from None
