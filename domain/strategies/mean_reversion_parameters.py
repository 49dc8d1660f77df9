"""The parameters of mean reversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class MeanReversionParameters:
    """`period` of the bands and `trend` of the long average in bars, `deviations` and `z_score` in standard deviations.

    `minimum_volatility` is the least width of the bands as a fraction of their mean, `stop_deviations` the distance of
    the stop beyond the extreme of the stretch. Raises InvalidSettings, naming every field that is out of range.
    """

    period: int = 20
    deviations: float = 2.0
    z_score: float = 2.5
    minimum_volatility: float = 0.01
    trend: int = 200
    stop_deviations: float = 0.5
    meanings: ClassVar[Mapping[str, str]] = {
        "period": "period of the Bollinger bands, in bars",
        "deviations": "distance of the bands from their mean, in standard deviations",
        "z_score": "the distance from the mean at which a stretch begins, in standard deviations",
        "minimum_volatility": "the least width of the bands, as a fraction of their mean",
        "trend": "period of the long EMA, by which the longer trend is judged, in bars",
        "stop_deviations": "distance of the stop beyond the extreme of the stretch, in standard deviations",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("mean-reversion", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "period", "trend")
        yield "period", "at least 2 bars", self.period >= 2
        yield "deviations", "above 0 and at most 10", 0.0 < self.deviations <= 10.0
        yield (
            "z_score",
            f"at least deviations ({self.deviations}) and at most 10",
            self.deviations <= self.z_score <= 10.0,
        )
        yield "minimum_volatility", "from 0 to 1", 0.0 <= self.minimum_volatility <= 1.0
        yield "trend", "at least 2 bars", self.trend >= 2
        yield "stop_deviations", "above 0 and at most 100", 0.0 < self.stop_deviations <= 100.0
