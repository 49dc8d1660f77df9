"""What `whence projections parked` does: lists, shows, retries and discards parked events."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from adapters.avro import to_json
from adapters.log.recorder_log import RecordedLog
from domain.errors import Refused
from domain.plain_text import check_plain
from infra.cli.opened_store import OpenedStore
from infra.cli.rows import blocks, show
from infra.logs import open_reader
from infra.run.rebuilding import log_of, partitions_of
from projections import parked
from projections.belonging import check_build
from projections.catalogue import PROJECTIONS
from projections.parked import ParkedEvent, ParkedSequence
from projections.runner import log_id_of
from projections.sentences import sentence
from projections.store import reading


def listed(place: OpenedStore, *, as_json: bool) -> None:
    """Prints every parked sequence."""
    rows = [_row(one) for one in _sequences(place)]
    if as_json or not rows:
        show(rows, as_json=as_json, nothing="nothing is parked")
    else:
        blocks(rows, ("sequence", "events", "first"), ("projection", "build", "kind", "partition", "error"))


def _row(one: ParkedSequence) -> dict[str, object]:
    return {
        "projection": one.build.projection,
        "build": one.build.id,
        "kind": one.build.kind.value,
        "partition": one.partition,
        "sequence": one.sequence,
        "events": one.events,
        "first": one.first,
        "error": one.error,
    }


def shown(place: OpenedStore, sequence: str, projection: str | None, *, as_json: bool) -> None:
    """Prints the parked events of a sequence; raises Refused where it has none."""
    rows = [event for one in _named(place, sequence, projection) for event in _shown(place, one)]
    if as_json:
        show(rows, as_json=True)
    else:
        blocks(
            rows,
            ("ordinal", "type", "state"),
            ("line", "projection", "build", "event_id", "error", "reason"),
        )


def _shown(place: OpenedStore, one: ParkedSequence) -> Sequence[dict[str, object]]:
    with reading(place.engine) as connection:
        events = parked.events(connection, one.build, one.partition, one.sequence)
    with closing(open_reader(log_of(place.settings, one.partition))) as reader:
        return [_event(reader, one, event) for event in events]


def _event(reader: RecordedLog, one: ParkedSequence, event: ParkedEvent) -> dict[str, object]:
    recorded = next(iter(reader.read(event.ordinal - 1, event.ordinal)))
    return {
        "projection": one.build.projection,
        "build": one.build.id,
        "ordinal": event.ordinal,
        "type": event.type,
        "event_id": event.event_id,
        "line": sentence(recorded.envelope.event),
        "state": event.state.value,
        "error": event.error,
        "reason": event.reason,
        "data": to_json(recorded.envelope.event),
    }


def retried(place: OpenedStore, sequence: str | None, projection: str | None, *, as_json: bool) -> bool:
    """Projects parked sequences and prints the result; returns whether none of their events waits any more."""
    rows = [_retried(place, one) for one in _named(place, sequence, projection)]
    show(rows, as_json=as_json, nothing="nothing is parked")
    return not any(one["waiting"] for one in rows)


def _retried(place: OpenedStore, one: ParkedSequence) -> dict[str, object]:
    today = PROJECTIONS.get(one.build.projection)
    if today is None:
        raise Refused(f"this program has no read model {one.build.projection}: drop its build {one.build.id}")
    with closing(open_reader(log_of(place.settings, one.partition))) as reader:
        log_id, storage = log_id_of(reader), reader.storage()
        with reading(place.engine) as connection:
            check_build(connection, one.build, one.partition, log_id, storage)
        done = parked.retry(place.engine, reader, today, one.build, one.partition, one.sequence)
    return {
        "projection": one.build.projection,
        "build": one.build.id,
        "sequence": one.sequence,
        "projected": done.projected,
        "waiting": done.waiting,
        "error": done.error,
    }


def discarded(
    place: OpenedStore, sequence: str, projection: str | None, reason: str, *, as_json: bool
) -> None:
    """Discards the parked events of a sequence for this reason, and prints how many. Raises InvalidInput for a reason
    that is not plain text."""
    check_plain("reason", reason)
    rows: list[dict[str, object]] = [
        {
            "projection": one.build.projection,
            "build": one.build.id,
            "sequence": one.sequence,
            "discarded": parked.discard(place.engine, one.build, one.partition, one.sequence, reason),
        }
        for one in _named(place, sequence, projection)
    ]
    show(rows, as_json=as_json)


def _sequences(place: OpenedStore) -> Sequence[ParkedSequence]:
    with reading(place.engine) as connection:
        return [
            one
            for partition in partitions_of(place.engine, place.settings)
            for one in parked.sequences(connection, partition)
        ]


def _named(place: OpenedStore, sequence: str | None, projection: str | None) -> Sequence[ParkedSequence]:
    """The parked sequences with these names (None: any name). Raises Refused where `sequence` is not parked."""
    found = [
        one
        for one in _sequences(place)
        if sequence in (None, one.sequence) and projection in (None, one.build.projection)
    ]
    if not found and sequence is not None:
        of = "" if projection is None else f" of {projection}"
        raise Refused(
            f"no event of {sequence!r}{of} is parked; `whence projections parked` lists those that are"
        )
    return found
