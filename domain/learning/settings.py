"""How a model is trained, validated and judged."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import InvalidSettings

MICROSECONDS_PER_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """A trade is let through where its confidence is at least `confidence`, its risk below `risk` (both 0..1) and its
    expected return above `expected_return` (a fraction).
    """

    confidence: float = 0.65
    risk: float = 0.3
    expected_return: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Defaults give a score well under 100 µs (`docs/models.md`).

    `trees` is the number of trees of each head, `depth` their most splits on a path, `leaves` their most leaves, and
    `least_rows` the fewest rows of a leaf. `learning_rate` is the shrinkage of boosting, `forest_rows` the most rows of
    which a tree of the forest is made. `calibration_share` of the training rows, the newest, calibrate. `tests` is the
    number of tests of the walk-forward. No row trains whose label was known less than `embargo_hours` before the first
    signal of the rows on which it is tried.
    """

    trees: int = 32
    depth: int = 5
    leaves: int = 12
    least_rows: int = 20
    learning_rate: float = 0.08
    forest_rows: int = 20_000
    calibration_share: float = 0.25
    tests: int = 5
    embargo_hours: int = 24
    thresholds: Thresholds = Thresholds()

    def __post_init__(self) -> None:
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if not least <= value <= most:
                raise InvalidSettings(f"training: {name} must be from {least:g} to {most:g}, not {value:g}")

    @property
    def embargo(self) -> int:
        """The embargo in microseconds."""
        return self.embargo_hours * MICROSECONDS_PER_HOUR


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("trees", 1, 1_000),
    ("depth", 1, 16),
    ("leaves", 2, 256),
    ("least_rows", 1, 1_000_000),
    ("learning_rate", 0.001, 1),
    ("forest_rows", 100, 10_000_000),
    ("calibration_share", 0.1, 0.5),
    ("tests", 1, 100),
    ("embargo_hours", 0, 10_000),
)
