"""`whence shadow`: a candidate configuration beside an engine, on the same inputs, compared with a control."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from domain.errors import InvalidInput, LogOwned
from domain.plain_text import counted
from infra.cli import INTERRUPTED
from infra.cli.options import (
    ConfigOption,
    HtmlOption,
    JsonOption,
    LiveLogOption,
    ModelOption,
    PolicyOption,
    SetOption,
    StrategyOption,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
    from adapters.log.recorder_log import RecordedLog, RecorderLog
    from domain.moving import LogMoved
    from infra.cli.shadow_places import Places
    from infra.cli.stopping import Stopping
    from infra.config import WhenceSettings
    from infra.run.announcing import Stops
    from infra.run.compared import Compared
    from infra.run.patient_tape import PatientTape
    from infra.run.shadow import Shadow

shadow_app = typer.Typer(
    name="shadow",
    no_args_is_help=True,
    help="Runs a candidate configuration beside an engine, and compares.",
)

IntoOption = Annotated[str, typer.Option("--into", metavar="URL", help="The log of the candidate.")]
ControlOption = Annotated[
    str | None,
    typer.Option(
        "--control",
        metavar="URL",
        help="The log of the control; default: beside the candidate's, as b.control.db beside b.db.",
    ),
]
_PATIENCE = 0.5
"""Seconds between two looks at the tape."""
_LOOKS = 10
"""Looks at the tape between two at the log, whether it was moved."""
_NO_HOUR = "no hour is over in both logs yet: the report begins with the first one"


@shadow_app.command()
def run(
    into: IntoOption,
    log: LiveLogOption = None,
    control: ControlOption = None,
    values: SetOption = None,
    strategy: StrategyOption = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="Follow up to the inputs that the tape has now, and end.")
    ] = False,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follows the inputs of an engine's log until Ctrl-C, and then prints the report. The engine's log is only read.

    The candidate has the changed settings, the control the log's own; each writes a log of its own, whose orders a
    simulated exchange fills. No exchange is connected. The same command continues both logs after any end.
    """
    from adapters.processes.announcement import ProcessRole
    from infra.cli.changes import change_of
    from infra.cli.other_model import with_model
    from infra.cli.shadow_places import places_of
    from infra.cli.stopping import stoppable
    from infra.config import shown
    from infra.inputs import check_tape, followed_tape
    from infra.logs import open_reader
    from infra.run.announcing import Loop, Program, TurningStops, announced
    from infra.run.patient_tape import PatientTape
    from infra.run.remade_log import RemadeLog
    from infra.run.shadow import Shadow
    from infra.run.shadow_logs import compared_logs

    if html is not None:
        check_folder("--html", html)
    places = places_of(log, into, control, config)
    check_tape(places.source)
    change = change_of(values or (), strategy or (), policy)
    with ExitStack() as held, stoppable() as stopping:
        with closing(open_reader(places.source)) as reader:
            log_id = _followed(reader, stopping, waits=not once)
            change, scorer = with_model(change, model, reader, places.source)
        tape = PatientTape(held.enter_context(followed_tape(places.source)))
        logs = [held.enter_context(_owned(one)) for one in (places.control, places.candidate)]
        first, second = (
            RemadeLog(one, name) for one, name in zip(logs, ("--control", "--into"), strict=True)
        )
        made = Shadow(log_id, change, first, second, scorer)
        loop = Loop()
        program = Program(ProcessRole.SHADOW, shown(places.candidate.log))
        with announced(places.source, program, loop.standing):
            stops = TurningStops(stopping, loop)
            is_whole = _follow(made, tape, stops, None if once else places.source)
        for one in logs:
            one.confirm()
        if once and stopping.requested():
            raise typer.Exit(INTERRUPTED)
        if made.candidate is None:
            raise InvalidInput("the tape of inputs does not hold the opening of this log yet")
        with closing(open_reader(places.source)) as reader:
            found = compared_logs(reader, logs[0], logs[1], made.candidate if is_whole else None)
        if found is None:
            typer.echo(_NO_HOUR, err=True)
        else:
            _report(found, logs, places, html, as_json=as_json)


@shadow_app.command()
def report(
    into: IntoOption,
    log: LiveLogOption = None,
    control: ControlOption = None,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compares the candidate with the control, also while the shadow runs. All three logs are only read."""
    from infra.cli.shadow_places import check_made, places_of
    from infra.logs import open_reader
    from infra.run.shadow_logs import compared_logs

    if html is not None:
        check_folder("--html", html)
    places = places_of(log, into, control, config)
    check_made(places)
    with ExitStack() as held:
        source, *logs = [held.enter_context(closing(open_reader(one))) for one in places]
        found = compared_logs(source, logs[0], logs[1])
        if found is None:
            raise InvalidInput(_NO_HOUR)
        _report(found, logs, places, html, as_json=as_json)


def _followed(reader: RecordedLog, stopping: Stopping, *, waits: bool) -> UUID:
    """The id of the engine's log, also of one that is just being opened. Raises what `followable` raises."""
    from infra.run.shadow_logs import followable

    if waits and not reader.head():
        typer.echo("the log has no events yet: waiting for the engine that opens it, until Ctrl-C", err=True)
        while not reader.head() and not stopping.requested():
            stopping.wait(_PATIENCE)
    return followable(reader).log_id


@contextmanager
def _owned(settings: WhenceSettings) -> Generator[RecorderLog]:
    """The log, owned by this process. A new file is removed again where nothing was recorded."""
    from infra.logs import open_owned
    from infra.run.fresh_log import FreshLog

    fresh = FreshLog(settings)
    try:
        owned = open_owned(settings)
    except LogOwned as fault:
        raise _shadowed(settings, fault) from None
    with closing(owned) as opened, fresh.removed_while_empty(opened):
        yield opened


def _shadowed(settings: WhenceSettings, fault: LogOwned) -> LogOwned:
    """The error where another shadow writes the log: its process is no engine that trades. Any other stays as it is."""
    from adapters.log.address import parse_address
    from infra.logs import open_reader
    from infra.run.shadow_logs import is_backtest

    with closing(open_reader(settings)) as log:
        if not is_backtest(log):
            return fault
    return LogOwned(
        f"{parse_address(settings.log)} is written by another shadow, {fault.holder}: `whence shadow report` reads "
        "what it has found; name another log with --into for a second one",
        fault.holder,
    )


def _follow(made: Shadow, tape: PatientTape, stopping: Stops, source: WhenceSettings | None) -> bool:
    """Feeds what the tape has, and then each new input of the log `source`; returns whether all was fed.

    It ends when a stop is requested, or with the last input of a log that was moved. Without `source` nothing is
    followed, and it raises LogUnavailable where the tape's store does not answer.
    """
    is_whole = _advance(made, tape, stopping)
    if is_whole:
        then = "" if source is None else "; new ones are followed, until Ctrl-C"
        typer.echo(f"{counted(made.inputs, 'input')} of the tape fed{then}", err=True)
    if source is None and tape.fault is not None:
        raise tape.fault
    looks, move = count(1), None
    while source is not None and move is None and not stopping.requested():
        made.check()
        stopping.wait(_PATIENCE)
        move = None if next(looks) % _LOOKS else _move(source)
        is_whole = _advance(made, tape, stopping)
    if move is not None:
        typer.echo(
            f"the log was moved to {move.address}, and gets no more inputs here: the shadow ends with its last one. "
            "The same command with --log and that address continues both logs.",
            err=True,
        )
    return is_whole


def _move(source: WhenceSettings) -> LogMoved | None:
    """The move that sealed the log; None where there is none, or where the log does not answer."""
    from adapters.log.moved import is_adopted, last_move
    from domain.errors import LogUnavailable
    from infra.logs import open_reader

    try:
        with closing(open_reader(source)) as log:
            return None if is_adopted(log) else last_move(log)
    except LogUnavailable:  # the tape is in the same store, and a store that is away is stated by its reading
        return None


def _advance(made: Shadow, tape: PatientTape, stopping: Stops) -> bool:
    """Feeds what the tape has now; returns whether its end was reached."""
    for _number in made.take(tape.new()):
        if stopping.requested():
            return False
    if tape.fault is None:
        made.check_complete()
    return tape.fault is None


def _report(
    found: Compared,
    logs: Sequence[RecordedLog],
    places: Places,
    html: Path | None,
    *,
    as_json: bool,
) -> None:
    from infra.cli.output import readers_may_leave
    from infra.cli.what_if_report import WhatIfReport
    from infra.cli.what_if_words import recorded_changes

    source, control, candidate = places.names
    changes = list(recorded_changes(found.comparison, *logs))
    report = WhatIfReport(found, changes, source, candidate, control)
    if html is not None:
        report.write(html)
    with readers_may_leave():
        report.print(as_json=as_json)
