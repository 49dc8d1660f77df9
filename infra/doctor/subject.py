"""What is examined: the settings, and the exchange where one is named."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.kafka.topic_table import Role
from adapters.log.address import Address, KafkaAddress, parse_address
from infra.config import WhenceSettings
from infra.run.place import Place


@dataclass(frozen=True, slots=True)
class Subject:
    """`place` is the exchange, `role` whose rights on Kafka are checked."""

    settings: WhenceSettings
    place: Place | None = None
    role: Role = Role.ENGINE

    @property
    def log(self) -> Address:
        """The address of the log. Raises InvalidInput."""
        return parse_address(self.settings.log)

    @property
    def is_on_kafka(self) -> bool:
        """Whether the log is on Kafka."""
        return isinstance(self.log, KafkaAddress)
