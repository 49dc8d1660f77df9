"""The reader of regimes: what closed candles show, and which regime so many in a row have confirmed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec import Struct

from domain.candle import Candle
from domain.coarser import CoarserCandles, coarser_of
from domain.indicators import Adx, Atr, EfficiencyRatio
from domain.interval import interval_of
from domain.regime import Regime
from domain.regimes.settings import RegimeSettings


class Shown(Struct, frozen=True, gc=False, kw_only=True):
    """What one closed candle shows; the figures are as in `RegimeChanged`."""

    regime: Regime
    adx: float
    efficiency: float
    atr_share: float
    percentile: float


class Confirmed(Struct, frozen=True, gc=False):
    """The regime that is confirmed at the close of a candle, by `candles` in a row that showed it."""

    candle: Candle
    shown: Shown
    candles: int


class RegimeReader:
    """Reads one instrument's closed candles in time order."""

    __slots__ = (
        "_adx",
        "_atr",
        "_efficiency",
        "_last",
        "_ranked",
        "_row",
        "_settings",
        "_shares",
        "confirmed",
    )

    def __init__(self, settings: RegimeSettings) -> None:
        self._settings = settings
        self._adx, self._atr = Adx(settings.period), Atr(settings.period)
        self._efficiency = EfficiencyRatio(settings.efficiency_period)
        self._shares: deque[float] = deque()
        self._ranked: list[float] = []
        self._last: Regime | None = None
        self._row = 0
        self.confirmed: Confirmed | None = None

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle. A row of the regime that is confirmed already confirms it anew."""
        shown = self._shown(candle)
        if shown is None:
            return
        self._row = self._row + 1 if shown.regime is self._last else 1
        self._last = shown.regime
        if self._row >= self._settings.confirmations:
            self.confirmed = Confirmed(candle, shown, self._row)

    def _shown(self, candle: Candle) -> Shown | None:
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        strength, span = self._adx.update(high, low, close), self._atr.update(high, low, close)
        self._efficiency.update(close)
        efficiency = self._efficiency.value
        if strength is None or span is None or efficiency is None:
            return None
        share = span / close
        percentile = self._percentile(share)
        if percentile is None:
            return None
        regime = regime_of(strength, efficiency, percentile, self._settings)
        return Shown(
            regime=regime, adx=strength, efficiency=efficiency, atr_share=share, percentile=percentile
        )

    def _percentile(self, share: float) -> float | None:
        """The part of the window that is below the share, which then enters it; None before the window is full."""
        shares, ranked, size = self._shares, self._ranked, self._settings.volatile_window
        found = bisect_left(ranked, share) / size if len(ranked) == size else None
        if found is not None:
            del ranked[bisect_left(ranked, shares.popleft())]
        shares.append(share)
        insort(ranked, share)
        return found


def regime_of(adx: float, efficiency: float, percentile: float, settings: RegimeSettings) -> Regime:
    """The regime that these figures show; see `RegimeSettings`."""
    if percentile >= settings.volatile_percentile:
        return Regime.VOLATILE
    trends = adx >= settings.minimum_adx and efficiency >= settings.minimum_efficiency
    return Regime.TREND if trends else Regime.RANGE


class RegimeReaders:
    """One reader for each instrument, of candles of the settings' interval."""

    def __init__(self, settings: RegimeSettings) -> None:
        self._settings = settings
        self._interval = interval_of(settings.interval)
        self._readers: dict[str, tuple[RegimeReader, CoarserCandles | None]] = {}

    def take(self, candle: Candle) -> Confirmed | None:
        """The regime that is confirmed after this candle of the market; None if it completes no candle to be read.

        Raises InvalidInput where the settings' interval cannot be built from the market's.
        """
        found = self._readers.get(candle.instrument)
        if found is None:
            found = self._readers[candle.instrument] = self._reader(candle.instrument, candle.interval)
        reader, coarser = found
        read = (candle,) if coarser is None else coarser.take(candle)
        for one in read:
            reader.take(one)
        return reader.confirmed if read else None

    @property
    def confirmed(self) -> Sequence[Confirmed]:
        """The regime that is confirmed now of each instrument that has one."""
        found = (reader.confirmed for reader, _coarser in self._readers.values())
        return [one for one in found if one is not None]

    def _reader(self, instrument: str, given: timedelta) -> tuple[RegimeReader, CoarserCandles | None]:
        return RegimeReader(self._settings), coarser_of(self._interval, instrument, given, "regimes")


def changes_on(settings: RegimeSettings, candles: Iterable[Candle]) -> list[Candle]:
    """The candles of one instrument at whose close another regime is confirmed than before, or a first one."""
    readers, before = RegimeReaders(settings), None
    found: list[Candle] = []
    for candle in candles:
        confirmed = readers.take(candle)
        if confirmed is not None and confirmed.shown.regime is not before:
            before = confirmed.shown.regime
            found.append(candle)
    return found
