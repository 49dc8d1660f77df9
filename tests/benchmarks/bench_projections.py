"""The read models: how fast they catch up, compared with COPY of the same rows, and their lag behind a live writer.

`BENCH_EVENTS` sets the number of events in the log (default 100,000).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from domain.log import Envelope
from infra.config import load
from infra.logs import open_reader
from infra.run.catching_up import Watching, catch_up_together, cores
from infra.run.projecting import Projecting
from infra.store import migrate, open_store
from projections.bookkeeping import BuildKind
from projections.builds import kept_up, tables_of
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.work import works
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import owned, reader
from tests.benchmarks.runs import copies
from tests.projections.folded import a_run

_EVENTS = int(os.environ.get("BENCH_EVENTS", "100000"))
_AIM, _OF_COPY = 30_000, 0.3
_RATE, _SECONDS, _AT_ONCE = 5_000, 10, 25


def run() -> Sequence[Figure]:
    """Events per second into each database, as a share of COPY's speed, and milliseconds of lag."""
    with TemporaryDirectory() as folder:
        log = f"sqlite:///{Path(folder) / 'log.db'}"
        events = _fill(log, _EVENTS)
        return [
            *_into_postgres(log, events),
            *_into_sqlite(log, events, Path(folder)),
            *_live(Path(folder)),
        ]


def _history() -> Sequence[Envelope]:
    return a_run(5_000)


def _fill(log: str, events: int) -> int:
    with closing(owned(log)) as opened:
        for account in copies(_history(), max(1, events // len(_history()))):
            for start in range(0, len(account), 2_000):
                opened.append(account[start : start + 2_000])
        return opened.head()


@contextmanager
def _database() -> Generator[str]:
    """An empty database, which is dropped afterwards."""
    name, server = f"bench_{uuid4().hex}", os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _store(url: str) -> Generator[Engine]:
    engine = open_store(load(store=url))
    migrate(engine)
    yield engine
    engine.dispose()


def _into_postgres(log: str, events: int) -> Iterator[Figure]:
    with _database() as url, _store(url) as engine:
        alone = _caught_up(engine, log)
    with _database() as url, _store(url) as engine:
        took = _caught_up_together(engine, log, url)
        copied = _copied(engine, url)
    note = f"{events:,} events, {len(PROJECTIONS)} read models"
    yield Figure("catch-up into PostgreSQL, one process", events / alone, "events/s", None, note)
    together = f"{note}, a process for each of {cores()} cores, with their start"
    yield Figure("catch-up into PostgreSQL", events / took, "events/s", _AIM, together)
    yield Figure("bare COPY of the same rows", events / copied, "events/s", None, "as text, without indexes")
    yield Figure("catch-up as a share of COPY", copied / took, "of COPY", _OF_COPY, note)


def _into_sqlite(log: str, events: int, folder: Path) -> Iterator[Figure]:
    with _store(f"sqlite:///{folder / 'read.db'}") as engine:
        took = _caught_up(engine, log)
    yield Figure("catch-up into SQLite", events / took, "events/s", None, f"{events:,} events")


def _caught_up(engine: Engine, log: str) -> float:
    builds = kept_up(engine, PROJECTIONS.values())
    with closing(reader(log)) as opened:
        runner = Runner(opened, works(engine, builds, PROJECTIONS, 0))
        began = perf_counter()
        runner.catch_up()
        return perf_counter() - began


def _caught_up_together(engine: Engine, log: str, url: str) -> float:
    """The seconds of the processes of `whence projections run`, without histories; of one process for a short log."""
    settings, watching = load(log=log, store=url), Watching(_glance, print)
    began = perf_counter()
    if not catch_up_together(engine, settings, cores(), watching, (BuildKind.TODAY,)):
        return _caught_up(engine, log)
    return perf_counter() - began


def _glance() -> bool:
    time.sleep(0.02)
    return False


def _copied(engine: Engine, url: str) -> float:
    """The seconds to copy the rows of every build, each table into a new one without indexes."""
    builds = kept_up(engine, PROJECTIONS.values())
    names = [table.name for one in builds for table in tables_of(PROJECTIONS[one.projection], one).values()]
    with psycopg.connect(url) as connection:
        dumps = {name: _dump(connection, name) for name in names}
        for name in names:
            connection.execute(_named("CREATE TABLE {bare} (LIKE {table})", name))
        connection.commit()
        began = perf_counter()
        for name, dump in dumps.items():
            with connection.cursor().copy(_named("COPY {bare} FROM STDIN", name)) as copy:
                copy.write(dump)
        connection.commit()
        return perf_counter() - began


def _dump(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bytes:
    with connection.cursor().copy(_named("COPY {table} TO STDOUT", name)) as copy:
        return b"".join(bytes(block) for block in copy)


def _named(statement: LiteralString, name: str) -> sql.Composed:
    return sql.SQL(statement).format(table=sql.Identifier(name), bare=sql.Identifier(f"bare_{name}"))


class _Watched(Projecting):
    """Records the time at which each ordinal was committed."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]  # passed on unchanged
        self.seen: list[tuple[int, float]] = []

    def _notify(self) -> None:
        super()._notify()
        self.seen.append((min((work.ordinal for work in self._runner.works), default=0), time.time()))


def _live(folder: Path) -> Iterator[Figure]:
    """The lag behind a writer with a steady rate in another process, so that the two do not share an interpreter."""
    log = f"sqlite:///{folder / 'live.db'}"
    _fill(log, 1)
    with _database() as url, _store(url) as engine, closing(open_reader(load(log=log))) as opened:
        watched = _Watched(engine, opened, kinds=(BuildKind.TODAY,))
        watched.start()
        written = _written(log)
        watched.wait_until(max(written), 120)
        watched.stop()
    lags = sorted(_lags(written, watched.seen))
    note = f"{_RATE:,} events/s for {_SECONDS} s from another process, into PostgreSQL"
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        yield Figure(f"lag live, {name}", lags[int(len(lags) * share)] * 1e3, "ms", None, note)


def _written(log: str) -> Mapping[int, float]:
    """The time at which each ordinal became durable; the writer process reports it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.steady", log, str(_RATE), str(_SECONDS), str(_AT_ONCE)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (line.split() for line in done.stdout.splitlines())
    return {int(ordinal): float(at) for ordinal, at in lines}


def _lags(written: Mapping[int, float], seen: Sequence[tuple[int, float]]) -> Iterator[float]:
    ordinals = [ordinal for ordinal, _at in seen]
    for ordinal, at in written.items():
        yield seen[bisect_left(ordinals, ordinal)][1] - at
