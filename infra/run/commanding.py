"""The command topic of a log on Kafka, which carries requests from the APIs of other processes to the engine.

The clients of Kafka are imported for a log on Kafka.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from adapters.dead_letters.keeper import LetterKeeper
from adapters.log.address import KafkaAddress, parse_address
from commands.door import Door
from infra.config import WhenceSettings
from infra.logs import client_of, keys_of
from infra.run.letters import keep_request

if TYPE_CHECKING:
    from adapters.command_topic.topic_names import CommandTopic


def has_command_topic(settings: WhenceSettings) -> bool:
    """Whether other processes can send requests to the engine of this log."""
    return isinstance(parse_address(settings.log), KafkaAddress)


def has_begun(settings: WhenceSettings) -> bool:
    """Whether an engine has opened this log on Kafka. Raises LogUnavailable."""
    from adapters.log import kafka_begun

    address = parse_address(settings.log)
    assert isinstance(address, KafkaAddress)
    return kafka_begun.has_begun(address, client_of(settings))


@contextmanager
def commands_served(settings: WhenceSettings, door: Door, letters: LetterKeeper) -> Generator[None]:
    """Passes requests from the command topic to `door` within the context, and to `letters` what is no request; does
    nothing where the log has no such topic.

    Raises LogUnavailable, InvalidSettings, KeyRefused.
    """
    if not has_command_topic(settings):
        yield
        return
    from adapters.command_topic.consumer import CommandConsumer

    unread = partial(keep_request, letters)
    with closing(CommandConsumer(command_topic(settings), door, settings.account, keys_of(settings), unread)):
        yield


@contextmanager
def distant_door(settings: WhenceSettings) -> Generator[Door]:
    """A door that sends requests to the engine that owns this log on Kafka, in another process.

    Raises LogUnavailable, InvalidSettings, KeyRefused.
    """
    from adapters.command_topic.door import KafkaDoor

    with closing(KafkaDoor(command_topic(settings), keys_of(settings))) as door:
        yield door


def command_topic(settings: WhenceSettings) -> CommandTopic:
    """The command topic of a log on Kafka."""
    from adapters.command_topic.topic_names import CommandTopic

    address = parse_address(settings.log)
    assert isinstance(address, KafkaAddress)
    return CommandTopic(address.servers, address.topic, client_of(settings))
