"""The rows of one build while events are folded: read once, changed in memory, written at the end of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from projections.projection import Key, Row
from projections.tables import TableSpec

Load = Callable[[str, Key], Row | None]
"""How a row is read that is not in memory: by table and key; None where there is none."""

_HELD = 25_000
"""Rows a table keeps in memory between batches, and as many older ones; what is asked for again later is read again."""
_KEYS = 500_000
"""Keys a table remembers of a build that was made from zero: a row that is not among them need not be looked for."""


class TableRows:
    """One table's rows in memory; those of a table that no fold has ever asked for are not kept."""

    __slots__ = ("_asked", "_load", "_older", "_whole", "dirty", "key", "known", "name", "stored")

    def __init__(self, spec: TableSpec, load: Load) -> None:
        self.name = spec.name
        self.key = spec.key
        self._load = load
        self._asked = False
        self._whole = False
        self._older: dict[Key, Row | None] = {}
        self.known: dict[Key, Row | None] = {}
        self.dirty: dict[Key, Row] = {}
        self.stored: set[Key] = set()

    def find(self, key: Key) -> Row | None:
        """The row as it is now; read from the store where it is not in memory and may be there."""
        self._asked = True
        if key in self.known:
            return self.known[key]
        row = self.known[key] = self._found(key)
        return row

    def _found(self, key: Key) -> Row | None:
        if key in self._older:
            return self._older.pop(key)
        if self._whole and key not in self.stored:
            return None
        row = self._load(self.name, key)
        if row is not None:
            self.stored.add(key)
        return row

    def written(self) -> None:
        """What was dirty is in the store now."""
        if not self._asked:
            self.forget()
            return
        self.stored.update(self.dirty)
        self.dirty.clear()
        if len(self.known) > _HELD:
            self._older, self.known = self.known, {}
            self._forget_keys()

    def forget(self, *, empty: bool = False) -> None:
        """Nothing in memory counts any more; where the table is `empty`, nothing need be looked for."""
        self._older.clear()
        self.known.clear()
        self.dirty.clear()
        self.stored.clear()
        self._whole = empty

    def _forget_keys(self) -> None:
        if not self._whole or len(self.stored) > _KEYS:
            self._whole = False
            self.stored.intersection_update(self._older)


class MemoryRows:
    """The rows a build's projection sees (`projections.projection.Rows`), over whatever holds them in the end.

    A fold that fails is undone as a whole: nothing of it is written.
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
        """What was put since the last event that was folded whole, by table and key."""
        put: dict[str, dict[Key, Row]] = {}
        for rows, key, _, _ in self._undo:
            put.setdefault(rows.name, {})[key] = rows.dirty[key]
        return put

    def kept(self) -> None:
        """The event was folded whole."""
        self._undo.clear()

    def undo(self) -> None:
        """Takes back whatever was put since the last event that was folded whole."""
        for rows, key, known, dirty in reversed(self._undo):
            _restore(rows.known, key, known)
            _restore(rows.dirty, key, dirty)
        self._undo.clear()

    def changes(self) -> Iterator[tuple[str, Mapping[Key, Row], set[Key]]]:
        """Each table's changed rows by key, and the keys that the store has already."""
        for rows in self.tables.values():
            if rows.dirty:
                yield rows.name, rows.dirty, rows.stored

    def written(self) -> None:
        """All changes are in the store now."""
        for rows in self.tables.values():
            rows.written()

    def forget(self, *, empty: bool = False) -> None:
        """Nothing in memory counts any more: the store may have been written by another. `empty`: it has no rows."""
        self._undo.clear()
        for rows in self.tables.values():
            rows.forget(empty=empty)


def _restore(rows: dict[Key, Any], key: Key, row: Row | None) -> None:
    """A row that was not in memory is read again when it is asked for."""
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row
