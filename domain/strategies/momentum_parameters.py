"""The parameters of the strategy `momentum`: the limits of its detector, and where stop and target are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from domain.scanning import MomentumLimits


@dataclass(frozen=True, slots=True)
class MomentumParameters(MomentumLimits):
    """The limits of the detector; `stop_share` and `target_share` are shares of the price's move.

    Raises InvalidSettings, naming every field that is out of range.
    """

    stop_share: float = 0.5
    target_share: float = 1.0
    meanings: ClassVar[Mapping[str, str]] = {
        "window": "the bars over which the move is measured",
        "move": "the least move of the window, as a fraction (0.03 = 3 %)",
        "volume_times": "the least mean volume of the window, as a multiple of the mean volume before it",
        "average_bars": "the candles of the mean volume before the window",
        "gain": "the least gain of the last gain_hours in the same direction, as a fraction",
        "gain_hours": "the hours over which the gain is measured",
        "cooldown": "the bars after a signal without another one",
        "stop_share": "distance of the stop from the close, as a share of the way of the window",
        "target_share": "distance of the target from the close, as a share of the way of the window",
    }
    """What each parameter is, in words, with its unit."""

    def rules(self) -> Iterator[tuple[str, str, bool]]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from MomentumLimits.rules(self)
        yield "stop_share", "above 0 and at most 10", 0.0 < self.stop_share <= 10.0
        yield "target_share", "above 0 and at most 10", 0.0 < self.target_share <= 10.0
