"""One page of a listing: a number of rows after or before a cursor, and whether the list has more rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, func, literal, select, tuple_

from domain.errors import InvalidInput
from projections.questions.cursor import Cursors, RowPlace
from projections.questions.listing import KEY, Listing
from projections.source import Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page to return: the first `first` rows after the cursor `after`, or the last `last` rows before the cursor
    `before`. `by` names the sort order."""

    by: str
    descending: bool
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backwards(self) -> bool:
        """Whether `last` is given, so that the page is counted from the end of the list."""
        return self.last is not None

    @property
    def size(self) -> int:
        """The largest number of rows on the page.

        Raises InvalidInput where both `first` and `last` are missing, or the given one is negative.
        """
        size = self.first if self.last is None else self.last
        if size is None or size < 0:
            raise InvalidInput("give `first` or `last`, a whole number from 0")
        return size


@dataclass(frozen=True, slots=True)
class Page:
    """The rows in list order. `has_next`: the list has rows after these. `has_previous`: it has rows before these.
    `cursor_of` makes the cursor of one of the rows."""

    rows: Sequence[RowMapping]
    cursor_of: Callable[[RowMapping], str] = field(repr=False)
    has_next: bool
    has_previous: bool


def page(source: Source, listing: Listing, wanted: Wanted) -> Page:
    """One page of the list. Raises InvalidInput for an invalid cursor, and for `first` together with `last`."""
    if wanted.first is not None and wanted.last is not None:
        raise InvalidInput("give `first` or `last`, not both")
    rows = source.table(listing.table)
    order = order_of(listing, wanted)
    statement = _between(
        select(rows).where(listing.condition(source, rows, wanted.filters)),
        rows,
        listing,
        wanted,
        partial(source.cursors.decode, order),
    )
    found = source.connection.execute(statement.limit(wanted.size + 1)).mappings().all()
    more = len(found) > wanted.size
    kept = found[: wanted.size]
    to_cursor = partial(_cursor_of, source.cursors, order, listing.orders[wanted.by])
    if wanted.backwards:
        return Page(kept[::-1], to_cursor, has_next=wanted.before is not None, has_previous=more)
    return Page(kept, to_cursor, has_next=more, has_previous=wanted.after is not None)


def count(source: Source, listing: Listing, filters: Mapping[str, Any]) -> int:
    """The exact number of rows on all pages together."""
    rows = source.table(listing.table)
    statement = select(func.count()).select_from(rows).where(listing.condition(source, rows, filters))
    return int(source.connection.execute(statement).scalar_one())


def order_of(listing: Listing, wanted: Wanted) -> str:
    """The name of the list with its sort order, which each cursor contains; a cursor is valid only for this name."""
    return f"{listing.table}.{wanted.by}.{'DESC' if wanted.descending else 'ASC'}"


def _cursor_of(cursors: Cursors, order: str, column: str, row: RowMapping) -> str:
    return cursors.encode(order, RowPlace(row[column], row[KEY]))


def _between(
    statement: Select[Any],
    rows: FromClause,
    listing: Listing,
    wanted: Wanted,
    place_of: Callable[[str], RowPlace],
) -> Select[Any]:
    column = listing.orders[wanted.by]
    names = (KEY,) if column == KEY else (column, KEY)
    columns = [rows.c[name] for name in names]
    if wanted.after is not None:
        place = place_of(wanted.after)
        statement = statement.where(_beyond(columns, place, greater=not wanted.descending))
    if wanted.before is not None:
        place = place_of(wanted.before)
        statement = statement.where(_beyond(columns, place, greater=wanted.descending))
    falling = wanted.descending is not wanted.backwards
    return statement.order_by(*(column.desc() if falling else column.asc() for column in columns))


def _beyond(columns: Sequence[ColumnElement[Any]], place: RowPlace, *, greater: bool) -> ColumnElement[bool]:
    values = (place.value, place.ordinal)[-len(columns) :]
    bound = [literal(value, column.type) for value, column in zip(values, columns, strict=True)]
    left, right = (columns[0], bound[0]) if len(columns) == 1 else (tuple_(*columns), tuple_(*bound))
    return left > right if greater else left < right
