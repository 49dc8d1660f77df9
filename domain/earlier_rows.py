"""The feature rows of the last scored signals, for models that read several rows of an instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from domain.most_rows import MOST_ROWS


class EarlierRow(Struct, frozen=True, gc=False):
    """The features of a signal that was recorded at `at` (UTC), in the order of their set; None is missing."""

    at: datetime
    values: tuple[float | None, ...]


EarlierRows = Mapping[tuple[str, str], tuple[EarlierRow, ...]]
"""By instrument and feature set: the rows of the last scored signals, oldest first."""


def with_row(rows: EarlierRows, instrument: str, feature_set: str, row: EarlierRow) -> EarlierRows:
    """The rows with one more; the oldest goes where there are `MOST_ROWS`."""
    place = instrument, feature_set
    return {**rows, place: (*rows.get(place, ()), row)[-MOST_ROWS:]}


def rows_before(
    rows: EarlierRows, instrument: str, feature_set: str, at: datetime
) -> Sequence[tuple[float | None, ...]]:
    """The values of the rows before this time, oldest first. Signals of one unit do not read each other's rows."""
    return [one.values for one in rows.get((instrument, feature_set), ()) if one.at < at]
