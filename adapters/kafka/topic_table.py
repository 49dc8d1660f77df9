"""The topics that belong to a topic of events: what each holds, its settings, and what each role may do there.

It is the one table of them: whoever creates a topic, checks it, grants rights or documents it reads this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from adapters.command_topic.largest import LARGEST

_FOREVER: Final = "-1"
_DAY_MS: Final = 24 * 60 * 60 * 1000
LETTER_BYTES: Final = 1024 * 1024
"""The largest record of a dead letter."""
_NO_UNCLEAN: Final[Mapping[str, str]] = {"unclean.leader.election.enable": "false"}
_KEPT: Final[Mapping[str, str]] = {
    "cleanup.policy": "delete", "retention.ms": _FOREVER, "retention.bytes": _FOREVER, **_NO_UNCLEAN,
}  # fmt: skip
_CREATE_TIME: Final[Mapping[str, str]] = {"message.timestamp.type": "CreateTime"}
# A compacted topic keeps the last record of a key: the last tracking of an application, the last snapshot of a stream.
_LATEST: Final[Mapping[str, str]] = {"cleanup.policy": "compact", **_NO_UNCLEAN, **_CREATE_TIME}


def _of_requests(*, days: int) -> Mapping[str, str]:
    """The settings of a topic of requests or answers: a record is a request with what Kafka and we add to it."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * _DAY_MS),
        **_NO_UNCLEAN,
        "max.message.bytes": str(4 * LARGEST),
    }


# The events of a tape may have timestamps of any time.
_ANY_TIME: Final[Mapping[str, str]] = {"message.timestamp.after.max.ms": str(2**63 - 1)}


class Role(StrEnum):
    """Who uses the topics. One principal of Kafka may have several roles."""

    ENGINE = "engine"
    """Owns the log: paper and live runs, `whence log seal`."""
    READER = "reader"
    """Follows the log: `whence log`, `whence explain`, `whence replay`, the read models."""
    API = "api"
    """Serves GraphQL beside an engine, and hands requests over to it; also a reader."""
    NOTARY = "notary"
    """Signs checkpoints."""
    OPERATOR = "operator"
    """A person: `whence kill`, `reset`, `doctor`, and retrying or discarding dead letters; also a reader."""
    PUBLISHER = "publisher"
    """Publishes candles and readings of books: `whence candles publish`, `whence books publish`."""
    RECORDER = "recorder"
    """Records markets: `whence record`."""
    SCANNER = "scanner"
    """Reads candles and sends signals to an engine: `whence scan`."""


class Operation(StrEnum):
    """An operation of Kafka's ACLs, in Kafka's spelling, with the client's names as those of the members."""

    READ = "Read"
    WRITE = "Write"
    CREATE = "Create"
    DESCRIBE = "Describe"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    DELETE = "Delete"


Operations = tuple[Operation, ...]
_READ: Final = (Operation.READ, Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS)
_WRITE: Final = (Operation.WRITE, Operation.DESCRIBE)
_OWN: Final = (
    Operation.READ,
    Operation.WRITE,
    Operation.DESCRIBE,
    Operation.DESCRIBE_CONFIGS,
    Operation.CREATE,
)
_OWN_WRITE: Final = (Operation.WRITE, Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS, Operation.CREATE)
_OWN_READ: Final = (Operation.READ, Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS, Operation.CREATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A topic of the table.

    `suffix` follows the name of the topic of events, without `.events` at its end where `is_sibling`. `required` holds
    the settings without which the topic would lose records or refuse them, `on_creation` further ones of a new topic.
    `has_shards` is whether it has a partition for each partition of the events; else it has `width` of them. `rights`
    are those of each role; a role that is not there has none.
    """

    suffix: str
    holds: str
    key: str
    required: Mapping[str, str]
    rights: Mapping[Role, Operations]
    on_creation: Mapping[str, str] = field(default_factory=dict[str, str])
    is_sibling: bool = False
    has_shards: bool = False
    width: int = 1

    def name(self, events: str) -> str:
        """The topic that belongs to the topic `events`."""
        return f"{events.removesuffix('.events') if self.is_sibling else events}{self.suffix}"

    def partitions(self, shards: int) -> int:
        """How many partitions it has where the topic of events has `shards`."""
        return shards if self.has_shards else self.width

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of a new topic."""
        return {**self.required, **self.on_creation}


EVENTS: Final = TopicRow(
    suffix="",
    holds="the log: one record an event",
    key="the event's stream, as order-paper-7c1f…",
    required={**_KEPT, **_CREATE_TIME},
    on_creation=_ANY_TIME,
    has_shards=True,
    rights={
        Role.ENGINE: _OWN,
        Role.READER: _READ,
        Role.API: _READ,
        Role.NOTARY: _READ,
        Role.OPERATOR: _READ,
    },
)
TRACKING: Final = TopicRow(
    suffix=".tracking",
    holds="how far an application of the library has read; the engine writes none",
    key="the application",
    required=_LATEST,
    on_creation=_ANY_TIME,
    has_shards=True,
    rights={Role.ENGINE: _OWN},
)
SNAPSHOTS: Final = TopicRow(
    suffix=".snapshots",
    holds="the last snapshot of a stream of the library; the engine writes none",
    key="the stream",
    required=_LATEST,
    on_creation=_ANY_TIME,
    has_shards=True,
    rights={Role.ENGINE: _OWN},
)
TAPE: Final = TopicRow(
    suffix=".tape",
    holds="the inputs of live runs in signed batches, for `whence replay`",
    key="none",
    required=_KEPT,
    is_sibling=True,
    has_shards=True,
    rights={
        Role.ENGINE: (*_OWN, Operation.DELETE),
        Role.READER: _READ,
        Role.API: _READ,
        Role.OPERATOR: _READ,
    },
)
DEAD_LETTERS: Final = TopicRow(
    suffix=".dead-letters",
    holds="what came from outside and could not be understood, and what became of it",
    key="the letter's id",
    # Nothing is compacted: compaction would keep only the last record of a letter, which is a change, and delete the
    # original.
    required={**_KEPT, "max.message.bytes": str(LETTER_BYTES)},
    is_sibling=True,
    rights={Role.ENGINE: _OWN, Role.API: _READ, Role.OPERATOR: (*_READ, Operation.WRITE)},
)
CHECKPOINTS: Final = TopicRow(
    suffix=".checkpoints",
    holds="the signed checkpoints of the notary",
    key="the origin, whence/<id of the log>",
    required=_KEPT,
    is_sibling=True,
    rights={
        Role.NOTARY: _OWN,
        Role.READER: _READ,
        Role.API: _READ,
        Role.OPERATOR: _READ,
    },
)
COMMANDS: Final = TopicRow(
    suffix=".commands",
    holds="signed requests of people to the engine; kept for a week, so that they can be inspected",
    key="the account",
    required=_of_requests(days=7),
    rights={
        Role.ENGINE: _OWN_READ,
        Role.API: _WRITE,
        Role.OPERATOR: _WRITE,
        Role.SCANNER: _WRITE,
    },
)
ANSWERS: Final = TopicRow(
    suffix=".answers",
    holds="the engine's answers to requests; kept for a day, which is longer than any caller waits",
    key="the request",
    required=_of_requests(days=1),
    rights={
        Role.ENGINE: _OWN_WRITE,
        Role.API: _READ,
        Role.OPERATOR: _READ,
        Role.SCANNER: _READ,
    },
)
REFUSED: Final = TopicRow(
    suffix=".refused",
    holds="requests that nobody with a key of this installation has signed; kept for a month",
    key="the key of the refused request",
    required=_of_requests(days=30),
    rights={
        Role.ENGINE: _OWN_WRITE,
        Role.API: (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS),
        Role.OPERATOR: _READ,
        Role.SCANNER: (Operation.DESCRIBE, Operation.DESCRIBE_CONFIGS),
    },
)
CLOCK: Final = TopicRow(
    suffix=".clock",
    holds="empty records of `whence doctor`, by whose timestamps it reads the broker's clock; kept for an hour",
    key="none",
    required={
        "cleanup.policy": "delete", "retention.ms": "3600000", "message.timestamp.type": "LogAppendTime",
    },
    is_sibling=True,
    rights={Role.ENGINE: _WRITE, Role.OPERATOR: _WRITE},
)  # fmt: skip
CANDLES: Final = TopicRow(
    suffix=".candles",
    holds="signed closed candles, which scanners share by partitions; kept for 31 days by the time of their close",
    key="the instrument",
    required={
        "cleanup.policy": "delete",
        "retention.ms": str(31 * _DAY_MS),
        **_NO_UNCLEAN,
        **_CREATE_TIME,
    },
    is_sibling=True,
    width=12,
    rights={Role.PUBLISHER: _OWN, Role.SCANNER: _READ},
)
MARKET: Final = TopicRow(
    suffix=".market",
    holds="signed messages of markets (books, trades, quotes, candles); kept for 3 days, and 8 GiB a partition",
    key="the instrument",
    required={
        "cleanup.policy": "delete",
        "retention.ms": str(3 * _DAY_MS),
        "retention.bytes": str(8 * 2**30),
        **_NO_UNCLEAN,
    },
    on_creation={"segment.bytes": str(2**28), **_CREATE_TIME},
    is_sibling=True,
    width=12,
    rights={Role.RECORDER: _OWN, Role.READER: _READ},
)
BOOKS: Final = TopicRow(
    suffix=".books",
    holds="signed readings of order books for engines; kept for an hour, and 1 GiB a partition",
    key="the instrument",
    required={
        "cleanup.policy": "delete",
        "retention.ms": str(60 * 60 * 1000),
        "retention.bytes": str(2**30),
        **_NO_UNCLEAN,
    },
    on_creation={"segment.bytes": str(2**26), **_CREATE_TIME},
    is_sibling=True,
    width=12,
    rights={Role.PUBLISHER: _OWN, Role.ENGINE: _READ, Role.READER: _READ},
)
BOOK_LEASES: Final = TopicRow(
    suffix=".book-leases",
    holds="no records: its partitions are the leases of order books, which publishers share",
    key="none",
    required={"cleanup.policy": "delete"},
    is_sibling=True,
    width=24,
    rights={Role.PUBLISHER: _OWN},
)
PROCESSES: Final = TopicRow(
    suffix=".processes",
    holds="signed announcements of the processes of the log: the last one of each",
    key="the process: a random id, a new one at each start",
    required=_LATEST,
    # Each process writes a record every few seconds, so that a reader from the start finds few of them.
    on_creation={
        "segment.ms": "600000",
        "segment.bytes": str(2**24),
        "max.compaction.lag.ms": "600000",
        "delete.retention.ms": "600000",
    },
    is_sibling=True,
    rights={
        Role.ENGINE: _OWN,
        Role.API: _OWN,
        Role.PUBLISHER: _OWN,
        Role.RECORDER: _OWN,
        Role.SCANNER: _OWN,
        Role.READER: _OWN,
        Role.OPERATOR: _READ,
    },
)

TOPICS: Final[Sequence[TopicRow]] = (
    EVENTS, TRACKING, SNAPSHOTS, TAPE, DEAD_LETTERS, CHECKPOINTS, COMMANDS, ANSWERS, REFUSED, CLOCK,
    CANDLES, MARKET, BOOKS, BOOK_LEASES, PROCESSES,
)  # fmt: skip
"""Every topic of a log."""


class Kind(StrEnum):
    """A kind of resource of Kafka's ACLs, in Kafka's spelling, with the client's names as those of the members."""

    TOPIC = "Topic"
    GROUP = "Group"
    TRANSACTIONAL_ID = "TransactionalId"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role's right to a resource: the one of this name, or with `is_prefix` all whose names begin so."""

    role: Role
    kind: Kind
    name: str
    operations: Operations
    is_prefix: bool = False


READERS_GROUP: Final = "whence-reader"
"""The group that every consumer of ours names. None joins it, but librdkafka looks for its coordinator."""
_COORDINATOR_LOG: Final = "__transaction_state"
_GROUPS: Final = (Operation.READ, Operation.DESCRIBE)


def scanners_group(events: str, scanner: str) -> str:
    """The consumer group whose members share the candles for the scanner of this name."""
    return f"{events.removesuffix('.events')}.scanner.{scanner}"


def books_group(events: str, exchange: str) -> str:
    """The consumer group whose members share the order books of an exchange."""
    return f"{events.removesuffix('.events')}.books.{exchange}"


def grants(events: str) -> Sequence[Grant]:
    """Every right that a log in the topic `events` needs, by role."""
    base = events.removesuffix(".events")
    return (
        *(
            Grant(role, Kind.TOPIC, row.name(events), operations)
            for row in TOPICS
            for role, operations in row.rights.items()
        ),
        # Only to end a transaction whose markers were lost (`adapters/kafka/mend.py`).
        Grant(Role.ENGINE, Kind.TOPIC, _COORDINATOR_LOG, (Operation.READ, Operation.DESCRIBE)),
        Grant(
            Role.ENGINE,
            Kind.TRANSACTIONAL_ID,
            f"{events}.",
            (Operation.WRITE, Operation.DESCRIBE),
            is_prefix=True,
        ),
        Grant(Role.ENGINE, Kind.GROUP, f"{events}.", _GROUPS, is_prefix=True),
        *(Grant(role, Kind.GROUP, READERS_GROUP, _GROUPS) for role in Role),
        Grant(Role.READER, Kind.GROUP, f"{base}.projections", _GROUPS, is_prefix=True),
        Grant(Role.PUBLISHER, Kind.GROUP, books_group(events, ""), _GROUPS, is_prefix=True),
        Grant(Role.SCANNER, Kind.GROUP, scanners_group(events, ""), _GROUPS, is_prefix=True),
    )
