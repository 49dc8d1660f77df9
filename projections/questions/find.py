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
    """The row with this key, of any account where `account` is None; None where there is no such row."""
    rows = source.table(table)
    owned = rows.c.account.in_(_accounts(source)) if account is None else rows.c.account == account
    named = (rows.c[name] == value for name, value in key.items())
    return source.connection.execute(select(rows).where(owned, *named)).mappings().first()


def _accounts(source: Source) -> Select[Any]:
    """Every account: the first column of the keys, which a query must restrict to use their index."""
    return select(source.table("accounts").c.account)


def by_key(source: Source, keys: Keys, table: str, columns: Sequence[str]) -> Mapping[Key, RowMapping]:
    """The rows whose `columns` are one of `keys`, by key; keys without a row are left out."""
    rows = source.table(table)
    wanted = is_one_of([rows.c[name] for name in columns], keys)
    found = source.connection.execute(select(rows).where(wanted)).mappings()
    return {tuple(row[name] for name in columns): row for row in found}


def many_by_key(
    source: Source, keys: Keys, most: int, table: str, columns: Sequence[str]
) -> Mapping[Key, Rows]:
    """The rows whose `columns` are one of `keys`, by key; the first `most` of each in the order of the log."""
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
    """The selected `rows`, grouped by the values of `by`; the first `most` of each group in the order of the log."""
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

    Written as equalities and one IN, for which both databases use an index; most keys differ in the last value only.
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
