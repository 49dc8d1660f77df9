"""A projection: the folds that turn events into rows of a read model, and the order in which they must run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol

from domain.log import Meta, Recorded
from projections.tables import TableSpec

Row = dict[str, Any]
"""A row by column names, without `partition`. A row is never changed in place: a changed row is a new dict."""

Key = tuple[Any, ...]


class Rows(Protocol):
    """The rows of a projection's tables, as its folds read and write them."""

    def find(self, table: str, *key: Any) -> Row | None:
        """The row with this key after all events folded so far; None where the key has no row."""
        ...

    def get(self, table: str, *key: Any) -> Row:
        """The row with this key. Raises KeyError where the key has no row: earlier events were not projected then."""
        ...

    def put(self, table: str, row: Row) -> None:
        """Adds the row, or replaces the row with the same key."""
        ...


Fold = Callable[[Rows, Recorded], None]


class Order(StrEnum):
    """Which events form a sequence, to be projected one after the other: the events of a stream, or of an account.

    No two sequences write the same row, so one sequence can be parked while the others are projected.
    """

    STREAM = "STREAM"
    ACCOUNT = "ACCOUNT"

    def sequence(self, meta: Meta) -> str:
        """The sequence that the event belongs to."""
        return meta.stream if self is Order.STREAM else meta.account


@dataclass(frozen=True, eq=False)
class Projection:
    """A read model. `folds` has a fold for each event class that changes the read model.

    A fold uses no clock and no random numbers, and reads only rows of its own projection's tables, so a rebuild
    produces identical rows. A developer raises `version` when the meaning of a column changes.
    """

    name: str
    version: int
    order: Order
    tables: tuple[TableSpec, ...]
    folds: Mapping[type, Fold]

    @property
    def is_added_to(self) -> bool:
        """Whether all its tables are only added to, so that it needs no history."""
        return all(spec.is_added_to for spec in self.tables)

    @cached_property
    def fingerprint(self) -> str:
        """12 hexadecimal digits: a hash of version, order, columns, keys and indexes. A build with another fingerprint
        was made by another version of the projection."""
        parts = [str(self.version), self.order]
        for spec in self.tables:
            parts += [spec.name, *spec.key, *(f"{name}:{kind.name}" for name, kind in spec.columns.items())]
            parts += [",".join(names) for names in spec.indexes]
        return blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
