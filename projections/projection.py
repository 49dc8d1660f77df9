"""A projection: how events become the rows of a read model, and in which order that has to be."""

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
"""A row by column names, without `partition`. It is never changed in place: a changed row is a new one."""

Key = tuple[Any, ...]


class Rows(Protocol):
    """The rows a projection has made so far, and where it puts new ones."""

    def find(self, table: str, *key: Any) -> Row | None:
        """The row with this key as the events so far left it; None where there is none."""
        ...

    def get(self, table: str, *key: Any) -> Row:
        """The row with this key; raises KeyError where there is none: the events before it were not projected."""
        ...

    def put(self, table: str, row: Row) -> None:
        """This is the row of its key from here on."""
        ...


Fold = Callable[[Rows, Recorded], None]


class Order(StrEnum):
    """What must be projected one after the other: the events of a stream, or all of an account.

    The rows that one sequence's events touch are touched by no other sequence: so a sequence can wait, parked,
    while the others go on.
    """

    STREAM = "STREAM"
    ACCOUNT = "ACCOUNT"

    def sequence(self, meta: Meta) -> str:
        """The sequence that the event belongs to."""
        return meta.stream if self is Order.STREAM else meta.account


@dataclass(frozen=True, eq=False)
class Projection:
    """A read model. `folds` by event class; events that are not there leave it as it is.

    A fold reads no clock and draws no lots, and reads only rows of its own tables: folded twice, the tables are the
    same to the byte. `version` goes up with any change of meaning; the fingerprint tells a change of columns.
    """

    name: str
    version: int
    order: Order
    tables: tuple[TableSpec, ...]
    folds: Mapping[type, Fold]

    @cached_property
    def fingerprint(self) -> str:
        """Twelve digits over version and columns: a build of another fingerprint is not this projection's."""
        told = [str(self.version), self.order]
        for spec in self.tables:
            told += [spec.name, *spec.key, *(f"{name}:{kind.name}" for name, kind in spec.columns.items())]
            told += [",".join(names) for names in spec.indexes]
        return blake2b("\n".join(told).encode(), digest_size=6).hexdigest()
