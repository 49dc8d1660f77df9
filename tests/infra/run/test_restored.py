"""A log that is restored from a backup and continues differently: the read models show what a new store would show."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, create_engine, delete, table, text

from domain.errors import InvalidInput
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.condition import Condition
from infra.run.projecting import Projecting
from infra.run.rebuilding import WORKS
from projections.bookkeeping import BuildKind
from projections.builds import kept_up, live
from projections.digest import digest
from projections.journal import JOURNAL
from projections.orders import ORDERS
from projections.runner import Runner
from projections.store import reading
from tests.infra.run.stores import filled, opened, store_url
from tests.infra.run.test_belonging import adopted
from tests.projections.folded import a_run
from tests.replacing import replace

__all__ = ["store_url"]

SOON = 20.0
FEW = {"orders": ORDERS, "journal": JOURNAL}
EVENTS = a_run(1_500)[:90]
AT = 60
"""The ordinal that the read models have reached when the log is restored."""


def later(envelope: Envelope) -> Envelope:
    """The same event with the same id, recorded a second later."""
    moved = envelope.meta.recorded_at + timedelta(seconds=1)
    return replace(envelope, meta=replace(envelope.meta, recorded_at=moved))


def other(backup: int, end: int, different: int = 100) -> Sequence[Envelope]:
    """The history of a log that was restored at `backup`: the next `different` events are others."""
    return [
        later(one) if backup < at <= backup + different else one for at, one in enumerate(EVENTS[:end], 1)
    ]


HISTORIES = {
    "shorter": other(30, 45),
    "equally-long": other(30, AT),
    "longer": other(30, 90),
    "with-one-other-event-and-the-same-last-one": other(30, 90, different=1),
    "shorter-without-another-event": EVENTS[:30],
}


def project(engine: Engine, address: str, upto: int) -> Mapping[str, str]:
    """Projects the whole log as `Projecting` does, and returns the digest of each build."""
    with closing(open_reader(WhenceSettings(log=address))) as log:
        builds = [one for kind in BuildKind for one in kept_up(engine, FEW.values(), kind)]
        works = [WORKS[one.kind](engine, FEW[one.projection], one, 0) for one in builds]
        with closing(Runner(log, works, storage=log.storage, frames=log.frames)) as runner:
            runner.start()
            runner.catch_up()
            assert runner.head == upto
    with reading(engine) as connection:
        found = {kind: live(connection, kind) for kind in BuildKind}
        return {
            f"{name} {kind}": digest(connection, FEW[name], build)
            for kind, builds in found.items()
            for name, build in builds.items()
        }


@contextmanager
def a_store(url: str) -> Generator[Engine]:
    yield from opened(url)


def fresh(folder: Path, address: str, upto: int) -> Mapping[str, str]:
    """The digests in a new store."""
    with a_store(f"sqlite:///{folder / 'fresh.db'}") as engine:
        return project(engine, address, upto)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def backup(address: str, tmp_path: Path) -> Path:
    """A backup of the log with 30 events; the log then continues to `AT`."""
    filled(address, EVENTS[:30])
    shutil.copy(address.removeprefix("sqlite:///"), tmp_path / "backup.db")
    filled(address, EVENTS[30:AT])
    return tmp_path / "backup.db"


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Engine]:
    """A store in a file; the log's technology varies instead."""
    yield from opened(f"sqlite:///{tmp_path / 'read.db'}")


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_store_of_a_restored_log_equals_a_new_store(
    file_store: Engine,
    address: str,
    backup: Path,
    history: Sequence[Envelope],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    project(file_store, address, AT)
    shutil.copy(backup, address.removeprefix("sqlite:///"))
    filled(address, history[30:])
    with caplog.at_level(logging.ERROR):
        found = project(file_store, address, len(history))
    assert found == fresh(tmp_path, address, len(history))
    reason = "ends before that ordinal" if len(history) < AT else "holds other events among these"
    alert = f"alert: read model journal was made from the events up to ordinal 60, and this log {reason}"
    assert alert in caplog.text


class Backup:
    """A log in a database, whose first 30 events are backed up as they are now, with their marks."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with self._engine.connect() as connection:
            self._head = connection.execute(text("SELECT mark FROM log_head")).scalar_one()

    def restore(self) -> None:
        """Puts the backup in the place of the log."""
        column = "rowid" if self._engine.dialect.name == "sqlite" else "notification_id"
        events, marks = table("stored_events", Column(column)), table("event_marks", Column("ordinal"))
        with self._engine.begin() as connection:
            connection.execute(delete(events).where(events.c[column] > 30))
            connection.execute(delete(marks).where(marks.c.ordinal > 30))
            connection.execute(text("UPDATE log_head SET mark = :mark"), {"mark": self._head})
        self._engine.dispose()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("history", ["shorter", "longer"])
def test_a_log_and_a_store_in_postgresql_behave_like_files(
    store_url: str, history: str, tmp_path: Path
) -> None:
    """The log and the store are in one database."""
    filled(store_url, EVENTS[:30])
    backup = Backup(store_url)
    filled(store_url, EVENTS[30:AT])
    with a_store(store_url) as engine:
        project(engine, store_url, AT)
        backup.restore()
        filled(store_url, HISTORIES[history][30:])
        end = len(HISTORIES[history])
        assert project(engine, store_url, end) == fresh(tmp_path, store_url, end)


def test_a_topic_that_was_restored_and_adopted_is_projected_anew(
    file_store: Engine, kafka_bootstrap_servers: str, kafka_topic: str, tmp_path: Path
) -> None:
    one, two = (f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.{name}" for name in ("one", "two"))
    filled(one, EVENTS[:AT])
    filled(two, HISTORIES["with-one-other-event-and-the-same-last-one"])
    project(file_store, one, AT)
    adopted(file_store, two)
    assert project(file_store, two, 90) == fresh(tmp_path, two, 90)


def test_a_log_that_only_grew_is_not_projected_again(
    file_store: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"sqlite:///{tmp_path / 'log.db'}"
    for start, end in ((0, 30), (30, 60), (60, 90)):
        filled(address, EVENTS[start:end])
        project(file_store, address, end)
    assert caplog.text == ""


def test_a_log_that_is_replaced_by_a_shorter_one_under_a_running_process_is_projected_anew(
    file_store: Engine, tmp_path: Path
) -> None:
    """Until the read models include the log again, the process is not ready."""
    address = f"sqlite:///{tmp_path / 'log.db'}"
    filled(address, EVENTS[:30])
    backup = Backup(address)
    filled(address, EVENTS[30:AT])
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        projecting = Projecting(file_store, reader, FEW)
        condition = Condition(file_store, reader, projecting, lag=30.0)
        projecting.start()
        try:
            assert projecting.wait_until(AT, SOON)
            backup.restore()
            assert any(projecting.began_at == 30 or projecting.wait_until(AT + 1, 0.05) for _ in range(400))
            assert projecting.wait_until(30, SOON)
            assert condition.look() == []
        finally:
            projecting.stop()
    assert project(file_store, address, 30) == fresh(tmp_path, address, 30)


def test_a_store_with_rows_refuses_a_log_without_events(file_store: Engine, tmp_path: Path) -> None:
    full, empty = (f"sqlite:///{tmp_path / name}" for name in ("full.db", "empty.db"))
    filled(full, EVENTS[:AT])
    project(file_store, full, AT)
    with closing(open_owned(WhenceSettings(log=empty))):
        pass
    with pytest.raises(InvalidInput, match="this log is empty"):
        project(file_store, empty, 0)
