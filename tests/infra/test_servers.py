"""The development servers, really started: they answer, keep their data and end with this process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import cast

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigEntry, ConfigResource
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from psycopg.conninfo import make_conninfo

from domain.errors import ServerFailed
from infra.servers.kafka import KafkaBroker, probe_kafka
from infra.servers.postgres import PostgresServer, probe_postgres
from infra.servers.registry import SchemaRegistry, probe_registry
from infra.servers.server import NotAnswering, Server
from infra.servers.temporary import temporary_folder

_RECORD = '{"type": "record", "name": "Kept", "namespace": "whence.test", "fields": []}'
_LIVES_UNTIL_KILLED = """
import sys
from infra.servers.{module} import {server}
from infra.servers.temporary import temporary_folder

server = {server}(temporary_folder("orphan")).start()
print(server.pid, server.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    folder = temporary_folder("test")
    yield folder
    assert not folder.exists(), "the folder of a discarded server still exists"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restarted_broker_keeps_its_port_and_its_committed_records(
    private_broker: KafkaBroker, end: str
) -> None:
    address, topic = private_broker.bootstrap_servers, f"kept.{end}"
    _commit(address, topic, b"before")
    # A commit is acknowledged before its marker is in the partition. Reading the record proves that the marker is
    # there.
    assert _first(address, topic, group="before") == b"before"

    getattr(private_broker, end)()
    with pytest.raises(NotAnswering):
        probe_kafka(address, 0.5)
    private_broker.start()

    assert private_broker.bootstrap_servers == address
    assert _first(address, topic, group="after") == b"before"


def test_a_broker_uses_the_given_properties(empty_folder: Path) -> None:
    given = {"transactional.id.expiration.ms": "123456"}
    with KafkaBroker(empty_folder, brief=True, properties=given) as broker:
        assert _setting(broker.bootstrap_servers, "transactional.id.expiration.ms") == "123456"


def test_a_record_for_a_missing_topic_does_not_create_the_topic(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    producer = Producer({"bootstrap.servers": kafka_bootstrap_servers, "message.timeout.ms": "3000"})
    refused: list[object] = []
    producer.produce(kafka_topic, b"lost", on_delivery=lambda error, _: refused.append(error))
    producer.flush(30)

    assert len(refused) == 1
    assert refused[0] is not None
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap_servers})
    assert kafka_topic not in admin.list_topics(timeout=10).topics


def test_postgres_keeps_committed_rows_after_a_crash(empty_folder: Path) -> None:
    with PostgresServer(empty_folder) as server:
        with psycopg.connect(server.url) as session:
            session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        server.start()
        with psycopg.connect(server.url) as session:
            assert session.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_postgres_refuses_a_wrong_password(database_url: str) -> None:
    wrong = make_conninfo(database_url, password=f"not {database_url}")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives PostgreSQL another user")
def test_a_folder_that_postgres_may_not_enter_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    with pytest.raises(ServerFailed, match=r'closed/postgres[^"]*".*: Permission denied'):
        PostgresServer(tmp_path / "closed" / "postgres").start()


def test_the_registry_keeps_schema_ids_after_a_restart(empty_folder: Path) -> None:
    with SchemaRegistry(empty_folder) as registry:
        with SchemaRegistryClient({"url": registry.url, "timeout": 30}) as client:
            known = client.register_schema("kept", Schema(_RECORD, "AVRO"))
        registry.restart()
        with SchemaRegistryClient({"url": registry.url, "timeout": 30}) as client:
            assert client.get_subjects() == ["kept"]
            assert json.loads(client.get_schema(known).schema_str or "") == json.loads(_RECORD)


@pytest.mark.parametrize(
    ("module", "server"),
    [("kafka", "KafkaBroker"), ("registry", "SchemaRegistry"), ("postgres", "PostgresServer")],
)
@pytest.mark.parametrize("victim", ["parent", "leash"])
def test_a_server_ends_when_its_parent_or_its_leash_is_killed(module: str, server: str, victim: str) -> None:
    program = _LIVES_UNTIL_KILLED.format(module=module, server=server)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        started = psutil.Process(int(pid))
        leash = started.parent()
        assert leash is not None
        os.kill({"parent": parent.pid, "leash": leash.pid}[victim], signal.SIGKILL)

        # A killed leash stays a zombie until its parent ends, because the parent does not wait for the leash.
        _, alive = psutil.wait_procs([started] if victim == "leash" else [started, leash], timeout=30)
        assert not alive
        parent.kill()
    assert Path(folder).exists() is (victim == "leash"), (
        "the leash must delete the folder when the parent dies"
    )
    shutil.rmtree(folder, ignore_errors=victim == "parent")


def test_a_server_that_cannot_start_reports_its_log_and_leaves_no_folder(empty_folder: Path) -> None:
    with (
        pytest.raises(ServerFailed, match=r"(?s)kafka.*num\.io\.threads"),
        KafkaBroker(empty_folder, brief=True, properties={"num.io.threads": "none"}),
    ):
        pytest.fail("it started")


def test_a_taken_port_is_refused_with_its_number(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match=f"another program listens on its port {kafka_broker.port}"):
        KafkaBroker(tmp_path / "second", port=kafka_broker.port).start()


def test_a_later_process_with_the_same_pid_is_not_taken_for_the_server(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    assert not KafkaBroker(tmp_path).running


def test_a_running_server_is_found_by_its_folder(kafka_broker: KafkaBroker) -> None:
    found = KafkaBroker(kafka_broker.folder)
    assert (found.running, found.pid, found.port) == (True, kafka_broker.pid, kafka_broker.port)


@pytest.mark.parametrize("server", ["kafka_broker", "schema_registry", "postgres_server"])
def test_servers_listen_on_this_machine_only(request: pytest.FixtureRequest, server: str) -> None:
    running: Server = request.getfixturevalue(server)
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(running.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert listening


@pytest.mark.parametrize(
    ("probe", "url"),
    [
        (probe_kafka, "127.0.0.1:1"),
        (probe_registry, "http://127.0.0.1:1"),
        (probe_registry, "http://127.0.0.1:port"),
        (probe_registry, "registry"),
        (probe_postgres, "postgresql://whence:hunter2@127.0.0.1:1/whence"),
        (probe_postgres, "hunter2"),
    ],
)
def test_a_server_that_does_not_answer_is_reported_without_a_password(probe: object, url: str) -> None:
    assert callable(probe)
    with pytest.raises(NotAnswering) as silence:
        probe(url, 1.0)
    assert str(silence.value)
    assert "hunter2" not in str(silence.value)


def _commit(bootstrap_servers: str, topic: str, value: bytes) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    made = admin.create_topics([NewTopic(topic, 1, 1)])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - a Future of nothing in the client
    cast(dict[str, Future[None]], made)[topic].result(timeout=30)
    producer = Producer({"bootstrap.servers": bootstrap_servers, "transactional.id": f"{topic}.0"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value)
    producer.commit_transaction(30)


def _first(bootstrap_servers: str, topic: str, group: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        return message.value()
    finally:
        consumer.close()


def _setting(bootstrap_servers: str, name: str) -> str | None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    answers = admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, "1")])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - a Future of nothing in the client
    (answer,) = cast(dict[ConfigResource, Future[dict[str, ConfigEntry]]], answers).values()
    return answer.result(timeout=30)[name].value
