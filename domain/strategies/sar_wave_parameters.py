"""The parameters of the SAR wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class SarWaveParameters:
    """Accelerations of the SAR; periods and `swing_bars` in bars; `tolerance` as a share of a ratio.

    `flat_minimum` and `wave_minimum` are on the scale of 0..1 of their figures; `reward_to_risk` is before fees. Raises
    InvalidSettings, naming every field that is out of range.
    """

    sar_start: float = 0.02
    sar_step: float = 0.02
    sar_maximum: float = 0.2
    adx: int = 14
    efficiency: int = 10
    flat_minimum: float = 0.6
    swing_bars: int = 5
    tolerance: float = 0.1
    wave_minimum: float = 0.7
    reward_to_risk: float = 1.5
    meanings: ClassVar[Mapping[str, str]] = {
        "sar_start": "acceleration of the SAR at its beginning",
        "sar_step": "what each new extreme adds to the acceleration",
        "sar_maximum": "the largest acceleration",
        "adx": "period of ADX, +DI and -DI, in bars",
        "efficiency": "period of the efficiency ratio, in bars",
        "flat_minimum": "how flat the market of an ENTER must be, 0..1",
        "swing_bars": "the bars on each side of a swing with no higher high or lower low",
        "tolerance": "how far the waves may miss the ratios of the count, as a share of a ratio",
        "wave_minimum": "the least confidence of the count of an ENTER, 0..1",
        "reward_to_risk": "the least distance of the target, as a multiple of that of the SAR, before fees",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("sar-wave", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "adx", "efficiency", "swing_bars")
        yield "sar_start", "above 0 and at most sar_maximum", 0.0 < self.sar_start <= self.sar_maximum
        yield "sar_step", "from 0 to 1", 0.0 <= self.sar_step <= 1.0
        yield "sar_maximum", "above 0 and below 1", 0.0 < self.sar_maximum < 1.0
        for name in ("adx", "efficiency", "swing_bars"):
            yield name, "at least 2 bars", getattr(self, name) >= 2
        for name in ("flat_minimum", "wave_minimum"):
            yield name, "from 0 to 1", 0.0 <= getattr(self, name) <= 1.0
        yield "tolerance", "above 0 and at most 1", 0.0 < self.tolerance <= 1.0
        yield "reward_to_risk", "above 0 and at most 100", 0.0 < self.reward_to_risk <= 100.0
