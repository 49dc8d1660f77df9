"""Settings read from the environment: accepted, refused and redacted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eventsourcing.utils import Environment

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings, settings_of
from domain.errors import InvalidSettings

_SECRETS = {"KAFKA_SASL_PASSWORD": "hunter2", "KAFKA_SSL_KEY_PASSWORD": "hunter3"}
_REQUIRED = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"}


def _settings(**env: str) -> KafkaSettings:
    return settings_of(Environment("", {**_REQUIRED, **env}))


def test_settings_other_than_the_servers_have_defaults() -> None:
    settings = _settings()
    assert (settings.topic, settings.partition, settings.index_path) == ("whence.events", 0, None)
    assert dict(settings.client) == {"bootstrap.servers": "localhost:9092"}
    assert (settings.read_only, settings.exclusive, settings.take_over) == (False, False, False)


def test_any_setting_of_librdkafka_is_passed_through() -> None:
    settings = _settings(
        KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        KAFKA_SSL_CA_LOCATION="/ca.pem",
        KAFKA_CONFIG=json.dumps({"compression.type": "zstd", "socket.keepalive.enable": True}),
        KAFKA_INDEX_PATH="/index",
        KAFKA_HEAP_OPTS="-Xmx1g",
        UNRELATED="x",
    )
    assert dict(settings.client) == {
        "bootstrap.servers": "localhost:9092",
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/ca.pem",
        "compression.type": "zstd",
        "socket.keepalive.enable": "true",
    }
    assert settings.index_path == Path("/index")


def test_a_setting_with_the_prefix_of_an_application_applies_to_that_application() -> None:
    env = Environment(
        "Trading", {**_REQUIRED, "TRADING_KAFKA_TOPIC": "its.own", "TRADING_KAFKA_SASL_USERNAME": "it"}
    )
    settings = settings_of(env)
    assert (settings.topic, settings.client["sasl.username"]) == ("its.own", "it")


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": ""}, "KAFKA_BOOTSTRAP_SERVERS is not set"),
        ({"KAFKA_TOPIC": "not a topic"}, "KAFKA_TOPIC='not a topic'"),
        ({"KAFKA_PARTITION": "-1"}, "KAFKA_PARTITION=-1 is too small"),
        ({"KAFKA_PARTITION": "one"}, "KAFKA_PARTITION='one' is not a number"),
        ({"KAFKA_PARTITION": "\uff11"}, "KAFKA_PARTITION='\uff11' is not a number"),
        ({"KAFKA_TIMEOUT": "3_0"}, "KAFKA_TIMEOUT='3_0' is not a number"),
        (
            {"KAFKA_PARTITION": "1", "KAFKA_PARTITIONS": "1"},
            "KAFKA_PARTITIONS=1 is too small: the minimum is 2",
        ),
        ({"KAFKA_TIMEOUT": "0"}, "KAFKA_TIMEOUT=0 is too small"),
        ({"KAFKA_TIMEOUT": "nan"}, "KAFKA_TIMEOUT='nan' is not a number"),
        ({"KAFKA_READ_ONLY": "perhaps"}, "KAFKA_READ_ONLY='perhaps' is neither yes nor no"),
        ({"KAFKA_CONFIG": '{"sasl.password": "x'}, "KAFKA_CONFIG is not JSON"),
        ({"KAFKA_CONFIG": "[]"}, "must be a JSON object"),
        ({"KAFKA_ACKS": "1"}, "acks=1 would break the guarantees"),
        ({"KAFKA_ISOLATION_LEVEL": "read_uncommitted"}, "isolation.level=read_uncommitted would break"),
        ({"KAFKA_TRANSACTIONAL_ID": "mine"}, "transactional.id is set by the log itself"),
        ({"ORIGINATOR_ID_TYPE": "int"}, "must be uuid or text"),
    ],
)
def test_an_invalid_setting_is_refused_with_its_name(env: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidSettings, match=message.replace("(", r"\(")):
        _settings(**env)


def test_secrets_are_redacted() -> None:
    settings = _settings(
        **_SECRETS,
        KAFKA_CONFIG=json.dumps({"ssl.key.pem": "hunter4", "sasl.oauthbearer.client.secret": "hunter5"}),
    )
    assert "hunter" not in repr(settings)
    assert "hunter" not in settings.client.redact("refused hunter2, hunter3, hunter4 and hunter5")
    assert "localhost:9092" in repr(settings)


def test_a_setting_unknown_to_librdkafka_is_refused_without_its_value() -> None:
    settings = _settings(**_SECRETS, KAFKA_NO_SUCH_THING="hunter2")
    with pytest.raises(InvalidSettings, match=r"no\.such\.thing") as refused:
        Clients(settings.client, 1.0).consumer({})
    assert "hunter2" not in str(refused.value)
