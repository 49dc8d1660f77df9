"""One measured figure, as a row of the benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is in `unit`; `limit` is the worst acceptable value (None: no limit); `note` gives the method."""

    name: str
    value: float
    unit: str
    limit: float | None
    note: str
