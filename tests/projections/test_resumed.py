"""A build that is stopped and resumed at any event has the rows of a build that was never stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine

from projections import history, parked
from projections.bookkeeping import BuildKind
from projections.builds import Build, tables_of
from projections.catalogue import PROJECTIONS
from projections.digest import lines
from projections.runner import Runner, log_id_of
from projections.store import reading
from projections.work import Work, commit_together, works
from tests.projections.stores import WrittenLog
from tests.projections.travel import begun, embedded, sqlite_store
from tests.projections.worlds import LOGS

__all__ = ["embedded"]

INTERVAL = 1
"""Events between two checkpoints of a history in these tests, so that a history can be stopped at every event."""
BATCH = 53
"""Events between two stops on both databases. A stop on PostgreSQL takes long, so there are few."""

Lines = Mapping[str, Sequence[str]]
Logs = Mapping[str, Callable[[], WrittenLog]]


def resumed(engine: Engine, made: Sequence[Build]) -> Sequence[Work]:
    """The works of a process that has just started."""
    todays = [build for build in made if build.kind is BuildKind.TODAY]
    return [
        *works(engine, todays, PROJECTIONS, 0),
        *history.works(engine, made, PROJECTIONS, 0, INTERVAL),
    ]


def rows(engine: Engine, made: Sequence[Build]) -> Lines:
    """The rows of every table of the builds; fails if an event is parked."""
    with reading(engine) as connection:
        assert parked.sequences(connection, 0) == []
        return {
            name: list(lines(connection, table))
            for build in made
            for name, table in tables_of(PROJECTIONS[build.projection], build).items()
        }


def stopped_after_each_batch(engine: Engine, log: WrittenLog, kind: BuildKind, events: int) -> Lines:
    made = begun(engine, kind)
    while Runner(log, resumed(engine, made)).step(events):
        pass
    return rows(engine, made)


def stopped_before_each_fold(engine: Engine, log: WrittenLog) -> Lines:
    """Each event is folded and committed by builds that have just been resumed."""
    made, log_id = begun(engine, BuildKind.TODAY), log_id_of(log)
    for recorded in log.read():
        kind = type(recorded.envelope.event)
        folding = [work for work in resumed(engine, made) if kind in work.folds]
        for work in folding:
            work.resume(log_id)
            work.fold(work.folds[kind], recorded)
        if folding:
            commit_together(folding, recorded.ordinal)
    return rows(engine, made)


def undisturbed(folder: Path, log: WrittenLog, kind: BuildKind) -> Lines:
    with sqlite_store(folder) as engine:
        made = begun(engine, kind)
        Runner(log, resumed(engine, made)).catch_up()
        return rows(engine, made)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Lines]:
    """By log: the rows of builds that were never stopped."""
    return {
        name: undisturbed(tmp_path_factory.mktemp(name), log(), BuildKind.TODAY) for name, log in LOGS.items()
    }


@pytest.mark.parametrize("name", LOGS)
def test_read_models_resumed_before_every_event_have_the_rows_of_undisturbed_ones(
    embedded: Engine, expected: Mapping[str, Lines], name: str
) -> None:
    assert stopped_before_each_fold(embedded, LOGS[name]()) == expected[name]


@pytest.mark.parametrize("name", LOGS)
def test_read_models_resumed_after_every_batch_have_the_rows_of_undisturbed_ones_on_every_database(
    store: Engine, expected: Mapping[str, Lines], name: str
) -> None:
    assert stopped_after_each_batch(store, LOGS[name](), BuildKind.TODAY, BATCH) == expected[name]


def test_histories_resumed_before_every_event_have_the_rows_of_undisturbed_ones(
    embedded: Engine, tmp_path: Path
) -> None:
    log = LOGS["odd"]()
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    assert stopped_after_each_batch(embedded, log, BuildKind.HISTORY, 1) == undisturbed(
        folder, log, BuildKind.HISTORY
    )
