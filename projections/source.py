"""Where a question finds its tables: the live builds as they are now, or the rows as they stood at a position.

Questions are written once, against the columns of a table's spec; what they are put to decides which moment answers.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Protocol

from sqlalchemy import Connection, Engine, FromClause, Table, func, select

from domain.errors import Refused
from projections.bookkeeping import CURSORS
from projections.builds import Build, live, tables_of
from projections.projection import Projection
from projections.store import reading


class Source(Protocol):
    """One moment of one log's read models; valid while its connection is."""

    @property
    def connection(self) -> Connection:
        """What the question's statements run on."""
        ...

    @property
    def position(self) -> int:
        """The position up to which every table it was asked for tells the log."""
        ...

    def table(self, name: str) -> FromClause:
        """The rows of this log in a table (`orders`), with its spec's columns; raises Refused for one not built."""
        ...


class Now:
    """The live builds, as of one snapshot of the store."""

    def __init__(self, connection: Connection, projections: Mapping[str, Projection], partition: int) -> None:
        self.connection = connection
        self._projections = projections
        self._partition = partition
        self._builds = live(connection)
        self._owner = {spec.name: one for one in projections.values() for spec in one.tables}

    @property
    def position(self) -> int:
        """See `Source`: that of the build that is least far."""
        ids = [build.id for build in self._builds.values()]
        here = CURSORS.c.build_id.in_(ids) & (CURSORS.c.partition == self._partition)
        least = self.connection.execute(select(func.min(CURSORS.c.position), func.count()).where(here)).one()
        return int(least[0]) if least[1] == len(ids) and ids else 0

    def table(self, name: str) -> FromClause:
        """See `Source`."""
        tables = self._tables_of(self._owner[name])
        table = tables[name]
        own = [column for column in table.columns if column.name != "partition"]
        return select(*own).where(table.c.partition == self._partition).subquery(name)

    def _tables_of(self, projection: Projection) -> Mapping[str, Table]:
        build: Build | None = self._builds.get(projection.name)
        if build is None or build.fingerprint != projection.fingerprint:
            raise Refused(
                f"the read model {projection.name} is not built in this store as this program needs it: "
                f"run `whence projections rebuild {projection.name}`"
            )
        return tables_of(projection, build)


class ReadModels:
    """The read models of one log in one store; opens moments of them."""

    def __init__(self, engine: Engine, projections: Mapping[str, Projection], partition: int = 0) -> None:
        self.engine = engine
        self.projections = projections
        self.partition = partition

    @contextmanager
    def now(self) -> Generator[Source]:
        """What the live builds say, all at one moment."""
        with reading(self.engine) as connection:
            yield Now(connection, self.projections, self.partition)
