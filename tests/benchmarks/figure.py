"""One measured figure, as a row of the benchmark table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` in `unit`; `limit` is what it should not be worse than (None: told for scale); `note` says how it
    was measured."""

    name: str
    value: float
    unit: str
    limit: float | None
    note: str
