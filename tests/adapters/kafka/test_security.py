"""TLS, SASL and any librdkafka setting are passed through; secrets are never shown."""

# pyright: reportPrivateUsage=false
# The test reads the broker's private settings.

from __future__ import annotations

import logging

import pytest
from eventsourcing.utils import Environment

from adapters.kafka.errors import KafkaUnavailable
from infra.servers.kafka import KafkaBroker
from infra.servers.port import free_port
from tests.adapters.kafka.logs import Logs, environment, events

_PASSWORD = "a-password-that-is-nowhere"  # noqa: S105 - made for this test


@pytest.fixture
def sasl_servers(private_broker: KafkaBroker) -> str:
    """The address of a broker's listener that requires a password."""
    port = free_port()
    plain = f"PLAINTEXT://127.0.0.1:{private_broker.port}"
    secure = f"SASL_PLAINTEXT://127.0.0.1:{port}"
    private_broker.stop()
    controller = private_broker._settings()["listeners"].partition(",")[2]
    private_broker.properties |= {
        "listeners": f"{plain},{secure},{controller}",
        "advertised.listeners": f"{plain},{secure}",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": (
            f'org.apache.kafka.common.security.plain.PlainLoginModule required user_whence="{_PASSWORD}";'
        ),
    }
    private_broker.start()
    return f"127.0.0.1:{port}"


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
