"""Queries as of random moments of a long log, and the cost of building and storing the histories."""

from __future__ import annotations

import os
import random
import tempfile
import tracemalloc
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine, func, inspect, select, text

from domain.log import LogReader
from projections import builds, history
from projections.bookkeeping import METADATA, BuildKind, BuildStatus
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.source import ReadModels, Source
from projections.store import prepare, reading, writing
from projections.work import Work, works
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, reader
from tests.benchmarks.long_log import fill, history_of_one

_EVENTS = 100_000
_MOMENTS = 60
_FROM_ZERO = 10_000
_MEBIBYTE = 1 << 20


def run(events: int = _EVENTS) -> Sequence[Figure]:
    """Seconds and bytes of stores on SQLite and on PostgreSQL, both built from one SQLite log."""
    with fresh("SQLite") as address:
        count = fill(address, history_of_one(), events)
        with closing(reader(address)) as log:
            return [figure for kind in _STORES for figure in _measured(kind, log, count)]


def _measured(kind: str, log: LogReader, count: int) -> Iterator[Figure]:
    with _STORES[kind]() as engine:
        today, today_size = _made(engine, log, BuildKind.TODAY)
        past, past_size = _made(engine, log, BuildKind.HISTORY)
        note = f"{count:,} events, {len(PROJECTIONS)} projections, a checkpoint every {history.INTERVAL:,}"
        yield Figure(f"{kind}: builds of today", count / today, "events/s", None, "for scale")
        yield Figure(f"{kind}: histories", count / past, "events/s", None, note)
        yield Figure(
            f"{kind}: size of histories", past_size / today_size, "ratio", 3, "to that of today's tables"
        )
        models = ReadModels(engine, PROJECTIONS, log=log)
        yield from _queried(kind, models, log, count)


def _queried(kind: str, models: ReadModels, log: LogReader, count: int) -> Iterator[Figure]:
    moments = random.Random(11).sample(range(1, count + 1), _MOMENTS)
    for name, query in _QUERIES.items():
        took = sorted(_timed(models, moment, query) for moment in moments)
        yield Figure(f"{kind}: {name}, p50", took[len(took) // 2], "s", None, f"{_MOMENTS} random ordinals")
        yield Figure(f"{kind}: {name}, the worst", took[-1], "s", 1, "")
    times = [next(iter(log.read(moment - 1, moment))).envelope.meta.recorded_at for moment in moments[:20]]
    worst = max(_timed(models, at + timedelta(microseconds=1), _orders) for at in times)
    yield Figure(f"{kind}: orders by a time, the worst", worst, "s", 1, f"{len(times)} random times")
    yield Figure(
        f"{kind}: memory of one answer", _memory(models, moments[0]), "MiB", 100, "its peak in Python"
    )
    bare = ReadModels(models.engine, PROJECTIONS, partition=1, log=log)
    zero = min(_FROM_ZERO, count)
    yield Figure(
        f"{kind}: without a history", _timed(bare, zero, _orders), "s", None, f"{zero:,} events from zero"
    )


def _orders(source: Source) -> None:
    rows = source.table("orders")
    source.connection.execute(select(rows).order_by(rows.c.ordinal.desc()).limit(50)).all()


def _everything(source: Source) -> None:
    """The queries of an account's page: balance, open positions, last orders and fills, performance."""
    _orders(source)
    positions, fills = source.table("positions"), source.table("fills")
    source.connection.execute(select(positions).where(positions.c.status == "OPEN").limit(50)).all()
    source.connection.execute(select(fills).order_by(fills.c.ordinal.desc()).limit(50)).all()
    for name in ("accounts", "performance"):
        rows = source.table(name)
        source.connection.execute(select(rows).where(rows.c.account == "p0")).all()


def _counted(source: Source) -> None:
    source.connection.execute(select(func.count()).select_from(source.table("orders"))).scalar_one()


_QUERIES: Mapping[str, Callable[[Source], None]] = {
    "50 orders": _orders,
    "an account's page": _everything,
    "orders counted": _counted,
}


def _timed(models: ReadModels, moment: object, query: Callable[[Source], None]) -> float:
    started = perf_counter()
    with models.as_of(moment) as source:  # type: ignore[arg-type]  # an ordinal or a time
        query(source)
    return perf_counter() - started


def _memory(models: ReadModels, moment: int) -> float:
    tracemalloc.start()
    _timed(models, moment, _everything)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / _MEBIBYTE


def _made(engine: Engine, log: LogReader, kind: BuildKind) -> tuple[float, int]:
    """Makes the builds of this kind; returns the seconds it took, and the bytes stored."""
    with writing(engine) as connection:
        begun = [builds.begin(connection, one, kind, BuildStatus.LIVE) for one in PROJECTIONS.values()]
    before = _size(engine)
    started = perf_counter()
    made: Sequence[Work] = _WORKS[kind](engine, begun, PROJECTIONS, 0)
    with closing(Runner(log, made)) as runner:
        runner.catch_up()
    return perf_counter() - started, _size(engine) - before


_WORKS: Mapping[BuildKind, Callable[..., Sequence[Work]]] = {
    BuildKind.TODAY: works,
    BuildKind.HISTORY: history.works,
}


def _size(engine: Engine) -> int:
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            pages = text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            return int(connection.execute(pages).scalar_one())
        names = inspect(connection).get_table_names()
        size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return sum(connection.execute(size, {"name": name}).scalar_one() for name in names)


@contextmanager
def _sqlite() -> Generator[Engine]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _store(f"sqlite:///{Path(folder) / 'read.db'}")


@contextmanager
def _postgres() -> Generator[Engine]:
    name = sql.Identifier(f"bench_{uuid4().hex}")
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection, ExitStack() as held:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        held.callback(connection.execute, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        url = server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://", 1)
        yield from _store(f"{url}/{name.as_string(connection).strip(chr(34))}")


def _store(url: str) -> Iterator[Engine]:
    engine = prepare(create_engine(url))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


_STORES = {"SQLite": _sqlite, "PostgreSQL": _postgres}
