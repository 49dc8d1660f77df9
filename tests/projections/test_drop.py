"""A build is dropped while a runner writes its rows: both transactions complete, without a deadlock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, text, update

from projections import builds
from projections.bookkeeping import CURSORS, METADATA, BuildKind, BuildStatus
from projections.builds import begin, drop
from projections.orders import ORDERS
from projections.store import prepare, writing
from projections.work import Work

_WAITS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def store(postgres_database: str) -> Iterator[Engine]:
    url = postgres_database.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = prepare(create_engine(url))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


def test_a_drop_waits_for_the_transaction_of_a_runner(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # Skips the check for running queries, as if the runner's transaction began right after the check.
    monkeypatch.setattr(builds, "_await_queries", no_queries)
    with writing(store) as connection:
        build = begin(connection, ORDERS, BuildKind.TODAY, BuildStatus.BUILDING)
    Work(store, ORDERS, build, 0).resume("a log")
    with ThreadPoolExecutor(1) as another:
        with writing(store) as projecting:
            moved = update(CURSORS).where(CURSORS.c.build_id == build.id).values(ordinal=1)
            assert projecting.execute(moved).rowcount == 1
            dropping = another.submit(drop, store, build)
            wait_for_a_blocked_lock(store)
            projecting.execute(text(f"DELETE FROM orders_b{build.id}"))  # noqa: S608  (a number of ours)
        dropping.result(timeout=30)
    with store.connect() as connection:
        assert connection.execute(text(f"SELECT to_regclass('orders_b{build.id}')")).scalar() is None


def no_queries(_engine: Engine, _patience: float) -> None:
    """Returns at once, as `_await_queries` does when no query is running."""


def wait_for_a_blocked_lock(engine: Engine) -> None:
    """Returns once a connection to this database waits for a lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if connection.execute(_WAITS).scalar_one():
                return
    raise AssertionError("no connection waits for a lock")
