"""The parameters of SuperTrend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class SupertrendParameters:
    """`period` of the ATR and `trend` of the long average in bars, `multiplier` in ATRs.

    `reward` is the distance of the target in distances of the stop. Raises InvalidSettings, naming every field that is
    out of range.
    """

    period: int = 10
    multiplier: float = 3.0
    trend: int = 200
    reward: float = 2.0
    meanings: ClassVar[Mapping[str, str]] = {
        "period": "period of the ATR of the bands, in bars",
        "multiplier": "distance of the bands from the middle of the candle, in ATRs",
        "trend": "period of the long EMA, by which the longer trend is judged, in bars",
        "reward": "distance of the target from the close, as a multiple of that of the stop",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("supertrend", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "period", "trend")
        yield "period", "at least 2 bars", self.period >= 2
        yield "multiplier", "above 0 and at most 100", 0.0 < self.multiplier <= 100.0
        yield "trend", "at least 2 bars", self.trend >= 2
        yield "reward", "above 0 and at most 100", 0.0 < self.reward <= 100.0
