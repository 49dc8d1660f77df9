"""A versioned table of features."""

from __future__ import annotations

from msgspec import Struct


class Feature(Struct, frozen=True, kw_only=True):
    """One row of the table: `name`, `formula` and `source` in words, the `units`, and the `window` that is read.

    `is_calendar`: it follows from date and time alone, so its drift is not measured.
    """

    name: str
    formula: str
    units: str
    window: str
    source: str
    is_calendar: bool = False


class FeatureSet(Struct, frozen=True):
    """Features in their order. A changed formula, order or name is a new version; old versions stay."""

    name: str
    version: int
    features: tuple[Feature, ...]

    @property
    def id(self) -> str:
        """Name and version, as `core.1`."""
        return f"{self.name}.{self.version}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the features, in the order of a row's values."""
        return tuple(one.name for one in self.features)

    @property
    def calendar(self) -> frozenset[str]:
        """The names of the features of date and time."""
        return frozenset(one.name for one in self.features if one.is_calendar)


class FeatureRow(Struct, frozen=True, gc=False):
    """The values of the features of one signal, in the order of the set; None is missing."""

    feature_set: str
    values: tuple[float | None, ...]
