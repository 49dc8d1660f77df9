"""Fixtures of the tests in this folder: runs that many tests read, made once per session, and addresses of new logs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from domain.log import Recorded
from infra.run.plan import Plan
from tests.journeys.runs import events_at, events_of, play, play_at, recorded_plan, short_plan

KINDS = ("sqlite", "kafka", "postgresql")


@pytest.fixture(scope="session")
def recorded(market_data: Path) -> Plan:
    """The plan of the three recorded 5-minute tapes together."""
    return recorded_plan(market_data)


@pytest.fixture(scope="session")
def on_sqlite(recorded: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a SQLite log on which the recorded tapes were played."""
    address = f"sqlite:///{tmp_path_factory.mktemp('recorded') / 'run.db'}"
    play_at(recorded, address)
    return address


@pytest.fixture(scope="session")
def story(on_sqlite: str) -> Sequence[Recorded]:
    """Every event of the run of the recorded tapes."""
    return events_at(on_sqlite)


@pytest.fixture(scope="session")
def short() -> Plan:
    """The plan of a short synthetic tape with trades of every kind."""
    return short_plan()


@pytest.fixture(scope="session")
def short_story(short: Plan) -> Sequence[Recorded]:
    """Every event of the run of the short tape, played on a log in memory."""
    with closing(open_memory(AvroCodec())) as log:
        play(short, log)
        return events_of(log)


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new log; once for each kind of log that is still there after its process ended."""
    return address_of(request.param, request, tmp_path)


def address_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a new log of this kind."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'run.db'}"
    if kind == "postgresql":
        database: str = request.getfixturevalue("postgres_database")
        return database
    servers = request.getfixturevalue("kafka_bootstrap_servers")
    return f"kafka://{servers}/{request.getfixturevalue('kafka_topic')}?partition=0"
