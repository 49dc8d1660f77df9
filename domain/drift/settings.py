"""The settings of drift: when a feature or an outcome of a model drifts, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from domain.arithmetic import is_within


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """Limits of drift; `rows` 0 switches the measure of features off, `delta` 0 that of outcomes.

    A feature is measured on the last `rows` scored signals of the model, at every `every`-th of them. It drifts where
    its population stability index is `psi` or more, and the p-value of the Kolmogorov-Smirnov test, times the number of
    comparable features, is `ks_p` or less. An outcome drifts where ADWIN with `delta` finds a worse mean; it looks at
    every `outcomes_every`-th closed trade. `retires`: a model that drifts is retired without a person.
    """

    rows: int = 200
    every: int = 50
    psi: float = 0.25
    ks_p: float = 0.001
    delta: float = 0.002
    outcomes_every: int = 32
    retires: bool = False


BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "rows": (0, 10_000),
    "every": (1, 10_000),
    "psi": (0, 10),
    "ks_p": (0, 1),
    "delta": (0, 0.5),
    "outcomes_every": (1, 10_000),
}
"""The least and the greatest value of each number."""
_FEWEST_ROWS: Final = 50


def faults(settings: DriftSettings) -> Iterator[str]:
    """The faults of the settings, each as a sentence that begins with the setting's dotted name."""
    for name, (low, high) in BOUNDS.items():
        value: float = getattr(settings, name)
        if not is_within(value, low, high):
            yield f"models.drift.{name} = {value} must be in {low} … {high}"
    if 0 < settings.rows < _FEWEST_ROWS:
        yield f"models.drift.rows = {settings.rows} shows nothing: {_FEWEST_ROWS} are needed, or 0 for none"
