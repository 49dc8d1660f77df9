"""The topics and rights of the configured log on Kafka, compared with the table and made as the table has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings, settings_of
from adapters.kafka.rights import Principals, missing_acls, shown
from adapters.kafka.topic_changes import TopicChanges
from adapters.kafka.topic_table import Role
from adapters.log.address import KafkaAddress, parse_address
from adapters.log.kafka import environment_of
from domain.errors import InvalidInput
from infra.config import WhenceSettings
from infra.logs import client_of


class LogTopics:
    """The topics of one log. Every method raises LogUnavailable where no broker responds or a request is refused."""

    def __init__(
        self,
        settings: WhenceSettings,
        principals: Principals,
        partitions: int | None = None,
        replication_factor: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Raises InvalidInput for a log that is not on Kafka."""
        address = parse_address(settings.log)
        if not isinstance(address, KafkaAddress):
            raise InvalidInput("only a log on Kafka has topics: name it with --log kafka://HOST:PORT/TOPIC")
        found = settings_of(environment_of(address, client_of(settings), {}, None))
        self.kafka: KafkaSettings = replace(
            found,
            partitions=max(partitions or 1, found.partitions),
            replication_factor=replication_factor,
            timeout=timeout or found.timeout,
        )
        self._principals = principals
        self.clients = Clients(self.kafka.client, self.kafka.timeout)

    def differences(self) -> Sequence[str]:
        """A line for each difference from the table; nothing is changed."""
        topics = TopicChanges(self.clients, self.kafka).differences()
        missing = missing_acls(self.clients.admin, self.kafka.topic, self._principals)
        return [*map(str, topics), *(f"{shown(one)}: is not allowed" for one in missing)]

    def apply(self) -> Sequence[str]:
        """Creates what is missing and changes what may be changed; a line for each change."""
        missing = missing_acls(self.clients.admin, self.kafka.topic, self._principals)
        if missing:
            self.clients.admin.add_acls(missing)
        done = TopicChanges(self.clients, self.kafka).apply()
        return [*(f"{shown(one)}: allowed" for one in missing), *done]


def role_of(name: str) -> Role:
    """The role of this name. Raises InvalidInput where there is none."""
    if name not in list(Role):
        raise InvalidInput(f"there is no role {name[:80]!r}; choose one of {', '.join(Role)}")
    return Role(name)


def principals_of(given: Sequence[str]) -> Principals:
    """`engine=User:whence` and the like, by role. Raises InvalidInput for any other text."""
    found: dict[Role, list[str]] = {}
    for text in given:
        name, _, principal = text.partition("=")
        kind, _, who = principal.partition(":")
        if name not in list(Role) or not kind or not who:
            raise InvalidInput(
                f"--principal {text[:80]!r} names nobody; write it like engine=User:whence, with one of the roles "
                f"{', '.join(Role)}"
            )
        found.setdefault(Role(name), []).append(principal)
    return found
