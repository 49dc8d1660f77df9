"""The store: its address, its migrations, and the stores that are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, text

from domain.errors import InvalidInput, StoreError, StoreReplaced, StoreTooNew, StoreUnavailable
from infra.config import WhenceSettings
from infra.migrations.tables import METADATA
from infra.store import migrate, open_store
from infra.store_address import store_address
from projections.bookkeeping import CURSORS
from projections.builds import kept_up
from projections.orders import ORDERS
from projections.store import reading, writing


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'read.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def store(url: str) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=url))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("log", "store"),
    [
        ("sqlite:///data/demo.db", "sqlite:///data/demo.read.db"),
        ("sqlite:////data/demo", "sqlite:////data/demo.read.db"),
        ("kafka://localhost:9092/whence", "sqlite:///kafka-whence.read.db"),
        ("postgresql://desk@db/whence", "sqlite:///postgresql-whence.read.db"),
        ("postgresql://desk@db/a%20b", "sqlite:///postgresql-a_b.read.db"),
    ],
)
def test_a_store_that_is_not_configured_has_the_name_of_its_log(
    log: str, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(store_address(WhenceSettings(log=log))) == store


@pytest.mark.parametrize(
    ("storage", "log", "store"),
    [
        ("PostgreSQL storage 1", "postgresql://desk@db/x", "whence.read.db"),
        ("PostgreSQL storage 1", "kafka://localhost:9092/x", "kafka-x.read.db"),
        ("Kafka cluster 1, topic x", "kafka://localhost:9092/x", "whence.read.db"),
        ("SQLite storage 1", "postgresql://desk@db/x", "postgresql-x.read.db"),
    ],
)
def test_the_default_store_of_an_earlier_version_is_found_by_the_kind_of_log_that_it_was_made_from(
    storage: str, log: str, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = open_store(WhenceSettings(store="sqlite:///whence.read.db"))
    migrate(engine)
    [build] = kept_up(engine, [ORDERS])
    with writing(engine) as connection:
        connection.execute(
            insert(CURSORS).values(build_id=build.id, partition=0, ordinal=1, log_id="1", storage=storage)
        )
    engine.dispose()
    assert str(store_address(WhenceSettings(log=log))) == f"sqlite:///{store}"
    Path(f"{'kafka' if log.startswith('kafka') else 'postgresql'}-x.read.db").touch()
    assert str(store_address(WhenceSettings(log=log))).endswith("-x.read.db")


@pytest.mark.parametrize(
    "url", ["kafka://localhost/x", "memory:", "read.db", "sqlite://read.db", "postgresql://h"]
)
def test_an_invalid_store_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"store"):
        store_address(WhenceSettings(store=url))


def test_a_store_in_the_logs_own_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'whence.db'}"
    with pytest.raises(InvalidInput, match="the log itself"):
        store_address(WhenceSettings(log=url, store=url))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'nowhere' / 'read.db'}"))


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_store_whose_file_was_replaced_or_removed_is_not_used_any_more(
    tmp_path: Path, *, is_replaced: bool
) -> None:
    file, other = tmp_path / "read.db", tmp_path / "other.db"
    store = open_store(WhenceSettings(store=f"sqlite:///{file}"))
    migrate(store)
    other.write_bytes(file.read_bytes())
    with reading(store) as held, reading(store):
        assert held.scalar(text("SELECT count(*) FROM tokens")) == 0
        file.rename(tmp_path / "before.db")
        if is_replaced:
            other.rename(file)
        for _ in range(8):
            with pytest.raises(StoreReplaced, match="was replaced or removed"), reading(store):
                pass
    assert file.exists() is is_replaced
    store.dispose()


def test_migrations_create_exactly_the_described_tables(store: Engine) -> None:
    migrate(store)
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    described = set(METADATA.tables)
    assert set(inspect(store).get_table_names()) == described | {"alembic_version"}


def test_a_second_migration_changes_nothing(store: Engine) -> None:
    migrate(store)
    with writing(store) as connection:
        connection.execute(
            text("INSERT INTO builds (projection, kind, fingerprint, status) VALUES ('a', 'b', 'c', 'd')")
        )
    migrate(store)
    with reading(store) as connection:
        assert connection.scalar(text("SELECT count(*) FROM builds")) == 1


def test_a_store_of_the_first_revision_keeps_its_rows_under_the_new_names(store: Engine) -> None:
    _migrate_to(store, "0001")
    with writing(store) as connection:
        for statement in _OLD_ROWS:
            connection.execute(text(statement))
    migrate(store)
    with reading(store) as connection:
        reached = connection.execute(text("SELECT build_id, partition, ordinal, log_id, epoch FROM cursors"))
        assert [tuple(row) for row in reached] == [(7, 0, 41, "l", 2)]
        waiting = connection.execute(text("SELECT build_id, partition, ordinal, sequence, state FROM parked"))
        assert sorted(tuple(row) for row in waiting) == [(7, 0, 12, "s", "PARKED"), (7, 0, 13, "s", "PARKED")]
        assert connection.scalar(text("SELECT count(*) FROM tokens")) == 0
    with writing(store) as connection:
        connection.execute(text("DELETE FROM builds"))
        assert connection.scalar(text("SELECT count(*) FROM parked")) == 0


_OLD_ROWS = (
    "INSERT INTO builds (id, projection, kind, fingerprint, status) VALUES (7, 'orders', 'TODAY', 'f', 'LIVE')",
    "INSERT INTO cursors (build_id, partition, position, log_id, epoch) VALUES (7, 0, 41, 'l', 2)",
    "INSERT INTO parked VALUES (7, 0, 12, 's', 'e', 't', 'x', 'PARKED', '')",
    "INSERT INTO parked VALUES (7, 0, 13, 's', 'g', 't', '', 'PARKED', '')",
)


def _migrate_to(store: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "infra:migrations")
    with writing(store) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_several_processes_may_migrate_at_once(url: str) -> None:
    faults: list[Exception] = []
    gate = threading.Barrier(4)

    def begin() -> None:
        engine = open_store(WhenceSettings(store=url))
        gate.wait()
        try:
            migrate(engine)
        except StoreError as fault:
            faults.append(fault)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_thirty_connections_can_be_open_at_once(store: Engine) -> None:
    with ExitStack() as held:
        connections = [held.enter_context(store.connect()) for _ in range(30)]
        assert [connection.scalar(text("SELECT 1")) for connection in connections] == [1] * 30


def test_a_store_of_a_later_program_is_refused(store: Engine) -> None:
    migrate(store)
    with writing(store) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="later version"):
        migrate(store)


def test_a_failed_migration_leaves_no_tables_behind(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(text("CREATE TABLE parked (mine INTEGER)"))
    with pytest.raises(StoreError, match="parked"):
        migrate(store)
    assert inspect(store).get_table_names() == ["parked"]


def test_a_file_that_is_not_a_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "read.db"
    path.write_text("a shopping list, long enough to be taken for a page of a database\n" * 20)
    with pytest.raises(StoreError, match="not a database"):
        migrate(open_store(WhenceSettings(store=f"sqlite:///{path}")))
    assert path.read_text().startswith("a shopping list")


def test_an_unreachable_database_is_reported_in_one_line_without_its_password() -> None:
    engine = open_store(WhenceSettings(store="postgresql://desk:hushhush@127.0.0.1:1/whence"))
    with pytest.raises(StoreUnavailable, match="does not answer") as refused:
        migrate(engine)
    assert "hushhush" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_sqlite_connections_enforce_foreign_keys_and_use_wal(tmp_path: Path) -> None:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_postgres_connections_have_the_given_statement_timeout(postgres_database: str) -> None:
    engine = open_store(WhenceSettings(store=postgres_database), statement_seconds=7)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "7s"
    engine.dispose()


def test_a_connection_that_ended_while_nobody_used_it_is_replaced(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.store._UNUSED_SECONDS", 0.0)
    engine = open_store(WhenceSettings(store=postgres_database))
    mine = text("SELECT pg_backend_pid()")
    with reading(engine) as connection:
        before = connection.execute(mine).scalar_one()
    other = open_store(WhenceSettings(store=postgres_database))
    with writing(other) as connection:
        assert connection.execute(
            text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": before}
        ).scalar_one()
    with reading(engine) as connection:
        assert connection.execute(mine).scalar_one() != before
    for one in (engine, other):
        one.dispose()
