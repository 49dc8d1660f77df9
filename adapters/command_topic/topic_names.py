"""Where commands go in and answers come out: the two topics beside a topic of events, and how a client gets there."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.command_topic.wire import LARGEST
from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.topic import announced
from domain.errors import InvalidSettings

_DAY_MS = 24 * 60 * 60 * 1000
_ALWAYS = {
    "cleanup.policy": "delete",
    "unclean.leader.election.enable": "false",
    "max.message.bytes": str(4 * LARGEST),
}
COMMANDS: Mapping[str, str] = {**_ALWAYS, "retention.ms": str(7 * _DAY_MS)}
"""Requests are kept for a week, to be looked at: what came of them is in the log, for ever."""
ANSWERS: Mapping[str, str] = {**_ALWAYS, "retention.ms": str(_DAY_MS)}
"""Answers are kept for a day: nobody waits that long."""
_BROKERS_DEFAULT = -1
_ANSWER_SECONDS = 5.0

_PLAIN = {
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
}
_TLS = {"ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password"}


@dataclass(frozen=True, slots=True)
class CommandTopic:
    """`servers` as in a log's address, `events` the topic of events, `client` librdkafka's settings for the cluster."""

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

    def ensure(self) -> None:
        """Makes the topics that are missing; raises LogUnavailable where the brokers do not answer."""
        told = ClientSettings({**self.client, "bootstrap.servers": self.servers})
        clients = Clients(told, _ANSWER_SECONDS)
        clients.admin.cluster()
        wanted = {self.commands: COMMANDS, self.answers: ANSWERS}
        for name in wanted.keys() - clients.admin.topics(list(wanted)).keys():
            clients.admin.make_topic(name, 1, _BROKERS_DEFAULT, wanted[name])
            announced(clients, name)

    def aiokafka(self) -> dict[str, Any]:
        """What an aiokafka client is made with, secrets in the clear: for its constructor and nothing else.

        Raises InvalidSettings for a setting of the connection's safety that aiokafka has no like of.
        """
        told: dict[str, Any] = {"bootstrap_servers": self.servers}
        for name, value in self.client.items():
            if name in _PLAIN:
                told[_PLAIN[name]] = value.upper() if name == "security.protocol" else value
            elif name not in _TLS and name.startswith(("sasl.", "ssl.", "security.", "enable.ssl.")):
                raise InvalidSettings(
                    f"kafka.{name} cannot be told to the client of the command topic; it knows "
                    f"{', '.join(sorted(_TLS | _PLAIN.keys()))}"
                )
        if told.get("security_protocol", "PLAINTEXT").endswith("SSL"):
            told["ssl_context"] = self._tls()
        return told

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.client.get("ssl.ca.location"))
            certificate = self.client.get("ssl.certificate.location")
            if certificate is not None:
                key = self.client.get("ssl.key.location")
                context.load_cert_chain(certificate, key, self.client.get("ssl.key.password"))
        except (OSError, ssl.SSLError) as fault:
            raise InvalidSettings(f"kafka.ssl: a certificate cannot be read: {fault.strerror}") from None
        return context
