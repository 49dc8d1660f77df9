"""The checks of Kafka: connection, topics, rights and the broker's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from confluent_kafka import KafkaError, Message

from adapters.kafka.acknowledged import check_acknowledged
from adapters.kafka.topic_table import CLOCK, TOPICS
from adapters.measured_clock import measured
from commands.clock_reading import check_clock
from domain.errors import LogUnsafe, Refused
from infra.doctor.subject import Subject
from infra.topics import LogTopics

SECONDS: Final = 10.0
_MILLISECOND: Final = timedelta(milliseconds=1)
_APPLY: Final = "run `whence topics apply --log URL`"


def connection(subject: Subject) -> str:
    """The cluster answers."""
    topics = _topics(subject)
    cluster = topics.clients.admin.cluster()
    return f"{topics.kafka.bootstrap_servers} answers, brokers: {len(cluster.nodes)}"


def topics(subject: Subject) -> str:
    """The topics are as the table has them. Raises LogUnsafe with every difference."""
    if differences := _topics(subject).differences():
        raise LogUnsafe(f"{'; '.join(differences)}: {_APPLY}")
    return f"{len(TOPICS)} topics are as the table has them"


def rights(subject: Subject) -> str:
    """This login may do in each topic what the role does there. Raises Refused with what it may not.

    Of a topic that is missing the brokers state no rights; the check of the topics states that it is.
    """
    opened = _topics(subject)
    events, role = opened.kafka.topic, subject.role
    named = {row.name(events): row.rights[role] for row in TOPICS if role in row.rights}
    there = opened.clients.admin.topics(list(named))
    wanted = {name: rights for name, rights in named.items() if name in there}
    if not wanted:
        raise LogUnsafe(
            f"none of the {len(named)} topics of the log is there, so no right can be looked at: {_APPLY}"
        )
    allowed = opened.clients.admin.allowed(list(wanted))
    missing = [
        f"{operation} on {name}"
        for name, operations in wanted.items()
        for operation in operations
        if name not in allowed or operation.name not in allowed[name]
    ]
    if missing:
        raise Refused(
            f"this login may not, as {role}: {', '.join(missing)}: an administrator runs `whence topics apply "
            f"--log URL --principal {role}=User:NAME`"
        )
    return f"this login may do what the role {role} does in {len(wanted)} topics"


def clock(subject: Subject) -> str:
    """The broker's clock agrees with this machine's: the timestamp of a record that the broker sets.

    Kafka has no query for it. Raises Refused where the clocks differ, LogUnsafe where there is no topic for the record,
    LogUnavailable where the record is not written.
    """
    opened = _topics(subject)
    name = CLOCK.name(opened.kafka.topic)
    if not opened.clients.admin.topics([name]):
        raise LogUnsafe(f"there is no topic {name}: {_APPLY}")
    producer = opened.clients.plain_producer(1_000_000)
    found: list[datetime] = []
    failures: list[str] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failures.append(error.str())
        else:
            found.append(datetime.fromtimestamp(0, UTC) + message.timestamp()[1] * _MILLISECOND)

    def read() -> datetime:
        producer.produce(name, b"", on_delivery=delivered)
        check_acknowledged(producer, name, failures, SECONDS)
        return found[-1]

    check_clock(lambda: measured(read), "the broker's")
    return "the broker's clock agrees with this machine's"


def _topics(subject: Subject) -> LogTopics:
    return LogTopics(subject.settings, {}, timeout=SECONDS)
