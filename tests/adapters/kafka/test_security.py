"""TLS, SASL and any librdkafka setting are passed through; secrets are never shown."""

# pyright: reportPrivateUsage=false
# The test reads the broker's private settings.

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.utils import Environment

from adapters.avro import AvroCodec, headers_of
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.topic_table import Role
from adapters.log.address import KafkaAddress
from adapters.log.kafka import open_kafka, read_kafka
from adapters.marks.key_folder import KeyFolder
from domain.errors import LogUnavailable
from infra.config import WhenceSettings
from infra.servers.kafka import KafkaBroker
from infra.servers.port import free_port
from infra.servers.temporary import temporary_folder
from infra.topics import LogTopics, principals_of
from tests.adapters.kafka.logs import Logs, environment, events
from tests.adapters.log.days import opened
from tests.certificates import Certificate, certificate

_PASSWORD = "a-password-that-is-nowhere"  # noqa: S105 - made for this test


@pytest.fixture(scope="module")
def issued() -> Certificate:
    """The certificate of the broker's TLS listener."""
    return certificate(temporary_folder("secured-kafka") / "broker", "127.0.0.1")


@pytest.fixture(scope="module")
def secured(issued: Certificate) -> Iterator[KafkaBroker]:
    """A broker with an authorizer: without a password a client may do everything, with one what ACLs allow."""
    broker = KafkaBroker(temporary_folder("secured-kafka"), brief=True)
    plain = f"PLAINTEXT://127.0.0.1:{broker.port}"
    secure = f"SASL_PLAINTEXT://127.0.0.1:{free_port()}"
    tls = f"SASL_SSL://127.0.0.1:{free_port()}"
    keystore = issued.key.with_name("keystore.pem")
    keystore.write_bytes(issued.key.read_bytes() + issued.chain.read_bytes())
    controller = broker._settings()["listeners"].partition(",")[2]
    users = " ".join(f'user_{name}="{_PASSWORD}"' for name in ("whence", *Role))
    login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};"
    broker.properties |= {
        "listeners": f"{plain},{secure},{tls},{controller}",
        "advertised.listeners": f"{plain},{secure},{tls}",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": login,
        "listener.name.sasl_ssl.plain.sasl.jaas.config": login,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:whence",
    }
    with broker:
        yield broker


@pytest.fixture
def sasl_servers(secured: KafkaBroker) -> str:
    """The address of the listener that requires a password."""
    return secured.properties["advertised.listeners"].split(",")[1].rpartition("//")[2]


def _sasl(servers: str, password: str) -> Environment:
    return environment(
        servers,
        "test.sasl",
        KAFKA_SECURITY_PROTOCOL="SASL_PLAINTEXT",
        KAFKA_SASL_MECHANISM="PLAIN",
        KAFKA_SASL_USERNAME="whence",
        KAFKA_SASL_PASSWORD=password,
        KAFKA_TIMEOUT="5",
    )


def test_a_log_that_requires_sasl_opens_with_the_password_and_never_shows_it(
    sasl_servers: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Logs(_sasl(sasl_servers, _PASSWORD)) as logs:
        log = logs.open()
        assert log.append(events("order-1", 1, 2)) == [1, 2]
        assert log.contents() == [(1, "order-1", 1), (2, "order-1", 2)]
        assert _PASSWORD not in repr(log.factory.settings)
    with Logs(_sasl(sasl_servers, "wrong-" + _PASSWORD)) as logs:
        with pytest.raises(KafkaUnavailable) as refused:
            logs.open()
        assert _PASSWORD not in str(refused.value)
    assert _PASSWORD not in caplog.text


def _login(role: Role) -> dict[str, str]:
    return {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": role,
        "sasl.password": _PASSWORD,
    }


def test_with_the_rights_of_the_table_the_engine_writes_and_a_reader_only_reads(
    secured: KafkaBroker, sasl_servers: str, tmp_path: Path
) -> None:
    """The rights come from the table, and the table's are enough: each role does its work with them alone."""
    topic, keys = "rights.events", KeyFolder(tmp_path / "keys")
    address = KafkaAddress(sasl_servers, topic, 0)
    principals = principals_of([f"{role}=User:{role}" for role in Role])
    topics = LogTopics(WhenceSettings(log=f"kafka://{secured.bootstrap_servers}/{topic}"), principals)
    with pytest.raises(LogUnavailable):
        open_kafka(address, AvroCodec(), headers_of, _login(Role.ENGINE), None, keys=keys)
    before = topics.differences()
    assert "User:engine: Write on topic rights.events: is not allowed" in before
    assert "User:reader: Read on topic rights.events: is not allowed" in before
    assert len(topics.apply()) == len(before)
    assert topics.differences() == []
    owned = open_kafka(address, AvroCodec(), headers_of, _login(Role.ENGINE), None, keys=keys)
    owned.append([opened()])
    owned.close()
    for role in (Role.READER, Role.API, Role.NOTARY, Role.OPERATOR):
        reader = read_kafka(address, AvroCodec(), _login(role), keys=keys)
        assert reader.head() == 1, role
        reader.close()
        with pytest.raises(LogUnavailable):
            open_kafka(address, AvroCodec(), headers_of, _login(role), None, keys=keys)


def _over_tls(broker: KafkaBroker, authority: Path, host: str = "127.0.0.1") -> Environment:
    servers = broker.properties["advertised.listeners"].rpartition("//")[2].replace("127.0.0.1", host)
    return environment(
        servers,
        "test.tls",
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SASL_MECHANISM="PLAIN",
        KAFKA_SASL_USERNAME="whence",
        KAFKA_SASL_PASSWORD=_PASSWORD,
        KAFKA_TIMEOUT="5",
        KAFKA_CONFIG=json.dumps({"ssl.ca.location": str(authority)}),
    )


def test_a_log_is_opened_over_tls_only_where_the_authority_and_the_name_of_the_broker_are_right(
    secured: KafkaBroker, issued: Certificate, tmp_path: Path
) -> None:
    with Logs(_over_tls(secured, issued.authority)) as logs:
        log = logs.open()
        assert log.append(events("order-1", 1, 2)) == [1, 2]
    stranger = certificate(tmp_path / "other", "127.0.0.1").authority
    for environ in (_over_tls(secured, stranger), _over_tls(secured, issued.authority, "localhost")):
        with Logs(environ) as logs, pytest.raises(KafkaUnavailable) as refused:
            logs.open()
        assert _PASSWORD not in str(refused.value)
