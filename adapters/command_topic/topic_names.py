"""The topics of requests and answers that belong to a topic of events, and the settings of their clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.command_topic.wire import LARGEST
from adapters.kafka.aiokafka_settings import aiokafka_arguments
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.topic import made_topic

_DAY_MS = 24 * 60 * 60 * 1000
_ALWAYS = {
    "cleanup.policy": "delete",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": str(4 * LARGEST),
}
COMMANDS: Mapping[str, str] = {**_ALWAYS, "retention.ms": str(7 * _DAY_MS)}
"""Requests are kept for a week, so that they can be inspected. The log keeps the events that they caused for ever."""
ANSWERS: Mapping[str, str] = {**_ALWAYS, "retention.ms": str(_DAY_MS)}
"""Answers are kept for a day, which is longer than any caller waits."""
REFUSED: Mapping[str, str] = {**_ALWAYS, "retention.ms": str(30 * _DAY_MS)}
"""Refused requests are kept for a month, so that somebody can look at them."""
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CommandTopic:
    """The topics of requests, answers and refused requests that belong to the topic `events`.

    `servers` is written as in a log's address; `client` holds librdkafka's settings for the cluster.
    """

    servers: str
    events: str
    client: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def commands(self) -> str:
        """The topic of requests."""
        return f"{self.events}.commands"

    @property
    def answers(self) -> str:
        """The topic of answers."""
        return f"{self.events}.answers"

    @property
    def refused(self) -> str:
        """The topic of requests that were refused because nobody with a key of this installation had signed them."""
        return f"{self.events}.refused"

    def ensure(self) -> None:
        """Creates missing topics. Raises LogUnavailable where the brokers do not answer."""
        settings = ClientSettings({**self.client, "bootstrap.servers": self.servers})
        clients = Clients(settings, _ANSWER_SECONDS)
        clients.admin.cluster()
        wanted = {self.commands: COMMANDS, self.answers: ANSWERS, self.refused: REFUSED}
        for name in wanted.keys() - clients.admin.topics(list(wanted)).keys():
            made_topic(clients, name, wanted[name])

    def aiokafka(self) -> dict[str, Any]:
        """The arguments of an aiokafka client's constructor, with secrets in clear text.

        Raises InvalidSettings for a security setting that has no counterpart in aiokafka.
        """
        return aiokafka_arguments({**self.client, "bootstrap.servers": self.servers})
