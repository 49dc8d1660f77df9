"""The rows of one build during a batch: read from the store once, changed in memory, written at the batch's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from projections.projection import Key, Row
from projections.tables import TableSpec

Load = Callable[[str, Key], Row | None]
"""Reads a row that is not in memory, by table and key; None where there is none."""

_HELD = 25_000
"""Rows that a table keeps in memory between batches, and as many older ones; other rows are read from the store."""
_KEYS = 500_000
"""The most keys a table remembers of a build made from the first event: the store has no row with another key."""


class TableRows:
    """One table's rows in memory; rows of a table that no fold has read are not kept between batches."""

    __slots__ = ("_has_all_keys", "_is_read", "_load", "_older", "dirty", "key", "known", "name", "stored")

    def __init__(self, spec: TableSpec, load: Load) -> None:
        self.name = spec.name
        self.key = spec.key
        self._load = load
        self._is_read = False
        self._has_all_keys = False
        self._older: dict[Key, Row | None] = {}
        self.known: dict[Key, Row | None] = {}
        self.dirty: dict[Key, Row] = {}
        self.stored: set[Key] = set()

    def find(self, key: Key) -> Row | None:
        """The current row; read from the store where it is not in memory and the store may have it."""
        self._is_read = True
        if key in self.known:
            return self.known[key]
        row = self.known[key] = self._found(key)
        return row

    def _found(self, key: Key) -> Row | None:
        if key in self._older:
            return self._older.pop(key)
        if self._has_all_keys and key not in self.stored:
            return None
        row = self._load(self.name, key)
        if row is not None:
            self.stored.add(key)
        return row

    def written(self) -> None:
        """Marks the changed rows as written to the store."""
        if not self._is_read:
            self.forget()
            return
        self.stored.update(self.dirty)
        self.dirty.clear()
        if len(self.known) > _HELD:
            self._older, self.known = self.known, {}
            self._forget_keys()

    def forget(self, *, empty: bool = False) -> None:
        """Discards all rows in memory; if the store's table is `empty`, no row is looked up there until it has one."""
        self._older.clear()
        self.known.clear()
        self.dirty.clear()
        self.stored.clear()
        self._has_all_keys = empty

    def _forget_keys(self) -> None:
        if not self._has_all_keys or len(self.stored) > _KEYS:
            self._has_all_keys = False
            self.stored.intersection_update(self._older)


class MemoryRows:
    """The rows of a build in memory (`projections.projection.Rows`), on top of the rows in the store.

    A fold that fails is undone as a whole: none of its rows is written.
    """

    __slots__ = ("_undo", "tables")

    def __init__(self, specs: tuple[TableSpec, ...], load: Load) -> None:
        self.tables = {spec.name: TableRows(spec, load) for spec in specs}
        self._undo: list[tuple[TableRows, Key, Row | None, Row | None]] = []

    def find(self, table: str, *key: Any) -> Row | None:
        """See `projections.projection.Rows`."""
        return self.tables[table].find(key)

    def get(self, table: str, *key: Any) -> Row:
        """See `projections.projection.Rows`."""
        row = self.tables[table].find(key)
        if row is None:
            raise KeyError(
                f"{table} has no row {', '.join(map(str, key))}: what it begins with was not projected"
            )
        return row

    def put(self, table: str, row: Row) -> None:
        """See `projections.projection.Rows`."""
        rows = self.tables[table]
        key = tuple([row[name] for name in rows.key])
        self._undo.append((rows, key, rows.known.get(key), rows.dirty.get(key)))
        rows.known[key] = rows.dirty[key] = row

    def put_last(self) -> Mapping[str, Mapping[Key, Row]]:
        """The rows put since the last `kept`, by table and key."""
        put: dict[str, dict[Key, Row]] = {}
        for rows, key, _, _ in self._undo:
            put.setdefault(rows.name, {})[key] = rows.dirty[key]
        return put

    def kept(self) -> None:
        """Keeps the rows that were put by the event just folded."""
        self._undo.clear()

    def undo(self) -> None:
        """Undoes every put since the last `kept`."""
        for rows, key, known, dirty in reversed(self._undo):
            _restore(rows.known, key, known)
            _restore(rows.dirty, key, dirty)
        self._undo.clear()

    def changes(self) -> Iterator[tuple[str, Mapping[Key, Row], set[Key]]]:
        """Each table's name, its changed rows by key, and the keys that the store has already."""
        for rows in self.tables.values():
            if rows.dirty:
                yield rows.name, rows.dirty, rows.stored

    def written(self) -> None:
        """Marks all changed rows as written to the store."""
        for rows in self.tables.values():
            rows.written()

    def forget(self, *, empty: bool = False) -> None:
        """Discards all rows in memory: another process may have changed the store. `empty`: the store has no rows."""
        self._undo.clear()
        for rows in self.tables.values():
            rows.forget(empty=empty)


def _restore(rows: dict[Key, Any], key: Key, row: Row | None) -> None:
    """Puts the earlier row back; a row that was not in memory is read from the store when it is next needed."""
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row
