"""`whence log copy` and `whence log adopt`: a log in another storage, and the move to it."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, KeyMissing, LogCorrupt, Refused
from domain.plain_text import counted
from infra.cli import INTERRUPTED
from infra.cli.completing import logs
from infra.cli.options import ConfigOption, JsonOption, LogOption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.log.recorder_log import RecordedLog, RecorderLog
    from infra.config import WhenceSettings
    from infra.run.log_copy import LogCopy
    from infra.run.log_move import LogMove

SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="URL", autocompletion=logs, help="The log that was copied; it is sealed for ever."
    ),
]


def copy(
    source: Annotated[
        str, typer.Option("--from", metavar="URL", autocompletion=logs, help="The log that is copied.")
    ],
    target: Annotated[
        str,
        typer.Option("--to", metavar="URL", autocompletion=logs, help="An empty log, or a copy to continue."),
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copies all events of a log into another one, of any kind, and compares them byte by byte.

    A copy that was interrupted is continued by the same command. An engine may write to the log that is copied; events
    that come later are copied by the next call. No engine writes to the copy until `whence log adopt`.
    """
    from infra.logs import open_reader

    given, wanted = _loaded("--from", source, config), _loaded("--to", target, config)
    with closing(open_reader(given)) as reader:
        copied(reader, wanted, as_json=as_json)


def copied(reader: RecordedLog, wanted: WhenceSettings, *, as_json: bool, doubt: str | None = None) -> None:
    """Copies what `reader` reads into the log of `wanted`, and prints the result; shows the progress on a terminal.

    `doubt`: see `LogCopy`.
    """
    from adapters.log.moved import is_unproven
    from infra.cli.stopping import stoppable
    from infra.logs import open_any, open_reader
    from infra.run.fresh_log import FreshLog
    from infra.run.log_copy import LogCopy

    with ExitStack() as held, stoppable() as stopping:
        fresh = FreshLog(wanted)
        unproven = bool(doubt) or is_unproven(reader)
        owned = held.enter_context(closing(open_any(wanted, copies=True, unproven=unproven)))
        held.enter_context(fresh.removed_while_empty(owned))
        copying = LogCopy(reader, owned, lambda: open_reader(wanted), _shown(wanted), doubt)
        is_whole = _followed(copying, stopping.requested)
    _print(copying, _shown(wanted), is_whole=is_whole, as_json=as_json)
    if unproven:
        typer.echo(_unproven(_shown(wanted), doubt or "it is a copy of such a log"), err=True)
    if not is_whole:
        raise typer.Exit(INTERRUPTED)


def adopt(
    log: LogOption = None,
    source: SourceOption = None,
    source_lost: Annotated[
        bool,
        typer.Option(
            "--source-lost",
            help="The log that was copied is lost. What it recorded after the copy's last event is not known.",
        ),
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who adopts; default: this user.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Makes a copy (--log) the log that engines write to, and seals the log that was copied (--source) for ever.

    The events that are missing in the copy are copied first. An engine that runs on either log must be stopped before.
    After --source-lost the next live run compares the log with the exchange before it decides anything, as each does.
    """
    from getpass import getuser

    from adapters.log.moved import is_unadopted
    from infra.logs import open_any
    from infra.run.clock import utc_now
    from infra.run.log_move import LogMove

    if (source is None) is not source_lost:
        raise InvalidInput("name the log that was copied with --source URL, or state --source-lost")
    wanted = _existing("--log", log, config)
    with ExitStack() as held:
        given = None if source is None else _existing("--source", source, config)
        origin = None if given is None else held.enter_context(closing(open_any(given)))
        owned = held.enter_context(closing(open_any(wanted, copies=True)))
        if given is not None and origin is not None and is_unadopted(origin) and not owned.is_copy():
            raise Refused(f"{_shown(given)} is the copy: exchange --log and --source")
        unproven = source_lost and owned.is_unproven()
        moving = LogMove(owned, _shown(wanted), by or getuser(), utc_now)
        if given is not None and origin is not None:
            _move(moving, given, wanted, origin, owned)
        elif not moving.is_done:
            typer.echo(_ended(owned, _shown(wanted)), err=True)
            moving.without_source()
        head = owned.head()
    if unproven:
        typer.echo(_unproven(_shown(wanted), "they were accepted with --without-proof"), err=True)
    sealed = "" if given is None else f"{_shown(given)} is sealed. "
    typer.echo(f"{sealed}{_shown(wanted)} continues the log from event {head:,} on.", err=True)


def _carry_tape(given: WhenceSettings, wanted: WhenceSettings, owned: RecorderLog) -> None:
    """Writes the tape of the log that was copied for the copy. A tape that cannot be read ends no adoption."""
    from infra.inputs import has_tape, taped_batches, write_tape

    if not has_tape(given):
        return
    try:
        if not write_tape(wanted, owned, taped_batches(given)):
            typer.echo(
                f"The tape of inputs stays with {_shown(given)}: {_shown(wanted)} cannot have one.", err=True
            )
    except (KeyMissing, LogCorrupt) as fault:
        typer.echo(f"The tape of inputs stays with {_shown(given)}: {fault}", err=True)


def _move(
    moving: LogMove, given: WhenceSettings, wanted: WhenceSettings, origin: RecorderLog, owned: RecorderLog
) -> None:
    """Copies what is missing, seals the log that was copied, and copies the seal; continues where a kill ended it."""
    from infra.logs import open_reader
    from infra.run.log_copy import LogCopy

    is_sealed = moving.check_source(origin, _shown(given))
    if moving.is_done:  # a lost log was found, or all is done
        if not is_sealed:
            moving.seal(origin)
        return
    _followed(LogCopy(origin, owned, lambda: open_reader(wanted), _shown(wanted)), lambda: False)
    _carry_tape(given, wanted, owned)
    if not is_sealed:
        moving.seal(origin)
        head = origin.head()
        owned.append_recorded(list(origin.read(head - 1, head)))


def _followed(copying: LogCopy, stops: Callable[[], bool]) -> bool:
    """Copies to the end, which is true, or until a stop; shows the progress on a terminal."""
    from infra.cli.advance import Advance

    with Advance() as advance:
        for one in copying.steps():
            advance.show({one.phase: (one.number, copying.held if one.phase == "compare" else copying.total)})
            if stops():
                return False
    return True


def _print(copying: LogCopy, name: str, *, is_whole: bool, as_json: bool) -> None:
    if as_json:
        figures = {"held": copying.held, "copied": copying.copied, "total": copying.total, "whole": is_whole}
        typer.echo(json.dumps(figures))
        return
    now = f"{name} has {copying.held + copying.copied:,} of {counted(copying.total, 'event')}"
    if not is_whole:
        typer.echo(f"Stopped: {now}; the same command continues.")
        return
    typer.echo(f"{now}, {copying.copied:,} of them copied now; all bytes are equal, all marks are new.")
    typer.echo(
        f"The copy is read-only until `whence log adopt --log {name} --source URL`; where that log is lost, "
        "--source-lost in place of --source URL."
    )


def _ended(log: RecordedLog, name: str) -> str:
    """Where a copy ends whose source is lost: nothing in it states whether its copying has ended."""
    from adapters.avro import iso

    head = log.head()
    recorded_at = next(log.read(head - 1, head)).envelope.meta.recorded_at
    return (
        f"{name} ends with event {head:,}, recorded at {iso(recorded_at)}. Whether the lost log had later events "
        "cannot be known here: a copy, an import or a restore that was interrupted ends early."
    )


def _unproven(name: str, reason: str) -> str:
    return (
        f"Nothing proves who wrote the events of {name} before its adoption, nor that they are unchanged ({reason}); "
        "their marks are valid all the same."
    )


def _loaded(option: str, url: str | None, config: Path | None) -> WhenceSettings:
    """The settings with this log. Raises InvalidInput, which names the option, where its address is invalid."""
    from adapters.log.address import MemoryAddress, parse_address
    from infra.config import load

    settings = load(log=url, config=config)
    try:
        address = parse_address(settings.log)
    except InvalidInput as fault:
        raise InvalidInput(f"{option}: {fault}") from None
    if isinstance(address, MemoryAddress):
        raise InvalidInput(f"{option}: a log in memory ends with the process that made it; name another log")
    return settings


def _existing(option: str, url: str | None, config: Path | None) -> WhenceSettings:
    """What `_loaded` returns. Raises InvalidInput where there is no log, or one without events: owning it would make
    its file.
    """
    from infra.logs import open_reader

    settings = _loaded(option, url, config)
    with closing(open_reader(settings)) as reader:
        if not reader.head():
            raise InvalidInput(f"{option} {_shown(settings)} has no events: name the log, or its copy")
    return settings


def _shown(settings: WhenceSettings) -> str:
    from infra.config import shown

    return shown(settings.log)
