"""The specification of a read model's tables; every build has tables of its own with these columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, Table

from projections.columns import COUNT, Kind
from projections.word_index import WORDS, gin_of, index_words


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table of a read model: its columns by name, in order; its key; the columns of its indexes.

    Every table also has a first column `partition`, the number of the log, because a store may hold the rows of several
    logs; folds do not write it. A table with a column `words` can be searched (`projections.search`).

    `is_added_to`: folds only add rows, each with its event's `ordinal`, and never change one. The rows as of an ordinal
    are then those with at most this ordinal, so a history does not repeat the table. Where other tables of the same
    projection are changed, no fold may read this table.

    `is_indexed_late`: the table's indexes, other than that of its key, are made when a build has nearly caught up for
    the first time (`projections.late_indexes`). One index over all rows costs a third of an index that grows row by
    row. A query that needs such an index reads the whole table until then.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, Kind]
    indexes: tuple[tuple[str, ...], ...] = ()
    is_added_to: bool = False
    is_indexed_late: bool = False

    def __post_init__(self) -> None:
        if self.is_added_to and "ordinal" not in self.columns:
            raise ValueError(
                f"{self.name} lacks the column ordinal, which every table that is only added to has"
            )
        unknown = {name for names in (self.key, *self.indexes) for name in names} - set(self.columns)
        if unknown:
            raise ValueError(f"{self.name} has no column {', '.join(sorted(unknown))}")

    def table(self, metadata: MetaData, name: str, more: Sequence[tuple[str, Kind]] = ()) -> Table:
        """The table `name`, with the columns `more` after its own; columns of `more` that are not nullable are added to
        the key. Late indexes are not part of it."""
        table = self._columns(metadata, name, more)
        if not self.is_indexed_late:
            self._index(table, searched=not more)
        if WORDS in self.columns and not more:
            index_words(table)
        return table

    def late_indexes(self, name: str) -> Sequence[Index]:
        """The late indexes of the table `name`, which is indexed late."""
        table = self._columns(MetaData(), name, ())
        self._index(table, searched=True)
        return sorted(table.indexes, key=lambda index: str(index.name))

    def _columns(self, metadata: MetaData, name: str, more: Sequence[tuple[str, Kind]]) -> Table:
        kinds = [("partition", COUNT), *self.columns.items(), *more]
        columns = [Column(column, kind.type(), nullable=kind.nullable) for column, kind in kinds]
        key = PrimaryKeyConstraint(
            "partition", *self.key, *(column for column, kind in more if not kind.nullable)
        )
        return Table(name, metadata, *columns, key)

    def _index(self, table: Table, *, searched: bool) -> None:
        for names in self.indexes:
            Index(_index_name(table.name, names), *(table.c[one] for one in ("partition", *names)))
        if searched and WORDS in self.columns:
            gin_of(table)


def _index_name(table: str, names: Sequence[str]) -> str:
    return f"ix_{table}_{'_'.join(names)}"[:60]
