"""The topics of a log as they are, compared with the table (`topic_table`), and made as the table has them.

Nothing is ever deleted. A setting is changed only where the topic keeps at least as much afterwards: a longer retention
than the table's is no difference, and a change that removes records is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.kafka.admin import Topic
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.topic import alter_command, enough_in_sync, enough_replicas, made_topic
from adapters.kafka.topic_table import TOPICS, TopicRow

_AT_LEAST: Final = frozenset({"retention.ms", "retention.bytes", "max.message.bytes", "min.insync.replicas"})
"""Settings of which more is as good; -1 is without a limit."""
_REMOVES: Final = frozenset({("cleanup.policy", "compact")})
"""Changes after which the broker removes records that the topic has: only a person makes them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as the table has it, in one line. `mend` is what a person does about it; empty where apply does."""

    topic: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.topic}: {self.text}" + (f": {self.mend}" if self.mend else "")


class TopicChanges:
    """The topics of the log at `settings.topic`. Raises KafkaUnavailable, as every method does, without a broker."""

    def __init__(self, clients: Clients, settings: KafkaSettings) -> None:
        """`settings.partitions` are the partitions of the events that are wanted at least."""
        self._clients, self._settings = clients, settings
        self._brokers = len(clients.admin.cluster().nodes)

    def differences(self) -> Sequence[Difference]:
        """What is not as the table has it; nothing is changed."""
        return [one for row, topic in self._rows() for one in self._differences(row, topic)]

    def apply(self) -> Sequence[str]:
        """Creates what is missing and changes what may be changed; returns a line for each change."""
        return [line for row, topic in self._rows() for line in self._applied(row, topic)]

    def _rows(self) -> Sequence[tuple[TopicRow, Topic | None]]:
        found = self._clients.admin.topics([self._name(row) for row in TOPICS])
        return [(row, found.get(self._name(row))) for row in TOPICS]

    def _name(self, row: TopicRow) -> str:
        return row.name(self._settings.topic)

    def _differences(self, row: TopicRow, topic: Topic | None) -> Iterator[Difference]:
        name = self._name(row)
        if topic is None:
            yield Difference(name, "is missing")
            return
        wanted = row.partitions(self._settings.partitions)
        if len(topic.partitions) < wanted:
            yield Difference(name, f"has {len(topic.partitions)} of {wanted} partitions")
        copies = _copies(topic)
        enough = enough_replicas(self._settings, self._brokers)
        if copies < enough:
            yield Difference(
                name, f"has {copies} of {enough} replicas", "kafka-reassign-partitions.sh adds them"
            )
        for key, (is_now, value) in self._wrong(row, topic).items():
            mend = self._by_hand(name, key, value) if (key, value) in _REMOVES else ""
            yield Difference(name, f"{key} is {is_now}, not {value}", mend)

    def _applied(self, row: TopicRow, topic: Topic | None) -> Iterator[str]:
        name = self._name(row)
        if topic is None:
            made = made_topic(
                self._clients,
                row,
                self._settings.topic,
                self._settings.partitions,
                self._settings.replication_factor,
            )
            yield f"{name}: created with {len(made.partitions)} partitions"
            topic = made
        wanted = row.partitions(self._settings.partitions)
        if len(topic.partitions) < wanted:
            self._clients.admin.add_partitions(name, wanted)
            yield f"{name}: has {wanted} partitions instead of {len(topic.partitions)}"
        changed = {
            key: values for key, values in self._wrong(row, topic).items() if (key, values[1]) not in _REMOVES
        }
        if changed:
            self._clients.admin.change_settings(name, {key: value for key, (_, value) in changed.items()})
        for key, (is_now, value) in changed.items():
            yield f"{name}: {key} is {value} instead of {is_now}"

    def _by_hand(self, name: str, key: str, value: str) -> str:
        command = alter_command(self._settings, name, {key: value})
        return f"it would remove records, so `apply` leaves it: {command}"

    def _wrong(self, row: TopicRow, topic: Topic) -> Mapping[str, tuple[str, str]]:
        """The settings that are not as they have to be: their values now and the table's."""
        found = self._clients.admin.settings(self._name(row)) or {}
        required = {**row.required, "min.insync.replicas": str(enough_in_sync(_copies(topic)))}
        return {
            key: (found.get(key, "unknown"), value)
            for key, value in required.items()
            if not _suffices(key, found.get(key), value)
        }


def _copies(topic: Topic) -> int:
    return min(len(partition.replicas) for partition in topic.partitions)


def _suffices(key: str, found: str | None, required: str) -> bool:
    if found is None or key not in _AT_LEAST:
        return found == required
    return found == "-1" or (required != "-1" and int(found) >= int(required))
