"""The committed events of one partition: the index holds their places, and the log holds their content."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from adapters.kafka.append import Append, Draft
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogCorrupt, OutcomeUnknown
from adapters.kafka.index import Index, Snapshot
from adapters.kafka.reader import PlaceReader
from adapters.kafka.recent import Recent
from adapters.kafka.record import MARK, Event
from adapters.kafka.rule import Proof, Rule, with_mark
from adapters.kafka.run import EventPlace, runs_of
from adapters.marks.mark import Marked


class History:
    """Reads events through the index, caches the latest events in memory and notifies listeners of new events."""

    def __init__(
        self, settings: KafkaSettings, index: Index, reader: PlaceReader, rule: Rule | None = None
    ) -> None:
        self.index = index
        self._settings, self._reader, self._rule = settings, reader, rule
        self._epoch = 0
        self._proof: Proof | None = None
        self._recent = Recent()
        self._listeners: set[threading.Event] = set()
        self._listening = threading.Lock()

    @property
    def count(self) -> int:
        """The number of events, which is the ordinal of the last one."""
        return self.index.count

    def events_at(self, places: Sequence[EventPlace]) -> list[Event]:
        """The events at `places`, which must be sorted by ordinal. Raises KafkaUnavailable, KafkaLogCorrupt."""
        here = self._recent.at([place.ordinal for place in places])
        return [record.event for record in self._reader.fetch(places)] if here is None else here

    def events_between(self, first: int, last: int) -> list[Event]:
        """The events from ordinal `first` to `last`, both included; fewer where the log ends earlier."""
        return self.events_at(self.index.places_between(first, min(last, self.count)))

    @property
    def has_marks(self) -> bool:
        """Whether readers accept the log's events by their marks."""
        return self._rule is not None

    def own(self) -> None:
        """Begins the next epoch of the log. Raises what `Rule.own` raises."""
        if self._rule is not None:
            self._rule.own(self.index.proof)
            self._epoch = self.index.proof.link.epoch + 1

    def marked(self, drafts: Sequence[Draft]) -> Sequence[Draft]:
        """The drafts with their marks, as the next events of the log."""
        if self._rule is None or not drafts:
            return drafts
        events = [
            (ordinal, Marked(draft.stream, draft.version, draft.topic, draft.state))
            for ordinal, draft in enumerate(drafts, self.count + 1)
        ]
        marks, self._proof = self._rule.signed(self.index.proof, events, self._epoch)
        return [
            draft._replace(headers=with_mark(draft.headers, mark))
            for draft, mark in zip(drafts, marks, strict=True)
        ]

    def record(self, appends: Sequence[Append], last: Mapping[str, int], first: int, end: int) -> None:
        """Adds committed appends to the index, and then reports each append to its caller.

        `first` is the offset of the first event, `end` the offset after the last event. `last` holds the last version
        of each stream in `appends`.
        """
        ordinal = self.index.count + 1
        events = appends[0].events if len(appends) == 1 else [e for append in appends for e in append.events]
        if events:
            runs = list(runs_of(ordinal, first, events))
            self.index.add(runs, last, self._settings.topic, end, self._proof)
            self._proof = None
            self._recent.add(ordinal, events)
        for append in appends:
            self._record_beside(append)
        self.notify()
        for append in appends:
            append.succeed(range(ordinal, ordinal + len(append.events)))
            ordinal += len(append.events)

    def holds(self, append: Append) -> Sequence[int] | None:
        """The ordinals of the events of `append` where the log holds all of it; None where the log holds none of it.

        Raises KafkaLogCorrupt where the log holds only a part of `append`. This project's transactions cannot cause it.
        Raises OutcomeUnknown for inputs without events: the index does not hold them.
        """
        if append.inputs and not append.events:
            raise OutcomeUnknown(f"{self._settings.name}: whether inputs were written beside it is not known")
        found = [self._ordinal(draft) for draft in append.events]
        ordinals = [ordinal for ordinal in found if ordinal is not None]
        beside = self._holds_beside(append)
        if len(ordinals) == len(found) and all(beside):
            return ordinals
        if ordinals or any(beside):
            raise KafkaLogCorrupt(
                f"{self._settings.name} holds a part of an append: a foreign producer writes to it"
            )
        return None

    def forget(self) -> None:
        """Empties the cache, so that the next reads come from the log."""
        self._recent.clear()

    def listen(self, listener: threading.Event) -> None:
        """Registers `listener`, which is set whenever there are new events."""
        with self._listening:
            self._listeners.add(listener)

    def unlisten(self, listener: threading.Event) -> None:
        with self._listening:
            self._listeners.discard(listener)

    def notify(self) -> None:
        """Sets every listener, because there are new events."""
        with self._listening:
            for listener in self._listeners:
                listener.set()

    def _record_beside(self, append: Append) -> None:
        if append.snapshots:
            self.index.keep([_snapshot(draft) for draft in append.snapshots])
        if append.track is not None:
            self.index.track(*append.track)

    def _holds_beside(self, append: Append) -> list[bool]:
        kept = [self._kept(draft) for draft in append.snapshots]
        if append.track is not None:
            reached = self.index.tracked(append.track.application)
            kept.append(reached is not None and reached >= append.track.notification)
        return kept

    def _ordinal(self, draft: Draft) -> int | None:
        places = self.index.places_of(draft.stream, gt=draft.version - 1, lte=draft.version)
        written = self._reader.fetch(places)
        if not written:
            return None
        headers = [header for header in written[0].headers if header[0] != MARK]
        same = (written[0].state, headers) == (draft.state, draft.headers)
        return written[0].ordinal if same else None

    def _kept(self, draft: Draft) -> bool:
        return _snapshot(draft) in self.index.snapshots_of(
            draft.stream, gt=draft.version - 1, lte=draft.version
        )


def _snapshot(draft: Draft) -> Snapshot:
    return Snapshot(draft.stream, draft.version, draft.topic, draft.state)
