"""The settings of `whence models auto`: when models are trained again, and when a challenger is promoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.arithmetic import is_within


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


def faults(settings: AutoSettings) -> Iterator[str]:
    """The faults of the settings, each as a sentence that begins with the setting's dotted name."""
    for name, value, low, high in (
        ("every_days", settings.every_days, 0, 3_650),
        ("every_trades", settings.every_trades, 0, 1_000_000),
        ("budget", settings.budget, 0.0001, 0.5),
        ("least_signals", settings.least_signals, 1, 1_000_000),
        ("patience_days", settings.patience_days, 0, 3_650),
    ):
        if not is_within(value, low, high):
            yield f"models.auto.{name} = {value} must be in {low} … {high}"
