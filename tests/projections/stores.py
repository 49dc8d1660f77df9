"""A new store on each database, and read models built in it from a list of events.

To use the fixture, the `conftest.py` of a test folder imports it: `from tests.projections.stores import store`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select

from domain.log import LOG_STREAM, Envelope, LogReader, Recorded
from domain.opening import LogOpened, Mode
from projections import builds
from projections.bookkeeping import METADATA, PARKED, BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.projection import Key, Projection, Row
from projections.runner import Runner
from projections.source import ReadModels, Source
from projections.store import prepare, reading, writing
from projections.work import works
from tests.commands.list_log import ListLog, codec
from tests.domain.history import LOG_ID, History

_OPENED = History().record(LOG_STREAM, LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="", synthetic=True))


@pytest.fixture(params=("sqlite", "postgresql"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A new store, once on SQLite and once on PostgreSQL, with the bookkeeping tables and without builds."""
    engine = prepare(create_engine(_url(request, tmp_path)))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'read.db'}"
    url: str = request.getfixturevalue("postgres_database")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class WrittenLog(ListLog):
    """A log in memory whose records hold their encoded bytes, as the records of a stored log do.

    If the given events do not begin with LogOpened, one is added in front.
    """

    def __init__(self, envelopes: Iterable[Envelope] = ()) -> None:
        given = list(envelopes)
        is_opened = bool(given) and isinstance(given[0].event, LogOpened)
        super().__init__(given if is_opened else [*_OPENED.envelopes, *given])
        self._data: list[bytes] = []

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """See `domain.log.LogReader`."""
        self._data += [codec().encode(envelope) for envelope in self.envelopes[len(self._data) :]]
        for recorded in super().read(after, upto):
            yield recorded._replace(data=self._data[recorded.ordinal - 1])


def built(engine: Engine, log: LogReader, projections: Mapping[str, Projection] = PROJECTIONS) -> ReadModels:
    """Makes live builds of the projections and folds the whole log; fails if an event was parked."""
    with writing(engine) as connection:
        begun = [
            builds.begin(connection, one, BuildKind.TODAY, BuildStatus.LIVE) for one in projections.values()
        ]
    Runner(log, works(engine, begun, projections, 0)).catch_up()
    with reading(engine) as connection:
        assert connection.execute(select(PARKED.c.sequence, PARKED.c.error)).all() == []
    return ReadModels(engine, projections)


def all_rows(source: Source, table: str, key: tuple[str, ...]) -> Mapping[Key, Row]:
    """A table's rows by key, ordered by key."""
    found: Any = source.table(table)
    order = [found.c[name] for name in key]
    rows = source.connection.execute(select(found).order_by(*order)).mappings()
    return {tuple(row[name] for name in key): {str(name): row[name] for name in row} for row in rows}
