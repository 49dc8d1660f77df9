"""Passing records from the log to the index. Only this module accepts a record as an event or refuses it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence

from confluent_kafka import Message

from adapters.kafka.config import KafkaSettings
from adapters.kafka.index import Index, Snapshot
from adapters.kafka.record import MEND, Entry, entry_of, follows
from adapters.kafka.run import EventPlace, joined

_log = logging.getLogger(__name__)

Absorb = Callable[[Sequence[Message], int], None]


class Follower:
    """Adds the records of a log's topics to an index."""

    def __init__(self, index: Index, settings: KafkaSettings, topics: Collection[str]) -> None:
        self.index, self._settings = index, settings
        absorb: Mapping[str, Absorb] = {
            settings.topic: self._events,
            settings.tracking_topic: self._trackings,
            settings.snapshots_topic: self._snapshots,
        }
        self.absorb = {topic: absorb[topic] for topic in absorb if topic in topics}

    def _events(self, messages: Sequence[Message], reached: int) -> None:
        places: list[EventPlace] = []
        new: dict[str, int] = {}
        ordinal = self.index.count
        for message in messages:
            entry = entry_of(message)
            if entry is None or not self._accepts(entry, new):
                self._refuse(message, entry)
                continue
            ordinal += 1
            new[entry.stream] = entry.version
            places.append(EventPlace(ordinal, entry.stream, entry.version, entry.offset))
        if reached >= 0:
            self.index.add(list(joined(places)), new, self._settings.topic, reached)

    def _accepts(self, entry: Entry, new: Mapping[str, int]) -> bool:
        last = new.get(entry.stream)
        return follows(self.index.last_version(entry.stream) if last is None else last, entry.version)

    def _refuse(self, message: Message, entry: Entry | None) -> None:
        if entry is None and message.key() == MEND.encode():
            return
        claim = (
            "not an event" if entry is None else f"{entry.topic}, version {entry.version} of {entry.stream}"
        )
        _log.error(
            "%s: offset %s is refused by every reader: %s", self._settings.name, message.offset(), claim
        )
        self.index.refuse(message.offset() or 0, claim)

    def _trackings(self, messages: Sequence[Message], reached: int) -> None:
        for message in messages:
            key, value = message.key(), message.value()
            if key is not None and value is not None and value.isdigit():
                self.index.track(key.decode(), int(value))
        if reached >= 0:
            self.index.reach(self._settings.tracking_topic, reached)

    def _snapshots(self, messages: Sequence[Message], reached: int) -> None:
        entries = filter(None, map(entry_of, messages))
        self.index.keep(Snapshot(entry.stream, entry.version, entry.topic, entry.state) for entry in entries)
        if reached >= 0:
            self.index.reach(self._settings.snapshots_topic, reached)
