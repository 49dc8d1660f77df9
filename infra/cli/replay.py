"""`whence replay`: makes a live run's log again from the tape of its inputs, and compares it with the recorded one."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from domain.errors import InvalidInput
from domain.plain_text import counted
from infra.cli import INTERRUPTED
from infra.cli.into import address_of, check_empty
from infra.cli.options import ConfigOption, JsonOption, LogOption, time_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adapters.inputs.batch import TapedInput
    from adapters.log.recorder_log import RecordedLog, RecorderLog
    from commands.world import World
    from domain.log import Envelope
    from infra.config import WhenceSettings
    from infra.run.replaying import Difference, Replay

_DIFFERS = 1
_FIRST = "first"
_DIGITS = 19
"""An ordinal has fewer digits."""


def replay(
    log: LogOption = None,
    into: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An empty log that receives the replayed events; default: none."),
    ] = None,
    upto: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Up to the event with this ordinal, and to the end of its unit; default: all.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Up to the inputs of this time (ISO 8601, UTC); default: all."),
    ] = None,
    from_snapshot: Annotated[
        str | None,
        typer.Option(
            metavar="N|first",
            help="From the snapshot at the event with this ordinal, or from the one at which the tape begins; "
            "default: from the first input.",
        ),
    ] = None,
    fold: Annotated[
        bool,
        typer.Option("--fold", help="Take the events before the oldest session of the tape from the log."),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Make every recorded decision again from the events before it, also without a tape, and compare.",
        ),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Feeds the recorded inputs to a new engine and compares its events with the log's, byte by byte. Nothing is sent.

    A tape whose old inputs were removed (`inputs_days`) is replayed from a kept snapshot.

    Exit code 0: the same log results; 1: it differs, and the first difference is printed. With --verify: 0 where every
    decision was made again and is equal.
    """
    from infra.config import load

    if verify:
        from infra.cli.redeciding import verified

        _refuse_with_verify(
            {"--into": into, "--until": until, "--from-snapshot": from_snapshot, "--fold": fold}
        )
        verified(load(log=log, config=config), upto, as_json=as_json)
        return
    from adapters.avro import AvroCodec
    from adapters.log.address import parse_address
    from infra.cli.stopping import stoppable
    from infra.inputs import taped_inputs
    from infra.logs import open_reader
    from infra.run.replaying import Replay, Until
    from infra.run.upto import read_upto

    settings = load(log=log, config=config)
    parse_address(settings.log)
    if into is not None:
        address_of(into)
    begins = _Begins.of(from_snapshot, fold=fold)
    end = Until(upto, None if until is None else time_of(until))
    with ExitStack() as held, stoppable() as stopping:
        reader = held.enter_context(closing(open_reader(settings)))
        last = read_upto(reader, upto)
        inputs, world = begins.at(settings, reader, taped_inputs(settings))
        if world is not None and upto is not None and upto <= world.ordinal:
            raise InvalidInput(f"--upto {upto}: the replay begins after event {world.ordinal}")
        target = None if into is None else _target(held, load(log=into, config=config), reader)
        replaying = Replay(reader, AvroCodec(), inputs, end, target, world)
        _follow(replaying, last, stopping.requested)
        if until is not None and not (replaying.inputs or replaying.difference or stopping.requested()):
            raise InvalidInput(
                f"--until {until}: the first input is of a later time, so nothing was replayed"
            )
    _print(replaying, as_json=as_json)
    if replaying.difference is not None:
        raise typer.Exit(_DIFFERS)
    if stopping.requested():
        raise typer.Exit(INTERRUPTED)


def _refuse_with_verify(given: Mapping[str, object]) -> None:
    """Raises InvalidInput for options that concern the tape, which --verify does not read."""
    if named := [name for name, value in given.items() if value]:
        raise InvalidInput(f"--verify reads no tape and writes no log: leave out {', '.join(named)}")


class _Begins(NamedTuple):
    """Where the replay begins: `snapshot` is the ordinal of a snapshot, or `first`."""

    snapshot: int | str | None
    fold: bool

    @classmethod
    def of(cls, from_snapshot: str | None, *, fold: bool) -> _Begins:
        """Raises InvalidInput for a text that names no snapshot, and for both options at once."""
        if from_snapshot is None or from_snapshot == _FIRST:
            found: int | str | None = from_snapshot
        elif from_snapshot.isascii() and from_snapshot.isdecimal() and 0 < len(from_snapshot) < _DIGITS:
            found = int(from_snapshot)
        else:
            raise InvalidInput(
                f"--from-snapshot {from_snapshot[:80]!r}: name the ordinal of an event, or `first`"
            )
        if found is not None and fold:
            raise InvalidInput("--from-snapshot and --fold exclude each other")
        return cls(found, fold)

    def at(
        self, settings: WhenceSettings, log: RecordedLog, tape: Iterator[TapedInput]
    ) -> tuple[Iterator[TapedInput], World | None]:
        """The inputs from there on, and the states of the snapshot; see `infra.run.origin` for what it raises."""
        from infra.run.origin import FromSnapshot, from_first_input

        if self.snapshot is None:
            return (tape if self.fold else from_first_input(tape, log, settings)), None
        begun = FromSnapshot(settings, log, tape, None if self.snapshot == _FIRST else int(self.snapshot))
        return begun.inputs(), begun.world


def _target(held: ExitStack, settings: WhenceSettings, source: RecordedLog) -> RecorderLog:
    """The empty log that receives the events of `source`; `held` closes it. Raises InvalidInput where it is not empty,
    and the log's errors."""
    from adapters.log.moved import is_unproven
    from infra.logs import open_any
    from infra.run.fresh_log import FreshLog

    fresh = FreshLog(settings)
    opened = held.enter_context(closing(open_any(settings, copies=True, unproven=is_unproven(source))))
    held.enter_context(fresh.removed_while_empty(opened))
    check_empty(opened.head(), settings)
    return opened


def _follow(replaying: Replay, total: int, stops: Callable[[], bool]) -> None:
    """Replays to the end or until a stop, and shows the progress on a terminal."""
    from infra.cli.advance import Advance

    shown = -1
    with Advance() as advance:
        for ordinal in replaying.steps():
            if ordinal != shown:  # most inputs lead to nothing
                advance.show({"replay": (ordinal, total)})
                shown = ordinal
            if stops():
                return


def _print(replaying: Replay, *, as_json: bool) -> None:
    found = replaying.difference
    if as_json:
        typer.echo(
            json.dumps({**_figures(replaying), "difference": None if found is None else _as_json(found)})
        )
        return
    sessions = counted(replaying.sessions, "session")
    made = replaying.ordinal - replaying.folded
    typer.echo(f"{replaying.inputs:,} inputs of {sessions} led to {made:,} events that equal the log's.")
    if replaying.snapshot:
        typer.echo(f"The replay begins with the snapshot at event {replaying.snapshot:,}.")
    elif replaying.folded:
        typer.echo(
            f"The tape begins after event {replaying.folded:,}; those before it were taken from the log."
        )
    if found is not None:
        typer.echo(
            f"The first difference is at ordinal {found.ordinal}, input {found.number}: {found.reason}."
        )
        typer.echo(f"input:    {type(found.given).__name__} at {found.given.at.isoformat()}")
        typer.echo(f"log:      {_spelled(found.recorded)}")
        typer.echo(f"replayed: {_spelled(found.replayed)}")


def _figures(replaying: Replay) -> dict[str, int]:
    return {
        "inputs": replaying.inputs,
        "sessions": replaying.sessions,
        "folded": replaying.folded,
        "snapshot": replaying.snapshot,
        "ordinal": replaying.ordinal,
    }


def _as_json(found: Difference) -> dict[str, object]:
    return {
        "reason": found.reason,
        "ordinal": found.ordinal,
        "input": found.number,
        "input_type": type(found.given).__name__,
        "recorded": _event_json(found.recorded),
        "replayed": _event_json(found.replayed),
    }


def _event_json(envelope: Envelope | None) -> dict[str, object] | None:
    from adapters.avro import iso, to_json

    if envelope is None:
        return None
    meta = envelope.meta
    return {
        "event_id": str(meta.event_id),
        "stream": meta.stream,
        "version": meta.version,
        "type": type(envelope.event).__name__,
        "causation_id": meta.causation_id,
        "recorded_at": iso(meta.recorded_at),
        "data": to_json(envelope.event),
    }


def _spelled(envelope: Envelope | None) -> str:
    return "no event" if envelope is None else json.dumps(_event_json(envelope), ensure_ascii=False)
