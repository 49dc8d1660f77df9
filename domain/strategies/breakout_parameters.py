"""The parameters of breakout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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

    def __post_init__(self) -> None:
        refuse_faults("breakout", self, self._rules())

    def _rules(self) -> Iterator[Rule]:
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
