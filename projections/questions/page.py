"""One page of a listing: a number of rows after or before a cursor, and whether the list has more rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    FromClause,
    Integer,
    RowMapping,
    Select,
    bindparam,
    func,
    select,
    tuple_,
)

from domain.errors import InvalidInput
from projections.columns import recorded
from projections.questions.cursor import Cursors, RowPlace
from projections.questions.listing import KEY, Listing
from projections.source import Source

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page to return: the first `first` rows after the cursor `after`, or the last `last` rows before the cursor
    `before`. The `skip` rows next to the cursor are left out. `by` names the sort order."""

    by: str
    descending: bool
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    skip: int = 0

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


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """A page of `count` rows as its columns: `columns` has the values of each column in list order, as the database has
    them (`projections.columns.recorded`); `cursors` makes the cursor of each row."""

    count: int
    columns: Sequence[Sequence[Any]]
    cursors: Callable[[], Sequence[str]] = field(repr=False)
    has_next: bool
    has_previous: bool


def page(source: Source, listing: Listing, wanted: Wanted) -> Page:
    """One page of the list. Raises InvalidInput for an invalid cursor, for `first` together with `last`, and for a
    negative `skip`."""
    rows = source.table(listing.table)
    result = _found(source, listing, wanted, rows, _read(rows, listing.unread)).mappings().all()
    kept, has_next, has_previous = _cut(result, wanted)
    to_cursor = partial(_cursor_of, source.cursors, order_of(listing, wanted), listing.orders[wanted.by])
    return Page(kept, to_cursor, has_next=has_next, has_previous=has_previous)


def recorded_page(source: Source, listing: Listing, wanted: Wanted, names: tuple[str, ...]) -> RecordedPage:
    """The same page, of which only the columns `names` are read, and not converted. Raises what `page` raises."""
    rows = source.table(listing.table)
    read = _recorded(rows, names, _columns(listing, wanted), source.connection.dialect.name)
    result = _found(source, listing, wanted, rows, read).all()
    kept, has_next, has_previous = _cut(result, wanted)
    columns = list(zip(*kept, strict=True)) or [()] * len(read)
    places = columns[len(names)], columns[-1]
    cursors = partial(source.cursors.encode_all, order_of(listing, wanted), *places)
    return RecordedPage(
        len(kept), columns[: len(names)], cursors, has_next=has_next, has_previous=has_previous
    )


def _found(
    source: Source, listing: Listing, wanted: Wanted, rows: FromClause, read: tuple[ColumnElement[Any], ...]
) -> CursorResult[Any]:
    """The rows of the page and one more, if there is one. Raises what `page` raises."""
    if wanted.first is not None and wanted.last is not None:
        raise InvalidInput("give `first` or `last`, not both")
    if wanted.skip < 0:
        raise InvalidInput(f"`skip` is a number of entries from 0, not {wanted.skip}")
    statement = _ordered(rows, read, _columns(listing, wanted), _shape(wanted))
    if wanted.filters:
        statement = statement.where(listing.condition(source, rows, wanted.filters))
    places = _values(wanted, partial(source.cursors.decode, order_of(listing, wanted)))
    return source.connection.execute(statement, {_SIZE: wanted.size + 1, _SKIP: wanted.skip, **places})


def _cut(found: Sequence[_Row], wanted: Wanted) -> tuple[Sequence[_Row], bool, bool]:
    """The rows of the page in list order; whether the list has rows after these, and rows before these."""
    more, kept = len(found) > wanted.size, found[: wanted.size]
    if wanted.backwards:
        return kept[::-1], wanted.before is not None or wanted.skip > 0, more
    return kept, more, wanted.after is not None or wanted.skip > 0


@lru_cache(maxsize=256)
def _read(rows: FromClause, unread: frozenset[str]) -> tuple[ColumnElement[Any], ...]:
    return tuple(column for column in rows.c if column.name not in unread)


@lru_cache(maxsize=1024)
def _recorded(
    rows: FromClause, names: tuple[str, ...], ordered: tuple[str, ...], dialect: str
) -> tuple[ColumnElement[Any], ...]:
    """The columns as they are recorded, and those that a cursor is made of, converted."""
    places = (rows.c[name].label(f"place_{name}") for name in ordered)
    return (*(recorded(rows.c[name], dialect).label(f"recorded_{name}") for name in names), *places)


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


@dataclass(frozen=True, slots=True)
class _Shape:
    """The parts of a page that its statement depends on, other than the filters."""

    falling: bool
    greater_after: bool | None
    greater_before: bool | None


def _shape(wanted: Wanted) -> _Shape:
    return _Shape(
        falling=wanted.descending is not wanted.backwards,
        greater_after=None if wanted.after is None else not wanted.descending,
        greater_before=None if wanted.before is None else wanted.descending,
    )


def _columns(listing: Listing, wanted: Wanted) -> tuple[str, ...]:
    """The columns by which the list is ordered."""
    column = listing.orders[wanted.by]
    return (KEY,) if column == KEY else (column, KEY)


@lru_cache(maxsize=1024)
def _ordered(
    rows: FromClause, read: tuple[ColumnElement[Any], ...], names: tuple[str, ...], shape: _Shape
) -> Select[Any]:
    """The statement of a page without filters. It is made once, because SQLAlchemy takes as long for it as the database
    takes to answer it. `read` is the same tuple for the same columns: columns are compared by identity."""
    columns = [rows.c[name] for name in names]
    statement = (
        select(*read).limit(bindparam(_SIZE, type_=Integer())).offset(bindparam(_SKIP, type_=Integer()))
    )
    for end, greater in ((_AFTER, shape.greater_after), (_BEFORE, shape.greater_before)):
        if greater is not None:
            statement = statement.where(_beyond(columns, end, greater=greater))
    return statement.order_by(*(column.desc() if shape.falling else column.asc() for column in columns))


def _beyond(columns: Sequence[ColumnElement[Any]], end: str, *, greater: bool) -> ColumnElement[bool]:
    parts = _PARTS[-len(columns) :]
    bound = [
        bindparam(f"{end}_{part}", type_=column.type) for part, column in zip(parts, columns, strict=True)
    ]
    left, right = (columns[0], bound[0]) if len(columns) == 1 else (tuple_(*columns), tuple_(*bound))
    return left > right if greater else left < right


def _values(wanted: Wanted, place_of: Callable[[str], RowPlace]) -> Mapping[str, Any]:
    """The values of the statement's cursors. Raises InvalidInput for an invalid cursor."""
    found: dict[str, Any] = {}
    for end, cursor in ((_AFTER, wanted.after), (_BEFORE, wanted.before)):
        if cursor is not None:
            place = place_of(cursor)
            found |= {f"{end}_value": place.value, f"{end}_ordinal": place.ordinal}
    return found


_SIZE, _SKIP, _AFTER, _BEFORE = "page_size", "page_skip", "page_after", "page_before"
_PARTS = ("value", "ordinal")
