"""A store whose lists of orders and of events are long: the rows of a short log, repeated.

A log of 100,000 orders takes minutes to trade and to project. The API reads the rows of a list from the store alone, so
copies of rows show the same speed. The journal's index of words does not have the copies.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Table, Text, cast, func, insert, literal, select

from infra.config import load
from infra.store import open_store
from projections.builds import live, tables_of
from projections.catalogue import PROJECTIONS
from projections.store import writing

_OWN = {"orders": ("id", "venue_order_id"), "journal": ("event_id",)}
"""For each read model the columns whose text differs from row to row."""
_ORDINALS = frozenset({"ordinal", "updated_ordinal"})


def lengthen(store: Path, rows: int) -> None:
    """Repeats the rows of orders and of the journal in the SQLite store until each list has at least so many.

    The copies have ids of their own and ordinals below 1, so that the journal's last event stays that of the
    log. No program may have the store open.
    """
    engine = open_store(load(store=f"sqlite:///{store}"))
    with writing(engine) as connection:
        found = live(connection)
        for name, own in _OWN.items():
            _repeat(connection, tables_of(PROJECTIONS[name], found[name])[name], own, rows)
    engine.dispose()


def _repeat(connection: Connection, table: Table, own: tuple[str, ...], rows: int) -> None:
    """Each copy of the table's rows ends before the first ordinal of the one before."""
    count, last = connection.execute(select(func.count(), func.max(table.c.ordinal)).select_from(table)).one()
    for copy in range(1, -(-rows // count)):
        moved = {
            **{name: cast(table.c[name], Text) + literal(f"-{copy}") for name in own},
            **{name: table.c[name] - copy * last for name in _ORDINALS & set(table.c.keys())},
        }
        copied = select(*(moved.get(column.name, column) for column in table.c)).where(table.c.ordinal > 0)
        connection.execute(insert(table).from_select(list(table.c.keys()), copied))
