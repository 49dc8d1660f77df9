"""The parameters of the volume profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class VolumeProfileParameters:
    """`bars`, `atr` and `trend` in bars, `value_area` as a fraction of the volume, `acceptance` in closes.

    `rows` is the number of rows of a doubling of the price (`VolumeProfile`). `pierce_atrs` is how far a candle goes
    beyond the edge that rejects it, `stop_atrs` the distance of the stop behind the candle or the edge, both in ATRs.
    Raises InvalidSettings, naming every field that is out of range.
    """

    bars: int = 100
    value_area: float = 0.7
    rows: int = 1024
    acceptance: int = 2
    pierce_atrs: float = 0.25
    stop_atrs: float = 0.5
    atr: int = 14
    trend: int = 200
    meanings: ClassVar[Mapping[str, str]] = {
        "bars": "the candles of the profile",
        "value_area": "the share of the profile's volume that the value area has",
        "rows": "the number of rows of a doubling of the price",
        "acceptance": "how many closes in a row beyond an edge are an acceptance",
        "pierce_atrs": "how far a candle must go beyond the edge that rejects it, in ATRs",
        "stop_atrs": "distance of the stop behind the candle or the edge, in ATRs",
        "atr": "period of the ATR, in bars",
        "trend": "period of the long EMA, by which the longer trend is judged, in bars",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("volume-profile", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "atr", "trend")
        yield "bars", "from 2 to 10000", 2 <= self.bars <= 10_000
        yield "value_area", "from 0.1 to 0.99", 0.1 <= self.value_area <= 0.99
        yield "rows", "from 16 to 16384", 16 <= self.rows <= 16_384
        yield "acceptance", "from 1 to 100", 1 <= self.acceptance <= 100
        yield "pierce_atrs", "from 0 to 100", 0.0 <= self.pierce_atrs <= 100.0
        yield "stop_atrs", "from 0 to 100", 0.0 <= self.stop_atrs <= 100.0
        yield "atr", "at least 2 bars", self.atr >= 2
        yield "trend", "at least 2 bars", self.trend >= 2
