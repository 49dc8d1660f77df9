"""The parameters of breakout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.strategies.parameters import Rule, periods, refuse_faults


@dataclass(frozen=True, slots=True)
class BreakoutParameters:
    """`strength` in touches, `volume` in averages of it, `threshold` and `tolerance` as fractions of a price.

    `lookback`, `swing_bars`, `volume_bars`, `atr` and `trend` are bars. A swing counts for `lookback` bars. `stop_atrs`
    is the distance of the stop behind the level in ATRs, `reward` the distance of the target in distances of the stop.
    Raises InvalidSettings, naming every field that is out of range.
    """

    strength: int = 3
    volume: float = 1.5
    threshold: float = 0.002
    lookback: int = 100
    swing_bars: int = 3
    tolerance: float = 0.002
    volume_bars: int = 20
    atr: int = 14
    trend: int = 200
    stop_atrs: float = 1.0
    reward: float = 2.0
    meanings: ClassVar[Mapping[str, str]] = {
        "strength": "the least number of swings that make a level",
        "volume": "the least volume of an ENTER, as a multiple of the mean volume",
        "threshold": "how far a close must be beyond the level, as a fraction of its price",
        "lookback": "how long a swing counts, in bars",
        "swing_bars": "the bars on each side of a swing with no higher high or lower low",
        "tolerance": "how far the swings of a level may be apart, as a fraction of the price",
        "volume_bars": "the candles of the mean volume",
        "atr": "period of the ATR, in bars",
        "trend": "period of the long EMA, by which the longer trend is judged, in bars",
        "stop_atrs": "distance of the stop behind the level, in ATRs",
        "reward": "distance of the target from the close, as a multiple of that of the stop",
    }
    """What each parameter is, in words, with its unit."""

    def __post_init__(self) -> None:
        refuse_faults("breakout", self, self.rules())

    def rules(self) -> Iterator[Rule]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from periods(self, "atr", "trend")
        yield "strength", "from 1 to 100", 1 <= self.strength <= 100
        yield "volume", "from 0 to 1000", 0.0 <= self.volume <= 1000.0
        yield "threshold", "from 0 to 0.5", 0.0 <= self.threshold <= 0.5
        yield "swing_bars", "from 2 to 100", 2 <= self.swing_bars <= 100
        yield (
            "lookback",
            f"more bars than swing_bars ({self.swing_bars}) and at most 10000",
            self.swing_bars < self.lookback <= 10_000,
        )
        yield "tolerance", "from 0 to 0.5", 0.0 <= self.tolerance <= 0.5
        yield "volume_bars", "from 1 to 10000", 1 <= self.volume_bars <= 10_000
        yield "atr", "at least 2 bars", self.atr >= 2
        yield "trend", "at least 2 bars", self.trend >= 2
        yield "stop_atrs", "from 0 to 100", 0.0 <= self.stop_atrs <= 100.0
        yield "reward", "above 0 and at most 100", 0.0 < self.reward <= 100.0
