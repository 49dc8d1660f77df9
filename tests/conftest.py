"""Fixtures of real servers. Each server is started once per session, on first use, and stopped at the session's end.

Set `KAFKA_BOOTSTRAP_SERVERS`, `SCHEMA_REGISTRY_URL` or `DATABASE_URL` to use a running server. If a server does not
work, the tests that need the server fail; none is skipped.
"""

from __future__ import annotations

import gc
import logging
import os
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import psycopg
import pytest
from confluent_kafka.admin import AdminClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from infra.logging import QUIET, ToStderr
from infra.servers.kafka import KafkaBroker
from infra.servers.postgres import PostgresServer
from infra.servers.registry import SchemaRegistry
from infra.servers.server import NotAnswering, Server
from infra.servers.temporary import temporary_folder
from tests.journeys import prepared
from tests.shared_broker import folder_of_all_workers, release, shared_broker

pytest_plugins = ["tests.browsing", "tests.infra.run.left_open"]

# How long an input takes depends on what else the machine does, so no test fails by it.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")

_SERVERS = frozenset(
    {
        "browser",
        "database_url",
        "kafka_bootstrap_servers",
        "kafka_broker",
        "postgres_server",
        "private_broker",
        "schema_registry",
        "secured",
    }
)
_SERVED = frozenset({"kafka", "postgresql"})
"""Parameters of fixtures that start a server only for some of their values."""

_LONGEST = ("tests/journeys/", "tests/adversary/", "tests/infra/", "tests/torture/")
"""Folders whose files take minutes. They run first, so that no worker is left with one of them at the end."""

_MARKET_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that start a server or a browser, so that `-m "not servers"` selects the others, and sorts."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))
    for item in items:
        fixtures: Sequence[str] = getattr(item, "fixturenames", ())
        chosen: Mapping[str, object] = getattr(getattr(item, "callspec", None), "params", {})
        if _SERVERS.intersection(fixtures) or _SERVED.intersection(map(str, chosen.values())):
            item.add_marker("servers")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """The workers of `-n auto`: three for two processors. None leaves xdist's own variable in force.

    With a worker for each processor, make test left 29 % of their time idle (2,383 s used in 1,671 s on two): tests
    wait for the start of a server, for commits to disk, and for the periods of the programs that they start.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return max(1, (os.cpu_count() or 1) * 3 // 2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keeps the collector from searching what lives as long as the session: tests, modules and fixtures.

    They are a million objects, which take 0.8 s of each full search. Of what tests make, cycles are collected as
    before.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_sessionfinish() -> None:
    """Ends the shared broker: not in a fixture, because the time of a test does not include that of other workers."""
    release()
    prepared.release()


@pytest.fixture(autouse=True)
def _no_log_is_left_on() -> Iterator[None]:
    """A command that ran in this process does not write its libraries' lines into the output of later tests."""
    root = logging.getLogger()
    before, level = [one for one in root.handlers if isinstance(one, ToStderr)], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers = [one for one in root.handlers if not isinstance(one, ToStderr) or one in before]
    root.setLevel(level)
    for name, own in levels.items():
        logging.getLogger(name).setLevel(own)


@pytest.fixture(scope="session", autouse=True)
def _no_index_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Logs on Kafka keep their index in this session's temporary folder, not in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHENCE_INDEX", str(tmp_path_factory.mktemp("index")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_key_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The keys of the tests, and of the processes that they start, are in this session's temporary folder.

    `WHENCE_KEYS` is the setting; `XDG_DATA_HOME` gives the same folder where a test makes its settings itself.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))
        patch.setenv("WHENCE_KEYS", str(home / "whence" / "keys"))
        yield


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> KafkaBroker:
    """The shared broker, which tests must not stop. It is started even if `KAFKA_BOOTSTRAP_SERVERS` is set."""
    return shared_broker(folder_of_all_workers(tmp_path_factory.getbasetemp()))


@pytest.fixture(scope="session")
def kafka_bootstrap_servers(request: pytest.FixtureRequest) -> str:
    """`host:port` of a running Kafka, which does not create topics automatically (see `kafka_topic`)."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or _url(request, "kafka_broker")


@pytest.fixture(scope="session")
def schema_registry() -> Iterator[SchemaRegistry]:
    """The shared registry, which tests must not stop."""
    with SchemaRegistry(temporary_folder("registry")) as registry:
        yield registry


@pytest.fixture(scope="session")
def schema_registry_url(request: pytest.FixtureRequest) -> str:
    """The URL of a registry for a Confluent client."""
    return os.environ.get("SCHEMA_REGISTRY_URL") or _url(request, "schema_registry")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The shared PostgreSQL server, which tests must not stop."""
    with PostgresServer(temporary_folder("postgres"), brief=True) as server:
        yield server


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> str:
    """`postgresql://user:password@host:port/database` of a PostgreSQL in which tests may create tables."""
    return os.environ.get("DATABASE_URL") or _url(request, "postgres_server")


@pytest.fixture
def kafka_topic(kafka_bootstrap_servers: str) -> Iterator[str]:
    """See `unused_topic`."""
    with unused_topic(kafka_bootstrap_servers) as name:
        yield name


@contextmanager
def unused_topic(servers: str) -> Generator[str]:
    """An unused topic name; the topic is not created. All topics that start with it are deleted afterwards."""
    name = f"test.{uuid.uuid4().hex}"
    yield name
    admin = AdminClient({"bootstrap.servers": servers})
    left = [topic for topic in admin.list_topics(timeout=30).topics if topic.startswith(name)]
    # The client declares Future without its type argument.
    deletions = admin.delete_topics(left) if left else {}  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for deletion in cast(dict[str, Future[None]], deletions).values():
        deletion.result(timeout=30)


@pytest.fixture
def postgres_database(database_url: str) -> Iterator[str]:
    """See `empty_database`."""
    with empty_database(database_url) as url:
        yield url


@contextmanager
def empty_database(database_url: str) -> Generator[str]:
    """The URL of an empty database, which is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(database_url)._replace(path=f"/{name}", query="").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def _broker_of_the_file() -> Iterator[KafkaBroker]:
    with KafkaBroker(temporary_folder("private-kafka"), brief=True) as broker:
        yield broker


@pytest.fixture
def private_broker(_broker_of_the_file: KafkaBroker) -> Iterator[KafkaBroker]:
    """A running broker, which the test may stop, kill, start and restart, and whose properties it may change.

    The tests of a file use the same broker one after the other, because a new one takes some 7 s of a processor; so
    each test has a topic of its own. A broker with changed properties, or without an answer, is started again.
    """
    broker = _broker_of_the_file
    yield broker.start()
    if broker.properties or not _answers(broker):
        broker.kill()
        broker.properties = {}


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of recorded market data, which is not part of this repository."""
    if not _MARKET_DATA.is_dir():
        pytest.skip(f"needs the recorded market data in {_MARKET_DATA}, which this machine does not have")
    return _MARKET_DATA


def _answers(server: Server) -> bool:
    try:
        server.probe(2.0)
    except NotAnswering:
        return False
    return True


def _url(request: pytest.FixtureRequest, fixture: str) -> str:
    server = request.getfixturevalue(fixture)
    assert isinstance(server, Server)
    return server.url
