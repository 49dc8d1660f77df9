"""Rows by their keys: one, or those of many at once in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, tuple_

from projections.questions.listing import KEY
from projections.source import Source

Rows = Sequence[RowMapping]
Keys = Sequence[tuple[Any, ...]]


def one(source: Source, table: str, account: str | None, **key: Any) -> RowMapping | None:
    """The row with this key, of any account where none is named; None where there is none."""
    rows = source.table(table)
    owned = rows.c.account.in_(_accounts(source)) if account is None else rows.c.account == account
    named = (rows.c[name] == value for name, value in key.items())
    return source.connection.execute(select(rows).where(owned, *named)).mappings().first()


def _accounts(source: Source) -> Select[Any]:
    """Every account there is: keys begin with it, and an index is read by its beginning."""
    return select(source.table("accounts").c.account)


def by_key(
    source: Source, table: str, columns: Sequence[str], keys: Keys
) -> Mapping[tuple[Any, ...], RowMapping]:
    """The rows whose `columns` are one of `keys`, by them; keys that no row has are left out."""
    rows = source.table(table)
    named = [rows.c[name] for name in columns]
    found = source.connection.execute(select(rows).where(is_one_of(named, keys))).mappings()
    return {tuple(row[name] for name in columns): row for row in found}


def is_one_of(columns: Sequence[ColumnElement[Any]], keys: Keys) -> ColumnElement[bool]:
    """The columns together are one of the keys."""
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(list(keys))


def many_by_key(
    source: Source, table: str, columns: Sequence[str], keys: Keys, most: int
) -> Mapping[tuple[Any, ...], Rows]:
    """For each key its rows in the order of the log, the first `most` of them."""
    rows = source.table(table)
    named = [rows.c[name] for name in columns]
    place = func.row_number().over(partition_by=named, order_by=rows.c[KEY]).label("place_")
    ranked = select(rows, place).where(is_one_of(named, keys)).subquery("ranked")
    statement = select(ranked).where(ranked.c.place_ <= most).order_by(ranked.c[KEY])
    found: dict[tuple[Any, ...], list[RowMapping]] = defaultdict(list)
    for row in source.connection.execute(statement).mappings():
        found[tuple(row[name] for name in columns)].append(row)
    return found
