"""The topics of requests and answers that belong to a topic of events, and the settings of their clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.kafka.aiokafka_settings import aiokafka_arguments
from adapters.kafka.client import Clients
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import ANSWERS, COMMANDS, REFUSED
from domain.errors import LogUnavailable

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
        return COMMANDS.name(self.events)

    @property
    def answers(self) -> str:
        """The topic of answers."""
        return ANSWERS.name(self.events)

    @property
    def refused(self) -> str:
        """The topic of requests that were refused because nobody with a key of this installation had signed them."""
        return REFUSED.name(self.events)

    def ensure(self) -> None:
        """Creates missing topics. Raises LogUnavailable where the brokers do not answer."""
        clients = Clients.of_cluster(self.servers, self.client, _ANSWER_SECONDS)
        try:
            clients.admin.cluster()
        except LogUnavailable as fault:
            raise LogUnavailable(f"Kafka at {self.servers} does not answer: {fault}") from fault
        wanted = {row.name(self.events): row for row in (COMMANDS, ANSWERS, REFUSED)}
        for name in wanted.keys() - clients.admin.topics(list(wanted)).keys():
            made_topic(clients, wanted[name], self.events)

    def aiokafka(self) -> dict[str, Any]:
        """The arguments of an aiokafka client's constructor, with secrets in clear text.

        Raises InvalidSettings for a security setting that has no counterpart in aiokafka.
        """
        return aiokafka_arguments({**self.client, "bootstrap.servers": self.servers})
