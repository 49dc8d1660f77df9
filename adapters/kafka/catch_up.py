"""Reading the log into an index up to its end: at start, after a failed commit, and on a reader's request."""

from __future__ import annotations

import logging
import threading
from typing import Final

from confluent_kafka import TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.follower import Follower
from adapters.kafka.index import IndexDamaged
from adapters.kafka.reader import BULK, PLACES, PartitionConsumer, certain_end
from adapters.kafka.record import entry_of

_log = logging.getLogger(__name__)

_FLUSH_AT: Final = 50_000


def catch_up(clients: Clients, settings: KafkaSettings, follower: Follower, stopped: threading.Event) -> int:
    """Reads every topic into the index up to its certain end (see `certain_end`).

    Returns the certain end of the events' topic, an offset.
    An index that is ahead of the log, or whose last event is not in the log, is rebuilt. One that fails, as on a full
    disk, is rebuilt in memory, and replaced when that is complete.
    """
    if not follower.index.damaged:
        try:
            return _caught_up(clients, settings, follower, stopped)
        except IndexDamaged as error:
            _log.warning("%s: %s: the log is read again, into memory", settings.name, error)
    aside = follower.aside()
    end = _caught_up(clients, settings, aside, stopped)
    follower.index.become(aside.index)
    return end


def _caught_up(
    clients: Clients, settings: KafkaSettings, follower: Follower, stopped: threading.Event
) -> int:
    ends = {
        topic: certain_end(clients, TopicPartition(topic, settings.partition), stopped)
        for topic in follower.absorb
    }
    if any(follower.index.reached(topic) > end for topic, end in ends.items()) or not _recognised(
        clients, settings, follower
    ):
        _log.warning("the index of %s does not belong to this log: it is rebuilt", settings.name)
        follower.index.clear()
    for topic, end in ends.items():
        _follow(clients, TopicPartition(topic, settings.partition), follower, end)
    follower.report_refused()
    follower.index.flush()
    return ends[settings.topic]


def _recognised(clients: Clients, settings: KafkaSettings, follower: Follower) -> bool:
    index = follower.index
    place = index.place_at(index.count)
    if place is None:
        return index.count == 0
    with PartitionConsumer(clients, TopicPartition(settings.topic, settings.partition), PLACES) as consumer:
        consumer.go_to(place.offset)
        entries = (
            entry_of(message)
            for batch, _ in consumer.until(index.reached(settings.topic))
            for message in batch
        )
        return any(
            entry
            and (entry.stream, entry.version) == (place.stream, place.version)
            and follower.confirms(place.ordinal, entry)
            for entry in entries
        )


def _follow(clients: Clients, partition: TopicPartition, follower: Follower, end: int) -> None:
    index, absorb = follower.index, follower.absorb[partition.topic]
    begin = index.reached(partition.topic)
    if begin >= end:
        return
    with PartitionConsumer(clients, partition, BULK) as consumer:
        consumer.go_to(begin)
        for messages, reached in consumer.until(end):
            absorb(messages, reached)
            if index.pending > _FLUSH_AT:
                index.flush()
