"""The parameters of the strategy `explosion`: the limits of its detector, and where stop and target are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.scanning import ExplosionLimits


@dataclass(frozen=True, slots=True)
class ExplosionParameters(ExplosionLimits):
    """The limits of the detector; `stop_share` and `target_share` are shares of the candle's true range.

    Raises InvalidSettings, naming every field that is out of range.
    """

    stop_share: float = 0.5
    target_share: float = 1.0
    meanings: ClassVar[Mapping[str, str]] = {
        "atr": "period of the ATR, in bars",
        "range_atrs": "the least true range of the candle, in ATRs of the candles before it",
        "move": "the least change of the close, as a fraction (0.01 = 1 %)",
        "volume_times": "the least volume, as a multiple of the mean volume",
        "average_bars": "the candles of the mean volume",
        "location": "how near the close must be to the end of the candle that the move points to; 1 is at it",
        "cooldown": "the bars after a signal without another one",
        "stop_share": "distance of the stop from the close, as a share of the true range",
        "target_share": "distance of the target from the close, as a share of the true range",
    }
    """What each parameter is, in words, with its unit."""

    def rules(self) -> Iterator[tuple[str, str, bool]]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from ExplosionLimits.rules(self)
        yield "stop_share", "above 0 and at most 10", 0.0 < self.stop_share <= 10.0
        yield "target_share", "above 0 and at most 10", 0.0 < self.target_share <= 10.0
