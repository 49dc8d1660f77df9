"""What can be asked of one table of a read model: by which tests its rows are chosen, by which columns ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, true

from domain.errors import InvalidInput
from projections.source import Source

Test = Callable[[Source, FromClause, Any], ColumnElement[bool]]
"""Whether a row is wanted, by the value that was given; other tables of the same source may be looked into."""

KEY = "ordinal"
"""Every listing's order ends in it: each row has an ordinal of the log of its own."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table's rows as a list. `tests` by the name of the filter; `orders` names columns that are never empty."""

    table: str
    tests: Mapping[str, Test]
    orders: Mapping[str, str]

    def condition(self, source: Source, rows: FromClause, filters: Mapping[str, Any]) -> ColumnElement[bool]:
        """What holds for every row that is wanted; a filter of None asks for nothing.

        Raises InvalidInput for a filter this list does not have.
        """
        unknown = filters.keys() - self.tests.keys()
        if unknown:
            raise InvalidInput(f"{self.table} cannot be chosen by {', '.join(sorted(unknown))}")
        asked = [
            self.tests[name](source, rows, value) for name, value in filters.items() if value is not None
        ]
        return and_(true(), *asked)


def equal(column: str) -> Test:
    """The column is the value."""
    return lambda _, rows, value: rows.c[column] == value


def among(column: str) -> Test:
    """The column is one of the values."""
    return lambda _, rows, values: rows.c[column].in_(values)


def at_least(column: str) -> Test:
    """The column is the value or more; of a time, then or later."""
    return lambda _, rows, value: rows.c[column] >= value


def at_most(column: str) -> Test:
    """The column is the value or less."""
    return lambda _, rows, value: rows.c[column] <= value


def before(column: str) -> Test:
    """The column is less than the value; of a time, earlier."""
    return lambda _, rows, value: rows.c[column] < value


def common(time: str, *columns: str) -> Mapping[str, Test]:
    """The tests that lists share: by account, by columns' values, from a time on and before one."""
    named: Sequence[str] = ("account", *columns)
    return {
        **{name: equal(name) for name in named},
        "since": at_least(time),
        "before": before(time),
        "after_ordinal": lambda _, rows, value: rows.c[KEY] > value,
    }
