"""Sources of queries: the live builds as they are now, or the read models as of an ordinal.

A query uses only the columns of a table's spec, so one query reads the present or the past, depending on its source.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection, Engine, FromClause, Table, func, select

from domain.errors import InvalidInput, Refused
from domain.log import LogReader
from projections.as_of import AsOf
from projections.bookkeeping import CURSORS
from projections.builds import Build, live, tables_of
from projections.cursor_key import cursor_key
from projections.history import INTERVAL
from projections.past import Past, ordinal_at
from projections.projection import Projection
from projections.questions.cursor import Cursors
from projections.recorded_times import RecordedTimes
from projections.runner import log_id_of
from projections.store import reading


class Source(Protocol):
    """One log's read models at one moment; valid while its connection is open."""

    @property
    def connection(self) -> Connection:
        """The connection that queries run on."""
        ...

    @property
    def ordinal(self) -> int:
        """The ordinal of the last event that every table includes."""
        ...

    @property
    def cursors(self) -> Cursors:
        """Makes and reads the cursors of this store."""
        ...

    def table(self, name: str) -> FromClause:
        """The rows of this log in the table `name`, with the columns of its spec.
        Raises Refused where the store has no build of it in the version of this program.
        """
        ...


class Now:
    """The live builds, in one snapshot of the store."""

    def __init__(
        self,
        connection: Connection,
        projections: Mapping[str, Projection],
        partition: int,
        cursors: Cursors,
    ) -> None:
        self.connection = connection
        self.cursors = cursors
        self._projections = projections
        self._partition = partition
        self._builds = live(connection)
        self._owner = {spec.name: one for one in projections.values() for spec in one.tables}

    @property
    def ordinal(self) -> int:
        """See `Source`: the lowest ordinal of the live builds."""
        ids = [build.id for build in self._builds.values()]
        here = CURSORS.c.build_id.in_(ids) & (CURSORS.c.partition == self._partition)
        least = self.connection.execute(select(func.min(CURSORS.c.ordinal), func.count()).where(here)).one()
        return int(least[0]) if least[1] == len(ids) and ids else 0

    def table(self, name: str) -> FromClause:
        """See `Source`."""
        return _of_partition(self._tables_of(self._owner[name])[name], self._partition)

    def _tables_of(self, projection: Projection) -> Mapping[str, Table]:
        build: Build | None = self._builds.get(projection.name)
        if build is None or build.fingerprint != projection.fingerprint:
            raise Refused(
                f"this store has no build of the read model {projection.name} in the version of this program: "
                f"run `whence projections rebuild {projection.name}`"
            )
        return tables_of(projection, build)


@lru_cache(maxsize=1024)
def _of_partition(table: Table, partition: int) -> FromClause:
    own = [column for column in table.columns if column.name != "partition"]
    return select(*own).where(table.c.partition == partition).subquery()


class ReadModels:
    """The read models of one log in one store; opens them as of now or of the past."""

    def __init__(
        self,
        engine: Engine,
        projections: Mapping[str, Projection],
        partition: int = 0,
        log: LogReader | None = None,
        interval: int = INTERVAL,
    ) -> None:
        """`log` is read for queries about the past; `interval` is the number of events between two checkpoints of the
        store's histories."""
        self.engine = engine
        self.projections = projections
        self.partition = partition
        self._log = log
        self._log_id = ""
        self._interval = interval
        self._cursors: Cursors | None = None

    @contextmanager
    def now(self) -> Generator[Source]:
        """Opens the live builds in one snapshot."""
        cursors = self._made_cursors()
        with reading(self.engine) as connection:
            yield Now(connection, self.projections, self.partition, cursors)

    @contextmanager
    def as_of(self, moment: int | datetime) -> Generator[Source]:
        """Opens the read models as of an ordinal (0: before the first event), or as of the last event recorded at or
        before a time.

        Raises InvalidInput for an ordinal that the log does not have and for a time without time zone, Refused where
        these read models were opened without a log, and what `LogReader.read` raises.
        """
        log, cursors = self._required_log(), self._made_cursors()
        with reading(self.engine) as connection:
            ordinal = self._ordinal_of(connection, log, moment)
            there = AsOf(
                connection,
                Past(log, ordinal),
                self._log_id,
                self.projections,
                self.partition,
                cursors,
                self._interval,
            )
            yield there
            there.close()

    def _made_cursors(self) -> Cursors:
        self._cursors = self._cursors or Cursors(cursor_key(self.engine))
        return self._cursors

    def _required_log(self) -> LogReader:
        if self._log is None:
            raise Refused(
                "the past can only be read from the log, and these read models were opened without one"
            )
        self._log_id = self._log_id or log_id_of(self._log)
        return self._log

    def _ordinal_of(self, connection: Connection, log: LogReader, moment: int | datetime) -> int:
        head = log.head()
        if isinstance(moment, int):
            if not 0 <= moment <= head:
                raise InvalidInput(
                    f"there is no ordinal {moment:,}: this log's go from 1 to {head:,}; 0 is before the first"
                )
            return moment
        if moment.utcoffset() is None:
            raise InvalidInput(
                f"{moment.isoformat()} names no time zone: write it with one, as 2025-04-03T14:00:00Z"
            )
        return ordinal_at(moment, head, RecordedTimes(connection, log, self._log_id, self.partition))
