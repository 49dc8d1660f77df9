"""The topics of requests and answers that belong to a topic of events, and the settings of their clients."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.kafka.client import Clients
from adapters.kafka.config import ClientSettings
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import ANSWERS, COMMANDS, REFUSED
from domain.errors import InvalidSettings

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
        settings = ClientSettings({**self.client, "bootstrap.servers": self.servers})
        clients = Clients(settings, _ANSWER_SECONDS)
        clients.admin.cluster()
        wanted = {row.name(self.events): row for row in (COMMANDS, ANSWERS, REFUSED)}
        for name in wanted.keys() - clients.admin.topics(list(wanted)).keys():
            made_topic(clients, wanted[name], self.events)

    def aiokafka(self) -> dict[str, Any]:
        """The arguments of an aiokafka client's constructor, with secrets in clear text.

        Raises InvalidSettings for a security setting that has no counterpart in aiokafka.
        """
        arguments: dict[str, Any] = {"bootstrap_servers": self.servers}
        for name, value in self.client.items():
            if name in _PLAIN:
                arguments[_PLAIN[name]] = value.upper() if name == "security.protocol" else value
            elif name not in _TLS and name.startswith(("sasl.", "ssl.", "security.", "enable.ssl.")):
                raise InvalidSettings(
                    f"kafka.{name} is not supported by the client of the command topic; it supports "
                    f"{', '.join(sorted(_TLS | _PLAIN.keys()))}"
                )
        if arguments.get("security_protocol", "PLAINTEXT").endswith("SSL"):
            arguments["ssl_context"] = self._tls()
        return arguments

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
