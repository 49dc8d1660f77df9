"""The library's recorders over one partition of a Kafka topic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any, TypedDict, Unpack
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    ProgrammingError,
    Recorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from adapters.kafka.append import Append, Draft, Track
from adapters.kafka.record import Event, Headers, headers_of
from adapters.kafka.store import PartitionStore
from adapters.kafka.subscription import KafkaSubscription

_PAGE = 5_000
INPUTS = "whence-inputs"
"""The key of the records of inputs."""


class Extras(TypedDict, total=False):
    """Optional data of stored events.

    `headers`: the record headers of each event (`ce_type` is added where it is missing, `ce_sequence` always).
    `timestamps`: the record timestamp of each event in ms since 1970. `tracking`: progress recorded with the events.
    `inputs`: bodies of records of the engine's inputs, written to a topic of their own in the same transaction.
    """

    headers: Sequence[Headers] | None
    timestamps: Sequence[int] | None
    tracking: Tracking | None
    inputs: Sequence[bytes]


class KafkaRecorder(Recorder):
    """A recorder of the log in `store`."""

    def __init__(self, store: PartitionStore) -> None:
        self.store = store

    def _originator_id(self, stream: str) -> UUID | str:
        return UUID(stream) if self.store.settings.originator_id_type == "uuid" else stream


class KafkaAggregateRecorder(KafkaRecorder, AggregateRecorder):
    """Appends events and reads them by stream."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Appends the events in one transaction. Raises what `Writer.append` raises."""
        self._insert(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream in the order of versions. Raises KafkaUnavailable, KafkaLogCorrupt."""
        self.store.refresh()
        history = self.store.history
        places = history.index.places_of(str(originator_id), gt=gt, lte=lte, desc=desc, limit=limit)
        if desc:
            return [_stored(originator_id, record) for record in reversed(history.events_at(places[::-1]))]
        return [_stored(originator_id, record) for record in history.events_at(places)]

    def _insert(self, stored_events: Sequence[StoredEvent], **extras: Unpack[Extras]) -> Sequence[int]:
        drafts = _drafts(stored_events, extras.get("headers"), extras.get("timestamps"))
        append = Append(
            drafts, track=_track(extras.get("tracking")), inputs=input_drafts(extras.get("inputs", ()))
        )
        return self.store.append(append) if append else ()


class KafkaSnapshotRecorder(KafkaRecorder, AggregateRecorder):
    """Appends snapshots and reads them by stream. Kafka may delete all but the last snapshot of a stream."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Appends the snapshots in one transaction. Raises what `Writer.append` raises."""
        drafts = _drafts(stored_events, kwargs.get("headers"), kwargs.get("timestamps"))
        if drafts:
            self.store.append(Append(snapshots=drafts))
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The snapshots of one stream in the order of versions."""
        self.store.refresh()
        found = self.store.history.index.snapshots_of(
            str(originator_id), gt=gt, lte=lte, desc=desc, limit=limit
        )
        return [
            StoredEvent(originator_id, snapshot.version, snapshot.topic, snapshot.state) for snapshot in found
        ]


class KafkaApplicationRecorder(KafkaAggregateRecorder, ApplicationRecorder):
    """Appends events and reads them by stream or by ordinal: 1, 2, 3 … in the order of the partition."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Appends the events in one transaction and returns their ordinals. Raises what `Writer.append` raises."""
        return list(self._insert(stored_events, **kwargs))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """At most `limit` events from ordinal `start` to `stop`, both included.

        The event at `start` is left out where `inclusive_of_start` is false. Raises KafkaUnavailable, KafkaLogCorrupt.
        """
        self.store.refresh()
        history = self.store.history
        first = max(1, 1 if start is None else start + (not inclusive_of_start))
        last = history.count if stop is None else min(stop, history.count)
        found: list[Notification] = []
        while first <= last and len(found) < limit:
            page_end = min(last, first + (_PAGE if topics else limit) - 1)
            records = history.events_between(first, page_end)
            found.extend(
                self._notification(record) for record in records if not topics or record.topic in topics
            )
            first = page_end + 1
        return found[:limit]

    def max_notification_id(self) -> int | None:
        """The ordinal of the last event; None where the log is empty."""
        self.store.refresh()
        return self.store.history.count or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """The events after ordinal `gt`, and then each new event once it is committed."""
        return KafkaSubscription(recorder=self, gt=gt, topics=topics)

    def _notification(self, event: Event) -> Notification:
        ordinal, stream, version, topic, state = event
        return Notification(self._originator_id(stream), version, topic, state, ordinal)


class KafkaTrackingRecorder(KafkaRecorder, TrackingRecorder):
    """Records the progress of applications."""

    def insert_tracking(self, tracking: Tracking) -> None:
        """Records the progress of an application.

        Raises KafkaConflict where the same or a later progress is recorded already, and what `Writer.append` raises.
        """
        self.store.append(Append(track=_track(tracking)))

    def max_tracking_id(self, application_name: str) -> int | None:
        """The largest ordinal recorded for the application; None where none is recorded."""
        self.store.refresh()
        return self.store.history.index.tracked(application_name)


class KafkaProcessRecorder(KafkaTrackingRecorder, KafkaApplicationRecorder, ProcessRecorder):
    """Events and tracking in one transaction: `insert_events(events, tracking=...)`."""


def _drafts(
    stored_events: Sequence[StoredEvent], headers: Sequence[Headers] | None, timestamps: Sequence[int] | None
) -> list[Draft]:
    for extras, what in ((headers, "headers"), (timestamps, "timestamps")):
        if extras is not None and len(extras) != len(stored_events):
            raise ProgrammingError(f"{len(stored_events)} events were given with {what} for {len(extras)}")
    return [
        Draft(
            str(event.originator_id),
            event.originator_version,
            event.topic,
            event.state,
            timestamp,
            headers_of(event.topic, event.originator_version, header),
        )
        for event, header, timestamp in zip(
            stored_events,
            repeat(()) if headers is None else headers,
            repeat(0) if timestamps is None else timestamps,
            strict=False,  # `repeat` is endless
        )
    ]


def input_drafts(bodies: Sequence[bytes]) -> Sequence[Draft]:
    """The records of these inputs."""
    return [Draft(INPUTS, 0, "", body, 0, []) for body in bodies]


def _track(tracking: Tracking | None) -> Track | None:
    return None if tracking is None else Track(tracking.application_name, tracking.notification_id)


def _stored(originator_id: UUID | str, event: Event) -> StoredEvent:
    return StoredEvent(originator_id, event.version, event.topic, event.state)
