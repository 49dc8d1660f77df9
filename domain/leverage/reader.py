"""The reader of volatility: ATR/close of closed candles, and the step that so many in a row have confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.candle import Candle
from domain.coarser import CoarserCandles, coarser_of
from domain.indicators import Atr
from domain.interval import interval_of
from domain.leverage.settings import LeverageSettings, Step, steps_of


class Confirmed(Struct, frozen=True, gc=False):
    """The step that is confirmed at the close of a candle, which had this `volatility`, by `candles` in a row."""

    candle: Candle
    step: Step
    volatility: float
    candles: int


class VolatilityReader:
    """Reads one instrument's closed candles in time order."""

    __slots__ = ("_atr", "_confirmations", "_last", "_row", "_steps", "confirmed")

    def __init__(self, settings: LeverageSettings) -> None:
        self._atr, self._confirmations = Atr(settings.period), settings.confirmations
        self._steps = steps_of(settings.steps)
        self._last: Step | None = None
        self._row = 0
        self.confirmed: Confirmed | None = None

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle. A row of the step that is confirmed already confirms it anew."""
        close = float(candle.close)
        span = self._atr.update(float(candle.high), float(candle.low), close)
        if span is None:
            return
        volatility = span / close
        step = step_of(volatility, self._steps)
        self._row = self._row + 1 if step == self._last else 1
        self._last = step
        if self._row >= self._confirmations:
            self.confirmed = Confirmed(candle, step, volatility, self._row)


def step_of(volatility: float, steps: Sequence[Step]) -> Step:
    """The last step whose volatility is reached; `steps` rise from the volatility 0."""
    reached = [one for one in steps if volatility >= float(one.volatility)]
    return reached[-1]


class VolatilityReaders:
    """One reader for each instrument, of candles of the settings' interval."""

    def __init__(self, settings: LeverageSettings) -> None:
        self._settings = settings
        self._interval = interval_of(settings.interval)
        self._readers: dict[str, tuple[VolatilityReader, CoarserCandles | None]] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of the market.

        Raises InvalidInput where the settings' interval cannot be built from the market's.
        """
        found = self._readers.get(candle.instrument)
        if found is None:
            coarser = coarser_of(self._interval, candle.instrument, candle.interval, "leverage")
            found = self._readers[candle.instrument] = (VolatilityReader(self._settings), coarser)
        reader, coarser = found
        for one in (candle,) if coarser is None else coarser.take(candle):
            reader.take(one)

    @property
    def confirmed(self) -> Mapping[str, Confirmed]:
        """The step that is confirmed now, by instrument."""
        found = ((name, reader.confirmed) for name, (reader, _coarser) in self._readers.items())
        return {name: one for name, one in found if one is not None}

    def confirmed_of(self, instrument: str) -> Confirmed | None:
        """The step of this instrument that is confirmed now; None before the first."""
        found = self._readers.get(instrument)
        return None if found is None else found[0].confirmed


def changes_on(settings: LeverageSettings, candles: Iterable[Candle]) -> list[Candle]:
    """The candles of one instrument at whose close another leverage is confirmed than before, or a first one."""
    readers = VolatilityReaders(settings)
    before: Decimal | None = None
    found: list[Candle] = []
    for candle in candles:
        readers.take(candle)
        confirmed = readers.confirmed_of(candle.instrument)
        if confirmed is not None and confirmed.step.leverage != before:
            before = confirmed.step.leverage
            found.append(candle)
    return found
