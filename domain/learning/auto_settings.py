"""The settings of `whence models auto`: when models are trained again, and when a challenger is promoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoSettings:
    """A model is trained again `every_days` after the last one, or after `every_trades` closed trades; 0 is off.

    `budget` (0..1) is the probability that any challenger without skill is ever promoted. A challenger is promoted
    after at least `least_signals` instants of signals. One that is not promoted within `patience_days` is retired; 0
    keeps it.
    """

    every_days: int = 7
    every_trades: int = 200
    budget: float = 0.05
    least_signals: int = 50
    patience_days: int = 60


AUTO: Final = AutoSettings()
"""The defaults."""


BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "every_days": (0, 3_650),
    "every_trades": (0, 1_000_000),
    "budget": (0.0001, 0.5),
    "least_signals": (1, 1_000_000),
    "patience_days": (0, 3_650),
}
"""The least and the greatest value of each number."""
