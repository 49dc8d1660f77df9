"""The rows of one build during a batch. A row is read from the store once, changed in memory, and written at the
batch's end.

A fold may put a row that it has not looked up. Such a row replaces the store's row with the same key, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from projections.projection import Key, Row
from projections.tables import TableSpec

Load = Callable[[str, Key], Row | None]
"""Reads a row that is not in memory from the store, by table and key; None where the store has no such row."""

_HELD = 25_000
"""When a table has more rows than this in memory after a batch, they become its older rows, and the previous older rows
are discarded."""
_KEYS = 500_000
"""If a build was made from the first event and has at most this many keys, all its keys are kept in memory: a row
with another key is not looked up in the store."""
_FEW = 256
"""The limit of both at the end of the log. Few events arrive there, so that a row can be read from the store; and a
program that follows a log for weeks must not keep a row and a key for each order and signal that there ever was."""


_OF_ONE_EVENT = ("ordinal",)
"""The key of tables whose rows belong to one event each. An event is folded once, so the store has no row with the key
of an event that is folded now."""


def _key_of(names: Sequence[str]) -> Callable[[Row], Key]:
    """A function that returns the values of these columns of a row, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    (name,) = names
    return lambda row: (row[name],)


class TableRows:
    """One table's rows in memory. If no fold has read the table, only the keys of its rows are kept after a batch.

    `stored` has the keys of rows that the store has or may have; a dirty row with another key is new.
    """

    __slots__ = (
        "_has_all_keys",
        "_is_of_events",
        "_is_read",
        "_load",
        "_older",
        "dirty",
        "key_of",
        "known",
        "name",
        "stored",
    )

    def __init__(self, spec: TableSpec, load: Load) -> None:
        self.name = spec.name
        self.key_of = _key_of(spec.key)
        self._is_of_events = spec.key == _OF_ONE_EVENT
        self._load = load
        self._is_read = False
        self._has_all_keys = False
        self._older: dict[Key, Row | None] = {}
        self.known: dict[Key, Row | None] = {}
        self.dirty: dict[Key, Row] = {}
        self.stored: set[Key] = set()

    @property
    def held(self) -> int:
        """The number of rows and keys in memory."""
        return len(self.known) + len(self._older) + len(self.stored)

    def find(self, key: Key) -> Row | None:
        """The current row. It is read from the store if it is not in memory and the store may have it."""
        self._is_read = True
        if key in self.known:
            return self.known[key]
        row = self.known[key] = self._found(key)
        return row

    def put(self, key: Key, row: Row) -> None:
        """Changes the row. If nothing shows that the store lacks it, it counts as stored."""
        if key not in self.known and not self._has_all_keys and not self._is_of_events:
            self.stored.add(key)
        self.known[key] = self.dirty[key] = row

    def _found(self, key: Key) -> Row | None:
        if key in self._older:
            return self._older.pop(key)
        if self._has_all_keys and key not in self.stored:
            return None
        row = self._load(self.name, key)
        if row is not None:
            self.stored.add(key)
        return row

    def written(self, *, few: bool = False) -> None:
        """Marks the changed rows as written to the store. With `few`, at the end of the log, few rows are held."""
        if self._is_of_events and not self._is_read:
            self.forget()
            return
        self.stored.update(self.dirty)
        self.dirty.clear()
        if not self._is_read:
            self.known.clear()
            self._forget_keys(_FEW if few else _KEYS)
        elif len(self.known) > (_FEW if few else _HELD):
            self._older, self.known = self.known, {}
            self._forget_keys(_FEW if few else _KEYS)

    def forget(self, *, empty: bool = False) -> None:
        """Discards all rows in memory. With `empty` (the store's table has no rows), only keys written later are looked
        up in the store."""
        self._older.clear()
        self.known.clear()
        self.dirty.clear()
        self.stored.clear()
        self._has_all_keys = empty

    def _forget_keys(self, most: int) -> None:
        if not self._has_all_keys or len(self.stored) > most:
            self._has_all_keys = False
            self.stored.intersection_update(self._older)


class MemoryRows:
    """The rows of a build in memory (`projections.projection.Rows`); rows not in memory are read from the store.

    If a fold fails, `undo` removes all rows that it has put, so none of them is written.
    """

    __slots__ = ("_undo", "tables")

    def __init__(self, specs: tuple[TableSpec, ...], load: Load) -> None:
        self.tables = {spec.name: TableRows(spec, load) for spec in specs}
        self._undo: list[tuple[TableRows, Key, Row | None, Row | None]] = []

    @property
    def held(self) -> int:
        """The number of rows and keys in memory, of all tables."""
        return sum(rows.held for rows in self.tables.values())

    def find(self, table: str, *key: Any) -> Row | None:
        """See `projections.projection.Rows`."""
        return self.tables[table].find(key)

    def get(self, table: str, *key: Any) -> Row:
        """See `projections.projection.Rows`."""
        row = self.tables[table].find(key)
        if row is None:
            raise _missing(table, key)
        return row

    def put(self, table: str, row: Row) -> None:
        """See `projections.projection.Rows`."""
        rows = self.tables[table]
        key = rows.key_of(row)
        self._undo.append((rows, key, rows.known.get(key), rows.dirty.get(key)))
        rows.put(key, row)

    def put_last(self) -> Mapping[str, Mapping[Key, Row]]:
        """The rows put since the last `kept`, by table and key."""
        put: dict[str, dict[Key, Row]] = {}
        for rows, key, _, _ in self._undo:
            put.setdefault(rows.name, {})[key] = rows.dirty[key]
        return put

    def kept(self) -> None:
        """Keeps the rows that the last fold has put; `undo` no longer removes them."""
        self._undo.clear()

    def undo(self) -> None:
        """Undoes every put since the last `kept`."""
        for rows, key, known, dirty in reversed(self._undo):
            _restore(rows.known, key, known)
            _restore(rows.dirty, key, dirty)
        self._undo.clear()

    def changes(self) -> Iterator[tuple[str, Mapping[Key, Row], set[Key]]]:
        """Each changed table's name, its changed rows by key, and the keys that the store has or may have."""
        for rows in self.tables.values():
            if rows.dirty:
                yield rows.name, rows.dirty, rows.stored

    def written(self, *, few: bool = False) -> None:
        """Marks all changed rows as written to the store; see `TableRows.written`."""
        for rows in self.tables.values():
            rows.written(few=few)

    def forget(self, *, empty: bool = False) -> None:
        """Discards all rows in memory, where another process may have changed the store. `empty`: the store has no
        rows."""
        self._undo.clear()
        for rows in self.tables.values():
            rows.forget(empty=empty)


class HeldRows:
    """The rows of one whole reading of a log (`projections.projection.Rows`): no store has any, and nothing is undone.

    `tables` has the rows of each table by their keys, in the order in which the keys were first put.
    """

    __slots__ = ("_key_of", "tables")

    def __init__(self, specs: Sequence[TableSpec]) -> None:
        self._key_of = {spec.name: _key_of(spec.key) for spec in specs}
        self.tables: Mapping[str, dict[Key, Row]] = {spec.name: {} for spec in specs}

    def find(self, table: str, *key: Any) -> Row | None:
        """See `projections.projection.Rows`."""
        return self.tables[table].get(key)

    def get(self, table: str, *key: Any) -> Row:
        """See `projections.projection.Rows`."""
        row = self.tables[table].get(key)
        if row is None:
            raise _missing(table, key)
        return row

    def put(self, table: str, row: Row) -> None:
        """See `projections.projection.Rows`."""
        self.tables[table][self._key_of[table](row)] = row


def _missing(table: str, key: Key) -> KeyError:
    return KeyError(f"{table} has no row {', '.join(map(str, key))}: what it begins with was not projected")


def _restore(rows: dict[Key, Any], key: Key, row: Row | None) -> None:
    """Puts the earlier row back; where `row` is None the key had no row in memory and is removed."""
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row
