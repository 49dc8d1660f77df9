"""The command topic beside a log on Kafka: at the engine, which serves it, and at whoever else has an API."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager

from adapters.command_topic import CommandConsumer, CommandTopic, KafkaDoor
from adapters.log.address import KafkaAddress, parse_address
from commands.door import Door
from infra.config import WhenceSettings, unmasked


def has_command_topic(settings: WhenceSettings) -> bool:
    """Whether requests can reach the engine of this log from another process."""
    return isinstance(parse_address(settings.log), KafkaAddress)


@contextmanager
def commands_served(settings: WhenceSettings, door: Door) -> Generator[None]:
    """While it is entered, what others ask by the command topic goes in at this door; other logs have none.

    Raises LogUnavailable, InvalidSettings.
    """
    if not has_command_topic(settings):
        yield
        return
    with closing(CommandConsumer(_place(settings), door, settings.account)):
        yield


@contextmanager
def distant_door(settings: WhenceSettings) -> Generator[Door]:
    """The door of the engine that owns this log on Kafka. Raises LogUnavailable, InvalidSettings."""
    with closing(KafkaDoor(_place(settings))) as door:
        yield door


def _place(settings: WhenceSettings) -> CommandTopic:
    address = parse_address(settings.log)
    assert isinstance(address, KafkaAddress)
    client = {name: str(value) for name, value in unmasked(settings.kafka).items()}
    return CommandTopic(address.servers, address.topic, client)
