"""Settings of the log on Kafka, read from the library's environment.

This module reads the `KAFKA_…` names in `OUR_SETTINGS`. Any other `KAFKA_SOME_NAME` sets librdkafka's `some.name`.
`KAFKA_CONFIG` holds a JSON object of settings under librdkafka's own names. Secrets are never shown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar

from eventsourcing.utils import Environment, strtobool

from adapters.kafka.errors import KafkaSettingsInvalid
from adapters.kafka.topic_table import SNAPSHOTS, TAPE, TRACKING
from domain.number import number

OUR_SETTINGS: Final = frozenset({
    "KAFKA_TOPIC",
    "KAFKA_PARTITION",
    "KAFKA_PARTITIONS",
    "KAFKA_REPLICATION_FACTOR",
    "KAFKA_INDEX_PATH",
    "KAFKA_READ_ONLY",
    "KAFKA_EXCLUSIVE",
    "KAFKA_TAKE_OVER",
    "KAFKA_TIMEOUT",
    "KAFKA_COMMIT_TIMEOUT",
    "KAFKA_CONFIG",
})  # fmt: skip

# Variables of Kafka's own shell scripts and images, which share the environment.
NOT_CLIENT_SETTINGS: Final = frozenset({
    "KAFKA_HOME", "KAFKA_OPTS", "KAFKA_HEAP_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_LOG4J_OPTS",
    "KAFKA_JMX_OPTS", "KAFKA_JMX_PORT", "KAFKA_GC_LOG_OPTS", "KAFKA_CLUSTER_ID", "KAFKA_VERSION",
})  # fmt: skip

# Only these values keep the log durable and consistent. Other values are refused, not silently overridden.
FIXED: Final[Mapping[str, str]] = {
    "acks": "all",
    "enable.idempotence": "true",
    "isolation.level": "read_committed",
    "enable.auto.commit": "false",
}
OURS_ALONE: Final = frozenset({"transactional.id", "group.id", "group.instance.id", "client.id"})

_SECRET = re.compile(
    r"password|secret|token|jaas|credential|\.key$|key\.pem|ssl_key|oauthbearer\.config", re.IGNORECASE
)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,200}")

_Number = TypeVar("_Number", int, float)


class ClientSettings(Mapping[str, str]):
    """librdkafka settings that do not show their secrets when printed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr({name: "…" if _SECRET.search(name) else value for name, value in self._values.items()})

    def redact(self, text: str) -> str:
        """`text` with every secret value of these settings replaced."""
        for name, value in self._values.items():
            if value and _SECRET.search(name):
                text = text.replace(value, "…")
        return text


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The location of the log and the way it is used. Times in seconds."""

    client: ClientSettings
    topic: str = "whence.events"
    partition: int = 0
    partitions: int = 1
    replication_factor: int | None = None
    index_path: Path | None = field(default=None, repr=False)
    read_only: bool = False
    exclusive: bool = False
    take_over: bool = False
    timeout: float = 30.0
    commit_timeout: float = 10.0
    originator_id_type: Literal["uuid", "text"] = "uuid"

    @property
    def tracking_topic(self) -> str:
        return TRACKING.name(self.topic)

    @property
    def snapshots_topic(self) -> str:
        return SNAPSHOTS.name(self.topic)

    @property
    def inputs_topic(self) -> str:
        """`whence.tape` for `whence.events`; for a topic of another form its name with `.tape`."""
        return TAPE.name(self.topic)

    @property
    def bootstrap_servers(self) -> str:
        return self.client["bootstrap.servers"]

    @property
    def name(self) -> str:
        """The partition as it is shown in messages and logs."""
        return f"{self.topic} partition {self.partition}"


def settings_of(env: Environment) -> KafkaSettings:
    """The settings in `env`.

    Raises KafkaSettingsInvalid where a setting is missing or invalid; the message names the variable, the fault and
    the allowed values.
    """
    partition = _number(env, "KAFKA_PARTITION", int, 0, least=0)
    return KafkaSettings(
        client=ClientSettings(_client_settings(env)),
        topic=_topic(env),
        partition=partition,
        partitions=_number(env, "KAFKA_PARTITIONS", int, partition + 1, least=partition + 1),
        replication_factor=_number(env, "KAFKA_REPLICATION_FACTOR", int, 0, least=0) or None,
        index_path=Path(path) if (path := env.get("KAFKA_INDEX_PATH")) else None,
        read_only=_flag(env, "KAFKA_READ_ONLY"),
        exclusive=_flag(env, "KAFKA_EXCLUSIVE"),
        take_over=_flag(env, "KAFKA_TAKE_OVER"),
        timeout=_number(env, "KAFKA_TIMEOUT", float, 30.0, least=0.1),
        commit_timeout=_number(env, "KAFKA_COMMIT_TIMEOUT", float, 10.0, least=0.001),
        originator_id_type=_originator_id_type(env),
    )


def _client_settings(env: Environment) -> dict[str, str]:
    settings = {**_named_settings(env), **_json_settings(env)}
    if not settings.get("bootstrap.servers"):
        raise KafkaSettingsInvalid(
            "KAFKA_BOOTSTRAP_SERVERS is not set: set it to HOST:PORT of a Kafka broker"
        )
    for name, value in settings.items():
        _refuse_unsafe(name, value)
    return settings


def _named_settings(env: Environment) -> dict[str, str]:
    prefixes = [key.removesuffix("TOPIC") for key in reversed(env.create_keys("KAFKA_TOPIC"))]
    named = [
        (f"KAFKA_{key.removeprefix(prefix)}", value)
        for prefix in prefixes
        for key, value in env.items()
        if key.startswith(prefix)
    ]
    skipped = OUR_SETTINGS | NOT_CLIENT_SETTINGS
    return {
        key.removeprefix("KAFKA_").lower().replace("_", "."): value
        for key, value in named
        if key not in skipped
    }


def _json_settings(env: Environment) -> dict[str, str]:
    text = env.get("KAFKA_CONFIG") or "{}"
    try:
        loaded: object = json.loads(text)
    except ValueError as error:
        # The text may hold a password, so the message gives only the position.
        position = getattr(error, "pos", 0)
        raise KafkaSettingsInvalid(f"KAFKA_CONFIG is not JSON (at character {position})") from None
    if not isinstance(loaded, dict):
        raise KafkaSettingsInvalid("KAFKA_CONFIG must be a JSON object of librdkafka settings")
    return {str(name): _plain(value) for name, value in loaded.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType] - JSON's values are of any type


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_unsafe(name: str, value: str) -> None:
    if name in OURS_ALONE:
        raise KafkaSettingsInvalid(f"{name} is set by the log itself and cannot be configured")
    if name in FIXED and value.lower() not in {FIXED[name], {"all": "-1"}.get(FIXED[name], FIXED[name])}:
        raise KafkaSettingsInvalid(
            f"{name}={value} would break the guarantees of the log: leave it out (it is {FIXED[name]})"
        )


def _topic(env: Environment) -> str:
    topic = env.get("KAFKA_TOPIC") or "whence.events"
    if not _TOPIC.fullmatch(topic):
        raise KafkaSettingsInvalid(
            f"KAFKA_TOPIC={topic!r} is not a topic name: at most 200 letters, digits, dots, underscores and dashes"
        )
    return topic


def _flag(env: Environment, key: str) -> bool:
    text = env.get(key) or "no"
    try:
        return strtobool(text)
    except ValueError:
        raise KafkaSettingsInvalid(f"{key}={text!r} is neither yes nor no") from None


def _number(env: Environment, key: str, kind: type[_Number], default: _Number, *, least: _Number) -> _Number:
    text = env.get(key) or ""
    try:
        value = number(text, kind) if text else default
    except ValueError:
        raise KafkaSettingsInvalid(f"{key}={text!r} is not a number") from None
    if not math.isfinite(value):
        raise KafkaSettingsInvalid(f"{key}={text!r} is not a number")
    if value < least:
        raise KafkaSettingsInvalid(f"{key}={text} is too small: the minimum is {least}")
    return value


def _originator_id_type(env: Environment) -> Literal["uuid", "text"]:
    kind = (env.get("ORIGINATOR_ID_TYPE") or "uuid").lower()
    if kind == "uuid":
        return "uuid"
    if kind == "text":
        return "text"
    raise KafkaSettingsInvalid(f"ORIGINATOR_ID_TYPE={kind!r} must be uuid or text")
