"""A build that is dropped while somebody still keeps it up to date: both come to an end, and neither is cut off."""

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


def test_whoever_projects_goes_first_and_the_drop_follows(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if this began right after it was asked whether anybody is at it.
    monkeypatch.setattr(builds, "_await_questions", nobody_asks)
    with writing(store) as connection:
        build = begin(connection, ORDERS, BuildKind.TODAY, BuildStatus.BUILDING)
    Work(store, ORDERS, build, 0).resume("a log")
    with ThreadPoolExecutor(1) as another:
        with writing(store) as projecting:
            moved = update(CURSORS).where(CURSORS.c.build_id == build.id).values(ordinal=1)
            assert projecting.execute(moved).rowcount == 1
            dropping = another.submit(drop, store, build)
            wait_until_it_waits(store)
            projecting.execute(text(f"DELETE FROM orders_b{build.id}"))  # noqa: S608  (a number of ours)
        dropping.result(timeout=30)
    with store.connect() as connection:
        assert connection.execute(text(f"SELECT to_regclass('orders_b{build.id}')")).scalar() is None


def nobody_asks(_engine: Engine, _patience: float) -> None:
    """The answer of that moment."""


def wait_until_it_waits(engine: Engine) -> None:
    """Until somebody in this database waits for a lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if connection.execute(_WAITS).scalar_one():
                return
    raise AssertionError("nobody waits")
