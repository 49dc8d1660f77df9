"""Helpers of tests that read the past: a short run with trades, histories, and rows of the live builds."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from domain.log import Envelope, LogReader
from projections import builds, history
from projections.bookkeeping import METADATA, BuildKind, BuildStatus
from projections.builds import Build
from projections.catalogue import PROJECTIONS
from projections.projection import Key, Projection, Row
from projections.runner import Runner
from projections.source import ReadModels, Source
from projections.store import prepare, writing
from projections.work import works
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog, all_rows

INTERVAL = 60
Projections = Mapping[str, Projection]
Tables = Mapping[str, Mapping[Key, Row]]


@cache
def run() -> Sequence[Envelope]:
    """Every event of a short run that trades."""
    return a_run(1_500)


@contextmanager
def sqlite_store(folder: Path) -> Generator[Engine]:
    """A new store in this folder."""
    engine = prepare(create_engine(f"sqlite:///{folder / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Engine]:
    """A new store on SQLite."""
    with sqlite_store(tmp_path) as engine:
        yield engine


def all_tables(source: Source, projections: Projections = PROJECTIONS) -> Tables:
    """Every row of every table, by table and key."""
    specs = [spec for one in projections.values() for spec in one.tables]
    return {spec.name: all_rows(source, spec.name, spec.key) for spec in specs}


def begun(engine: Engine, kind: BuildKind, projections: Projections = PROJECTIONS) -> Sequence[Build]:
    """New live builds of all projections that have this kind."""
    chosen = [one for one in projections.values() if kind is BuildKind.TODAY or not one.is_added_to]
    with writing(engine) as connection:
        return [builds.begin(connection, one, kind, BuildStatus.LIVE) for one in chosen]


def histories(
    engine: Engine, projections: Projections = PROJECTIONS, interval: int = INTERVAL
) -> list[history.HistoryWork]:
    """A `HistoryWork` for each projection, with a new live build."""
    made = begun(engine, BuildKind.HISTORY, projections)
    return history.works(engine, made, projections, 0, interval)


def live_tables(
    engine: Engine, envelopes: Sequence[Envelope], ends: Sequence[int], projections: Projections = PROJECTIONS
) -> Mapping[int, Tables]:
    """By ordinal in `ends`: the rows of new live builds when the log ended at that ordinal."""
    log = WrittenLog(envelopes[:1])
    runner = Runner(log, works(engine, begun(engine, BuildKind.TODAY, projections), projections, 0))
    models = ReadModels(engine, projections)
    seen: dict[int, Tables] = {}
    for end in ends:
        log.append(envelopes[log.head() : end])
        runner.catch_up()
        with models.now() as source:
            assert source.ordinal == end
            seen[end] = all_tables(source, projections)
    runner.close()
    return seen


def models_of(engine: Engine, log: LogReader, projections: Projections = PROJECTIONS) -> ReadModels:
    """The read models of this log; they can be opened as of past moments."""
    return ReadModels(engine, projections, log=log, interval=INTERVAL)
