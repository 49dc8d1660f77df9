"""Passing records from the log to the index. Only this module accepts a record as an event or refuses it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from confluent_kafka import Message

from adapters.kafka.config import KafkaSettings
from adapters.kafka.index import Index, Snapshot
from adapters.kafka.record import MEND, Entry, entry_of, follows, headers_in, mark_of
from adapters.kafka.rule import SEAL, Proof, Rule
from adapters.kafka.run import EventPlace, joined
from domain.errors import MarkRefused

_log = logging.getLogger(__name__)

_EACH: Final = 100
"""The number of refused records up to which each report of new ones is logged; after that every hundredth record is."""
_SHOWN: Final = 64

Absorb = Callable[[Sequence[Message], int], None]


class Follower:
    """Adds the records of a log's topics to an index.

    Without `rule`, which the library's own recorders do not have, an event only has to follow its stream's last one.
    """

    def __init__(
        self, index: Index, settings: KafkaSettings, topics: Collection[str], rule: Rule | None = None
    ) -> None:
        self.index, self.rule, self._settings = index, rule, settings
        absorb: Mapping[str, Absorb] = {
            settings.topic: self._events,
            settings.tracking_topic: self._trackings,
            settings.snapshots_topic: self._snapshots,
        }
        self._reported = len(index.refused_at)
        self.absorb = {topic: absorb[topic] for topic in absorb if topic in topics}

    def aside(self) -> Follower:
        """A follower of the same topics into an empty index in memory."""
        return Follower(Index(), self._settings, self.absorb, self.rule)

    def confirms(self, ordinal: int, entry: Entry) -> bool:
        """Whether `entry` is the event at this ordinal of the index, as far as the record shows."""
        if entry.offset in self.index.refused_at:
            return False
        return self.rule is None or self.rule.confirms(self.index.proof, ordinal, entry)

    def report_refused(self) -> None:
        """Logs the number of refused records in one line, where there are new ones since the last call."""
        count, before = len(self.index.refused_at), self._reported
        self._reported = count
        # A stranger who writes a million records must not fill the disk with messages, too.
        if count > before and (count <= _EACH or count // _EACH > before // _EACH):
            _log.error(
                "alert: %s: every reader refuses %s records of this topic, which are no events of the log; `whence log "
                "refused` names them",
                self._settings.name,
                count,
            )

    def _events(self, messages: Sequence[Message], reached: int) -> None:
        taken = _Taken(self.index.count, self.index.proof)
        for message in messages:
            try:
                self._take(message, taken)
            except MarkRefused as fault:
                self._refuse(message, str(fault))
        if reached >= 0:
            proof = None if self.rule is None else taken.proof
            self.index.add(list(joined(taken.places)), taken.last, self._settings.topic, reached, proof)

    def _take(self, message: Message, taken: _Taken) -> None:
        """Takes the record as the next event or as a seal. Raises MarkRefused where it is neither."""
        entry = entry_of(message)
        if entry is None:
            self._take_mute(message, taken)
            return
        last = taken.last.get(entry.stream)
        last = self.index.last_version(entry.stream) if last is None else last
        if not follows(last, entry.version):
            raise MarkRefused(f"the stream's last version is {last or 0}")
        if self.rule is not None:
            taken.proof = self.rule.after(taken.proof, taken.ordinal + 1, entry)
        taken.add(entry)

    def _take_mute(self, message: Message, taken: _Taken) -> None:
        """Takes a record that carries no event: one of `mend`, or a seal."""
        if message.key() == MEND.encode():
            return
        if self.rule is None or message.key() != SEAL.encode():
            raise MarkRefused("it is not an event")
        taken.proof = self.rule.sealed(taken.proof, mark_of(headers_in(message)))

    def _refuse(self, message: Message, reason: str) -> None:
        self.index.refuse(message.offset() or 0, f"{_claimed(message)}: {reason}")

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


class _Taken:
    """The events taken from one batch of messages."""

    __slots__ = ("last", "ordinal", "places", "proof")

    def __init__(self, ordinal: int, proof: Proof) -> None:
        self.ordinal, self.proof = ordinal, proof
        self.places: list[EventPlace] = []
        self.last: dict[str, int] = {}

    def add(self, entry: Entry) -> None:
        self.ordinal += 1
        self.last[entry.stream] = entry.version
        self.places.append(EventPlace(self.ordinal, entry.stream, entry.version, entry.offset))


def _claimed(message: Message) -> str:
    entry = entry_of(message)
    if entry is not None:
        return f"{entry.topic}, version {entry.version} of {entry.stream}"
    key = (message.key() or b"")[:_SHOWN].decode(errors="replace")
    if not key:
        return "a record without a key"
    return f"a record with the key {''.join(one if one.isprintable() else _OTHER for one in key)}"


_OTHER: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character of a stranger's key that could move the cursor of a terminal."""
