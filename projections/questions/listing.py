"""Lists of a read model's rows: the filters and the sort orders that a list allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, true

from domain.errors import InvalidInput
from projections.source import Source

Test = Callable[[Source, FromClause, Any], ColumnElement[bool]]
"""A filter: returns the condition for a given value. The condition may query other tables of the same source."""

_MOST_VALUES = 200

KEY = "ordinal"
"""The last column of every listing's order; it is unique in each listing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A table's rows as a list. `tests` holds the condition of each filter, by the filter's name; `orders` holds the
    column of each sort order, by the order's name. These columns are never NULL. `unread` are columns that no entry of
    the list shows; they are not read."""

    table: str
    tests: Mapping[str, Test]
    orders: Mapping[str, str]
    unread: frozenset[str] = frozenset()

    def condition(self, source: Source, rows: FromClause, filters: Mapping[str, Any]) -> ColumnElement[bool]:
        """The condition of all filters together; a filter of None is ignored.

        Raises InvalidInput for a filter that this list does not have.
        """
        unknown = filters.keys() - self.tests.keys()
        if unknown:
            raise InvalidInput(f"{self.table} cannot be filtered by {', '.join(sorted(unknown))}")
        conditions = [
            self.tests[name](source, rows, value) for name, value in filters.items() if value is not None
        ]
        return and_(true(), *conditions)


def equal(column: str) -> Test:
    """A filter: the column equals the value."""
    return lambda _, rows, value: rows.c[column] == value


def among(column: str) -> Test:
    """A filter: the column equals one of the values. Its condition raises InvalidInput for more than 200 values."""
    return lambda _, rows, values: rows.c[column].in_(_few(column, values))


def _few(column: str, values: Sequence[Any]) -> Sequence[Any]:
    if len(values) > _MOST_VALUES:
        raise InvalidInput(f"{column} is compared with at most {_MOST_VALUES} values, not {len(values):,}")
    return values


def at_least(column: str) -> Test:
    """A filter: the column is greater than or equal to the value."""
    return lambda _, rows, value: rows.c[column] >= value


def at_most(column: str) -> Test:
    """A filter: the column is less than or equal to the value."""
    return lambda _, rows, value: rows.c[column] <= value


def before(column: str) -> Test:
    """A filter: the column is less than the value (for times: earlier)."""
    return lambda _, rows, value: rows.c[column] < value


def common(time: str, *columns: str) -> Mapping[str, Test]:
    """The filters that lists share: equality of `account` and of each of `columns`; `since` and `before`, which compare
    the column `time`; `after_ordinal`."""
    named: Sequence[str] = ("account", *columns)
    return {
        **{name: equal(name) for name in named},
        "since": at_least(time),
        "before": before(time),
        "after_ordinal": lambda _, rows, value: rows.c[KEY] > value,
    }
