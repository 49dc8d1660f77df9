"""`whence projections parked`: sequences with events that could not be projected."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from adapters.avro import to_json
from adapters.log.recorder_log import RecordedLog
from domain.errors import InvalidInput, Refused
from infra.cli.opened_store import OpenedStore, opened
from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption
from infra.cli.rows import show as show_rows
from infra.logs import open_reader
from infra.run.rebuilding import log_of, partitions_of
from projections import parked
from projections.belonging import check_build
from projections.catalogue import PROJECTIONS
from projections.parked import ParkedEvent, ParkedSequence
from projections.runner import log_id_of
from projections.sentences import sentence
from projections.store import reading

parked_app = typer.Typer(
    name="parked", invoke_without_command=True, help="Lists, shows, retries and discards parked sequences."
)

SequenceArgument = Annotated[
    str, typer.Argument(metavar="SEQUENCE", help="A stream or an account, as listed.")
]
NameOption = Annotated[
    str | None, typer.Option("--projection", metavar="NAME", help="Only parked events of this read model.")
]


@parked_app.callback()
def list_(
    context: typer.Context,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists every parked sequence."""
    if context.invoked_subcommand is not None:
        return
    with opened(log=log, store=store, config=config) as place:
        rows = [_row(one) for one in _sequences(place)]
    show_rows(rows, as_json=as_json, nothing="nothing is parked")


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


@parked_app.command()
def show(
    sequence: SequenceArgument,
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Shows the parked events of a sequence, as they are in the log, and their errors."""
    with opened(log=log, store=store, config=config) as place:
        rows = [event for one in _named(place, sequence, projection) for event in _shown(place, one)]
    for one in [] if as_json else rows:
        one.pop("data")
    show_rows(rows, as_json=as_json)


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


@parked_app.command()
def retry(
    sequence: Annotated[
        str | None, typer.Argument(metavar="SEQUENCE", help="A stream or an account, as listed; or --all.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All parked sequences.")] = False,
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Projects parked sequences, each as a whole and in order. A sequence that fails again stays parked."""
    if (sequence is None) != all_:
        raise InvalidInput("name the sequence to retry, or give --all")
    with opened(log=log, store=store, config=config) as place:
        rows = [_retried(place, one) for one in _named(place, sequence, projection)]
    show_rows(rows, as_json=as_json, nothing="nothing is parked")
    if any(one["waiting"] for one in rows):
        raise typer.Exit(1)


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


@parked_app.command()
def discard(
    sequence: SequenceArgument,
    reason: Annotated[str, typer.Option(help="Why the events may be left out; it is recorded.")],
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Discards the parked events of a sequence; its later events are projected again."""
    with opened(log=log, store=store, config=config) as place:
        rows: list[dict[str, object]] = [
            {
                "projection": one.build.projection,
                "build": one.build.id,
                "sequence": one.sequence,
                "discarded": parked.discard(place.engine, one.build, one.partition, one.sequence, reason),
            }
            for one in _named(place, sequence, projection)
        ]
    show_rows(rows, as_json=as_json)


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
