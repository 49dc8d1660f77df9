"""A store answers only for the log that its read models were made from, also beside another log of the same tape."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from adapters.log.storage import STORAGE
from domain.errors import InvalidInput, Refused
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.projecting import Projecting
from projections.belonging import adopt
from projections.orders import ORDERS
from projections.runner import log_id_of
from projections.store import writing
from tests.infra.run.stores import filled, opened, store, store_url
from tests.projections.folded import a_run

__all__ = ["store", "store_url"]

EVENTS = a_run(1_500)[:60]
TECHNOLOGIES = ("sqlite", "postgresql", "kafka")


def project(engine: Engine, address: str) -> None:
    """Projects the whole log into the store, as a process that starts and stops."""
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        projecting = Projecting(engine, reader, {"orders": ORDERS})
        projecting.start()
        try:
            assert projecting.wait_until(reader.head(), 20.0)
        finally:
            projecting.stop()


def storage_of(address: str) -> str:
    with closing(open_reader(WhenceSettings(log=address))) as reader:
        return reader.storage()


def adopted(engine: Engine, address: str) -> int:
    with closing(open_reader(WhenceSettings(log=address))) as reader, writing(engine) as connection:
        return adopt(connection, 0, log_id_of(reader), reader.storage(), reader.head())


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    """The files of two logs of the same tape."""
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    for file in (one, two):
        filled(f"sqlite:///{file}", EVENTS)
    return one, two


@pytest.fixture(params=TECHNOLOGIES)
def two_logs(request: pytest.FixtureRequest, two_files: tuple[Path, Path]) -> tuple[str, str]:
    """Two logs of the same tape: two files, a database and a file, or two topics."""
    one, two = (f"sqlite:///{file}" for file in two_files)
    if request.param == "postgresql":
        one = str(request.getfixturevalue("postgres_database"))
        filled(one, EVENTS)
    if request.param == "kafka":
        servers = request.getfixturevalue("kafka_bootstrap_servers")
        topic = request.getfixturevalue("kafka_topic")
        one, two = f"kafka://{servers}/{topic}.one", f"kafka://{servers}/{topic}.two"
        filled(one, EVENTS)
        filled(two, EVENTS)
    return one, two


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Engine]:
    """A store in a file; the log's technology varies instead."""
    yield from opened(f"sqlite:///{tmp_path / 'read.db'}")


def test_a_store_refuses_another_log_of_the_same_tape_and_names_both(
    file_store: Engine, two_logs: tuple[str, str]
) -> None:
    one, two = two_logs
    project(file_store, one)
    project(file_store, one)
    with pytest.raises(InvalidInput, match="--store") as refused:
        project(file_store, two)
    storages = storage_of(one), storage_of(two)
    assert all(storage and storage in str(refused.value) for storage in storages)
    assert len(set(storages)) == 2


def test_a_copied_file_is_the_same_log(store: Engine, two_files: tuple[Path, Path], tmp_path: Path) -> None:
    one, _ = two_files
    copy = tmp_path / "copy.db"
    shutil.copy(one, copy)
    project(store, f"sqlite:///{one}")
    project(store, f"sqlite:///{copy}")


def test_a_log_that_was_restored_elsewhere_is_adopted(store: Engine, two_files: tuple[Path, Path]) -> None:
    one, two = (f"sqlite:///{file}" for file in two_files)
    project(store, one)
    assert adopted(store, two) == 2, "the rows of today and their history"
    project(store, two)
    with pytest.raises(InvalidInput, match="whence projections adopt"):
        project(store, one)


def test_a_log_that_ends_before_the_stores_read_models_is_not_adopted(
    store: Engine, two_files: tuple[Path, Path], tmp_path: Path
) -> None:
    one, short = two_files[0], f"sqlite:///{tmp_path / 'short.db'}"
    filled(short, EVENTS[:30])
    project(store, f"sqlite:///{one}")
    with pytest.raises(Refused, match="up to ordinal 60"):
        adopted(store, short)


def test_a_log_of_an_earlier_version_is_known_once_an_engine_has_opened_it(
    store: Engine, two_files: tuple[Path, Path]
) -> None:
    """Such a log has no id of its storage, so a store that was made from it belongs to no storage yet."""
    one, two = (f"sqlite:///{file}" for file in two_files)
    with closing(sqlite3.connect(two_files[0])) as connection:
        connection.execute(f"DROP TABLE {STORAGE}")
    assert storage_of(one) == ""
    project(store, one)
    with closing(open_owned(WhenceSettings(log=one))):
        assert storage_of(one) != ""
    project(store, one)
    with pytest.raises(InvalidInput, match="whence projections adopt"):
        project(store, two)
