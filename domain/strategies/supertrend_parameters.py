"""The parameters of SuperTrend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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

    def __post_init__(self) -> None:
        refuse_faults("supertrend", self, self._rules())

    def _rules(self) -> Iterator[Rule]:
        yield from periods(self, "period", "trend")
        yield "period", "at least 2 bars", self.period >= 2
        yield "multiplier", "above 0 and at most 100", 0.0 < self.multiplier <= 100.0
        yield "trend", "at least 2 bars", self.trend >= 2
        yield "reward", "above 0 and at most 100", 0.0 < self.reward <= 100.0
