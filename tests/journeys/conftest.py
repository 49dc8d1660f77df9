"""The runs that many journeys look at are made once a session; logs for the others are nobody's before them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from domain.log import Recorded
from infra.run.plan import Plan
from tests.journeys.runs import play, play_at, recorded_plan, short_plan, told, told_at

KINDS = ("sqlite", "kafka", "postgresql")


@pytest.fixture(scope="session")
def recorded(market_data: Path) -> Plan:
    """The three recorded 5-minute tapes together."""
    return recorded_plan(market_data)


@pytest.fixture(scope="session")
def on_sqlite(recorded: Plan, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of their run on SQLite."""
    address = f"sqlite:///{tmp_path_factory.mktemp('recorded') / 'run.db'}"
    play_at(recorded, address)
    return address


@pytest.fixture(scope="session")
def story(on_sqlite: str) -> Sequence[Recorded]:
    """Everything that run recorded."""
    return told_at(on_sqlite)


@pytest.fixture(scope="session")
def short() -> Plan:
    """A short synthetic tape on which everything happens."""
    return short_plan()


@pytest.fixture(scope="session")
def short_story(short: Plan) -> Sequence[Recorded]:
    """What its run records, on a log in memory."""
    with closing(open_memory(AvroCodec())) as log:
        play(short, log)
        return told(log)


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A log that is not there yet, of each kind that outlives its process."""
    return address_of(request.param, request, tmp_path)


def address_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Where a new log of this kind can be begun."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'run.db'}"
    if kind == "postgresql":
        database: str = request.getfixturevalue("postgres_database")
        return database
    servers = request.getfixturevalue("kafka_bootstrap_servers")
    return f"kafka://{servers}/{request.getfixturevalue('kafka_topic')}?partition=0"
