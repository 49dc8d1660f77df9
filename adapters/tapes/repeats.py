"""Rows that repeat the time of another row: equal ones are read once, differing ones are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from operator import gt, lt

from adapters.tapes.columns import TIME
from adapters.tapes.table import Table


@dataclass(frozen=True, slots=True)
class Distinct:
    """A table with one row for each time, its open times, and the numbers of the rows that were left out."""

    table: Table
    opened: Sequence[datetime]
    repeats: Sequence[int]


def distinct(table: Table, opened: Sequence[datetime]) -> Distinct:
    """Leaves out rows whose time and figures equal those of an earlier row.

    Raises InvalidTape at the first row that has the time of an earlier row and another figure.
    """
    if _is_ordered(opened) or len(set(opened)) == len(opened):
        return Distinct(table, opened, ())
    first: dict[datetime, int] = {}
    for index, time in enumerate(opened):
        _check_equal(table, first.setdefault(time, index), index)
    kept = list(first.values())
    return Distinct(
        table.taking(kept),
        [opened[index] for index in kept],
        [table.numbers[index] for index in sorted(set(range(len(opened))) - set(kept))],
    )


def _is_ordered(opened: Sequence[datetime]) -> bool:
    """Whether the times rise or fall throughout; the comparison is faster than a set."""
    return all(map(lt, opened, opened[1:])) or all(map(gt, opened, opened[1:]))


def _check_equal(table: Table, one: int, other: int) -> None:
    for name, texts in table.columns.items():
        if name != TIME and texts[one] != texts[other] and not _same(texts[one], texts[other]):
            raise table.fault(
                other,
                f"repeats the time of row {table.numbers[one]} with another {name}, {texts[other]!r} instead of "
                f"{texts[one]!r}: remove the wrong row",
            )


def _same(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
