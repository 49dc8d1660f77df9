"""Servers restart under the programs that keep read models: the programs go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from infra.run.projecting import Projecting
from infra.servers.kafka import KafkaBroker
from infra.servers.postgres import PostgresServer
from infra.servers.temporary import temporary_folder
from infra.store import open_store
from projections.orders import ORDERS
from projections.standing import standings
from projections.store import reading
from tests.adversary.waiting import until
from tests.infra.run.stores import filled, opened
from tests.journeys.program import PATIENCE, running
from tests.journeys.serving import Started, started
from tests.projections.folded import a_run

EVENTS = a_run(1_500)[:90]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A running PostgreSQL for one test, which the test may stop and start."""
    with PostgresServer(temporary_folder("private-postgres")) as server:
        yield server


def least(engine: Engine) -> int:
    """The lowest ordinal of the builds in the store; 0 where there are none."""
    with reading(engine) as connection:
        return min((one.ordinal for one in standings(connection, 0) if one.ordinal), default=0)


def status(api: Started) -> int:
    return httpx2.get(api.url.replace("/graphql", "/readyz"), timeout=20).status_code


def test_projecting_and_the_api_go_on_after_their_postgresql_was_away(
    tmp_path: Path, server: PostgresServer
) -> None:
    """The log is in PostgreSQL, too. Events are appended while the programs still retry."""
    words = ("--log", server.url, "--store", server.url)
    filled(server.url, EVENTS[:60])
    with running(tmp_path, "projections", "run", *words) as program:
        engine = open_store(WhenceSettings(store=server.url))
        until(lambda: _answers(engine) == 60, "the read models are built")
        with started(tmp_path, "--read-only", *words) as api:
            until(lambda: status(api) == 200, "the API is ready")
            engine.dispose()
            server.stop()
            until(lambda: status(api) == 503, "the API is ready without its store")
            server.start()
            filled(server.url, EVENTS[60:])
            until(lambda: least(engine) == 90, "projecting goes on")
            until(lambda: status(api) == 200, "the API is ready again")
            assert program.is_alive
        _, _, err = program.interrupt()
        engine.dispose()
    assert "projecting goes on by itself once it answers" in err
    assert "answer again" in err
    assert "Stopped; the same command continues from here." in err
    assert "Traceback" not in err


def _answers(engine: Engine) -> int:
    """The lowest ordinal of the builds; 0 while the program has not made its tables."""
    try:
        return least(engine)
    except ProgrammingError:
        return 0


def test_projecting_goes_on_after_its_kafka_was_away(tmp_path: Path, private_broker: KafkaBroker) -> None:
    address = f"kafka://{private_broker.bootstrap_servers}/restarted"
    filled(address, EVENTS[:60])
    for engine in opened(f"sqlite:///{tmp_path / 'read.db'}"):
        with closing(open_reader(WhenceSettings(log=address))) as reader:
            projecting = Projecting(engine, reader, {"orders": ORDERS})
            projecting.start()
            try:
                assert projecting.wait_until(60, PATIENCE)
                private_broker.restart()
                with closing(open_owned(WhenceSettings(log=address))) as log:
                    log.append(EVENTS[60:])
                assert projecting.wait_until(90, PATIENCE)
                assert projecting.failure is None
            finally:
                projecting.stop()
