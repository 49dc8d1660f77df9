"""The market of a soak: invented candles of many symbols, as files that `whence venue --from-now` plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from domain.errors import InvalidInput

FASTEST = 24.0
"""The market's greatest speed, as a multiple of the clock's."""

PAST = 320
"""Minutes before the start: a live run warms its strategies with 300 candles."""

_FIRST = datetime(2026, 1, 5, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_YEAR_MINUTES = 365 * 1_440
_VOLATILITY = 0.8
_VALUE = 400_000.0
"""What is traded in a minute of the market, in quote currency, on average."""


@dataclass(frozen=True, slots=True)
class SoakMarket:
    """A candle of a minute has the changes of price and the volume of `speed` minutes of the market.

    The exchange has no candles below a minute, so a faster market has larger candles and not more of them. The prices
    are geometric Brownian motions with an annual volatility of 80 %; the same `seed` gives the same ones. `played` are
    the minutes after the start.
    """

    symbols: int
    speed: float
    played: int
    seed: int = 7

    def __post_init__(self) -> None:
        """Raises InvalidInput for a speed out of range, and where no symbol is traded."""
        if not 1 <= self.speed <= FASTEST:
            raise InvalidInput(f"--speed {self.speed:g} is not from 1 to {FASTEST:g}")
        if self.symbols < 1:
            raise InvalidInput(f"--symbols {self.symbols}: at least one symbol is traded")

    @property
    def names(self) -> Sequence[str]:
        return [f"SOAK{number:03}USDT" for number in range(1, self.symbols + 1)]

    def write(self, folder: Path) -> Sequence[Path]:
        """Writes a file of candles for each symbol; returns them in the order of `names`."""
        folder.mkdir(parents=True)
        return [self._write(folder, number, name) for number, name in enumerate(self.names)]

    def _write(self, folder: Path, number: int, name: str) -> Path:
        random, count = np.random.default_rng([self.seed, number]), PAST + self.played
        deviation = _VOLATILITY * (self.speed / _YEAR_MINUTES) ** 0.5
        closes = (20.0 + 7.0 * number) * np.exp(np.cumsum(random.normal(0, deviation, count)))
        opens = np.concatenate(([closes[0]], closes[:-1]))
        wicks = np.abs(random.normal(0, deviation / 2, (2, count)))
        highs = np.maximum(opens, closes) * (1 + wicks[0])
        lows = np.minimum(opens, closes) * (1 - wicks[1])
        volumes = random.gamma(2.0, 0.5, count) * _VALUE * self.speed / closes
        file = folder / f"{name}.csv"
        with file.open("w") as rows:
            rows.write("timestamp,open,high,low,close,volume\n")
            for at in range(count):
                opened = int((_FIRST + at * _MINUTE).timestamp() * 1000)
                prices = ",".join(f"{one[at]:.2f}" for one in (opens, highs, lows, closes))
                rows.write(f"{opened},{prices},{volumes[at]:.1f}\n")
        return file
