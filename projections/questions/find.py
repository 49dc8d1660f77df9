"""Rows by their keys: one row, or the rows of many keys in one query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, false, func, or_, select

from projections.questions.listing import KEY
from projections.source import Source

Key = tuple[Any, ...]
Keys = Sequence[Key]
Rows = Sequence[RowMapping]

_OF = "of_"
_PLACE = "place_"


def one(source: Source, table: str, account: str | None, **key: Any) -> RowMapping | None:
    """The row with this key; the first one found in any account where `account` is None. None where no row has the
    key."""
    rows = source.table(table)
    owned = rows.c.account.in_(_accounts(source)) if account is None else rows.c.account == account
    named = (rows.c[name] == value for name, value in key.items())
    return source.connection.execute(select(rows).where(owned, *named)).mappings().first()


def _accounts(source: Source) -> Select[Any]:
    """The names of all accounts. A query restricts `account` to them, because the keys' indexes begin with it."""
    return select(source.table("accounts").c.account)


def by_key(source: Source, keys: Keys, table: str, columns: Sequence[str]) -> Mapping[Key, RowMapping]:
    """The rows whose values in `columns` are one of `keys`, by key; keys without a row are left out."""
    rows = source.table(table)
    wanted = is_one_of([rows.c[name] for name in columns], keys)
    found = source.connection.execute(select(rows).where(wanted)).mappings()
    return {tuple(row[name] for name in columns): row for row in found}


def many_by_key(
    source: Source, keys: Keys, most: int, table: str, columns: Sequence[str]
) -> Mapping[Key, Rows]:
    """The rows whose values in `columns` are one of `keys`, by key; for each key the first `most` in log order."""
    rows = source.table(table)
    named = [rows.c[name] for name in columns]
    return grouped(source, select(rows).where(is_one_of(named, keys)), named, rows, most)


def grouped(
    source: Source,
    statement: Select[Any],
    by: Sequence[ColumnElement[Any]],
    rows: FromClause,
    most: int,
) -> Mapping[Key, Rows]:
    """The rows that `statement` selects from `rows`, grouped by the values of `by`; for each group the first `most` in
    log order."""
    place = func.row_number().over(partition_by=by, order_by=rows.c[KEY]).label(_PLACE)
    keys = [column.label(f"{_OF}{number}") for number, column in enumerate(by)]
    ranked = statement.add_columns(*keys, place).subquery("ranked")
    chosen = select(ranked).where(ranked.c[_PLACE] <= most).order_by(ranked.c[KEY])
    names = [key.name for key in keys]
    found: dict[Key, list[RowMapping]] = defaultdict(list)
    for row in source.connection.execute(chosen).mappings():
        found[tuple(row[name] for name in names)].append(row)
    return found


def is_one_of(columns: Sequence[ColumnElement[Any]], keys: Keys) -> ColumnElement[bool]:
    """Whether the values of the columns are one of the keys.

    The condition is a set of equalities and an IN for the last column, because most keys differ only in their last
    value and both databases use an index for it.
    """
    lasts: dict[Key, list[Any]] = defaultdict(list)
    for key in keys:
        lasts[key[:-1]].append(key[-1])
    *firsts, last = columns
    return or_(
        false(),
        *(
            and_(*(column == value for column, value in zip(firsts, shared, strict=True)), last.in_(values))
            for shared, values in lasts.items()
        ),
    )
