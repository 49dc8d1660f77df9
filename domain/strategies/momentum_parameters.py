"""The parameters of the strategy `momentum`: the limits of its detector, and where stop and target are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.scanning import MomentumLimits


@dataclass(frozen=True, slots=True)
class MomentumParameters(MomentumLimits):
    """The limits of the detector; `stop_share` and `target_share` are shares of the price's move.

    Raises InvalidSettings, naming every field that is out of range.
    """

    stop_share: float = 0.5
    target_share: float = 1.0

    def rules(self) -> Iterator[tuple[str, str, bool]]:
        """For each parameter its name, what it must be, and whether it is."""
        yield from MomentumLimits.rules(self)
        yield "stop_share", "above 0 and at most 10", 0.0 < self.stop_share <= 10.0
        yield "target_share", "above 0 and at most 10", 0.0 < self.target_share <= 10.0
