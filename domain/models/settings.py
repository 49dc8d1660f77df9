"""The settings of learnt scores: what the score of the champion must be for an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.own_settings import OwnSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """The limits of the member `model`, which votes while a champion is in force.

    An entry needs a confidence of at least `minimum_confidence`, a risk below `maximum_risk` (both 0..1), and an
    expected return above `minimum_return`, a fraction of the price of entry.
    """

    minimum_confidence: float = 0.65
    maximum_risk: float = 0.3
    minimum_return: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModelSettings(OwnSettings):
    """The settings of `ModelSettings` that one instance has otherwise; None is that of all instances."""

    minimum_confidence: float | None = None
    maximum_risk: float | None = None
    minimum_return: float | None = None


MODEL_LIMITS = ModelSettings()
"""The default limits."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "minimum_confidence": (0, 1),
    "maximum_risk": (0, 1),
    "minimum_return": (-1, 1),
}
"""The least and the greatest value of each number."""
