"""`whence log`: prints and follows the events of a log."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.backing_up import backup, restore
from infra.cli.copies import adopt, copy
from infra.cli.exporting import export, import_
from infra.cli.options import ConfigOption, JsonOption, LogOption, speed_of, time_of, whole
from infra.cli.refused import refused
from infra.cli.sealing import seal

if TYPE_CHECKING:
    from adapters.log.recorder_log import RecordedLog
    from domain.log import LogReader, Recorded
    from infra.cli.filtering import Filter
    from infra.cli.stopping import Stopping
    from infra.config import WhenceSettings

    Show = Callable[[Recorded], None]


log_app = typer.Typer(
    name="log", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
log_app.command()(seal)
log_app.command()(copy)
log_app.command()(adopt)
log_app.command()(export)
log_app.command()(backup)
log_app.command()(restore)
log_app.command("import")(import_)
log_app.command()(refused)


@log_app.callback()
def log(
    context: typer.Context,
    log: LogOption = None,
    stream: Annotated[list[str] | None, typer.Option(help="Only this stream; repeatable.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type, as OrderFilled; repeatable.")
    ] = None,
    correlation: Annotated[
        str | None, typer.Option("--correlation", "--chain", help="Only this chain.")
    ] = None,
    instrument: Annotated[
        list[str] | None,
        typer.Option(help="Only events that concern this instrument, as BTCUSDT-LINEAR.BYBIT; repeatable."),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            help="Only what follows from signals of this strategy (its id, or a source of signals); repeatable."
        ),
    ] = None,
    account: Annotated[str | None, typer.Option(help="Only this account's events.")] = None,
    since: Annotated[str | None, typer.Option(help="Recorded at or after this time (ISO 8601, UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Recorded before this time (ISO 8601, UTC).")] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="Recorded at or before this time (ISO 8601, UTC).")
    ] = None,
    first: Annotated[
        int,
        typer.Option(
            "--from",
            parser=whole(1, hint="; --from takes an ordinal, for a time use --since"),
            metavar="N",
            help="From this ordinal on.",
        ),
    ] = 1,
    last: Annotated[
        int | None,
        typer.Option(
            "--to",
            parser=whole(0, hint="; --to takes an ordinal, for a time use --until"),
            metavar="N",
            help="Up to this ordinal.",
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue with new events.")] = False,
    speed: Annotated[
        str,
        typer.Option(
            metavar="10x|max",
            help="Replay with the recorded times between events, 10 times as fast.",
        ),
    ] = "max",
    send: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Send the events to an HTTP or WebSocket consumer instead of printing them: http(s)://… or ws(s)://….",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Exchange codes as they are, instead of in plain words.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints a log's events in order, one per line (wrapped on a terminal). It only reads, also while an engine
    writes.

    The time at the beginning of a line is that of the recording; the time of the event follows as `occurred` where it
    differs. `whence explain` prints the time of the event.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context, context.invoked_subcommand)
        return
    from infra.cli.filtering import Filter, types_of
    from infra.cli.output import readers_may_leave
    from infra.cli.stopping import stoppable
    from infra.config import load
    from infra.logs import open_reader

    wanted = Filter(
        frozenset(stream or ()),
        types_of(kind or ()),
        correlation,
        account,
        None if since is None else time_of(since),
        None if until is None else time_of(until),
        None if as_of is None else time_of(as_of),
        frozenset(instrument or ()),
        first,
        frozenset(strategy or ()),
    )
    if follow and last is not None:
        raise InvalidInput("--follow does not end: leave out --to")
    times, after = speed_of(speed), wanted.reads_after
    settings = load(log=log, config=config)
    if send is not None:
        from infra.cli.sending import sent

        sent(send, settings, wanted, (after, last), times, follows=follow)
        return
    with closing(open_reader(settings)) as reader, readers_may_leave():
        show = opening(settings, print_line if as_json else _printer(reader, full=full))
        if not as_json:
            _name_demo(reader)
        if not follow and times is None:
            print_checked(reader, reader.read(after, last), wanted, show)
            return
        with stoppable() as stopping:
            slowed = paced(show, times, stopping)
            show_until_stop(reader, (after, last), wanted, slowed, stopping, follows=follow)


def opening(settings: WhenceSettings, show: Show) -> Show:
    """Shows each event with its personal texts opened. It raises KeyRefused, too."""
    from infra.personal import opener_of

    opener = opener_of(settings)
    return lambda recorded: show(opener.recorded(recorded))


def _name_demo(reader: LogReader) -> None:
    """Names a demo or a backtest on standard error, because a reader of the events alone must not meet another line
    among them."""
    from infra.run.demo_log import notice_of

    for one in reader.read(upto=1):
        if notice := notice_of(one.envelope):
            typer.echo(notice, err=True)


def _refuse_options(context: typer.Context, command: str) -> None:
    """Raises InvalidInput where options of `whence log` are given to a command below it, which would ignore them."""
    given = [
        option.opts[0]
        for option in context.command.params
        if option.name and getattr(context.get_parameter_source(option.name), "name", "") == "COMMANDLINE"
    ]
    moved = [one for one in given if one in ("--log", "--config", "--json")]
    if given and moved == given:
        raise InvalidInput(f"write {' and '.join(moved)} after `{command}`")
    if given:
        raise InvalidInput(f"`whence log {command}` has no filters: leave out {', '.join(given)}")


def show_until_stop(
    reader: RecordedLog,
    bounds: tuple[int, int | None],
    wanted: Filter,
    show: Show,
    stopping: Stopping,
    *,
    follows: bool,
) -> None:
    """Shows the events between the ordinals `bounds` (after, up to) that pass, and ends early at a stop.

    With `follows` it continues with new events, and only a stop ends it. Raises what `print_checked` raises.
    """
    after, last = bounds
    if follows:
        warn_of_unknown(reader, wanted)
        print_matching(reader.follow(after, stopping.requested), wanted, show)
    else:
        print_checked(reader, until_stop(reader.read(after, last), stopping.requested), wanted, show)


def print_checked(reader: LogReader, events: Iterable[Recorded], wanted: Filter, show: Show) -> None:
    """Shows the events that pass. Raises InvalidInput for a name in the filter that no event of the whole log has."""
    from infra.cli.filtering import Names

    names = Names(wanted)
    count = print_matching(names.of(events) if wanted.names_something else events, wanted, show)
    if names.unknown():
        for _ in names.of(reader.read()):
            pass
    if unknown := names.unknown():
        raise InvalidInput("; ".join(unknown))
    if not count:
        typer.echo("no event of this log passes these filters", err=True)


def warn_of_unknown(reader: LogReader, wanted: Filter) -> None:
    """A name that no event has may be the name of later events, so it is only reported."""
    from infra.cli.filtering import Names

    if not wanted.names_something:
        return
    names = Names(wanted)
    for _ in names.of(reader.read()):
        pass
    for one in names.unknown():
        typer.echo(f"{one} (yet)", err=True)


def print_matching(events: Iterable[Recorded], wanted: Filter, show: Show) -> int:
    """Shows the events that pass the filter; returns their number."""
    from infra.cli.filtering import Proposers, Subjects

    count, subjects, proposers = 0, Subjects(), Proposers()
    for recorded in events:
        instrument = subjects.instrument_of(recorded) if wanted.instruments else None
        strategy = proposers.strategy_of(recorded) if wanted.strategies else None
        if wanted.matches(recorded, instrument, strategy):
            show(recorded)
            count += 1
    return count


def paced(show: Show, times: float | None, stopping: Stopping) -> Show:
    """Shows each event at its time (see `RecordedPace`), and flushes, so that the reader of a pipe receives it then."""
    from infra.run.recorded_pace import RecordedPace

    pace = None if times is None else RecordedPace(times, stopping.wait)

    def shown(recorded: Recorded) -> None:
        if pace is not None:
            pace.wait_for(recorded.envelope.meta.recorded_at)
        if not stopping.requested():
            show(recorded)
            sys.stdout.flush()

    return shown


def until_stop(events: Iterable[Recorded], stops: Callable[[], bool]) -> Iterator[Recorded]:
    """The events, up to a stop."""
    return takewhile(lambda _one: not stops(), events)


def line_of(recorded: Recorded) -> str:
    """The event as one line of JSON, with its end."""
    from adapters.avro import iso, to_json

    meta = recorded.envelope.meta
    line = {
        "ordinal": recorded.ordinal,
        "stream": meta.stream,
        "version": meta.version,
        "type": type(recorded.envelope.event).__name__,
        "event_id": str(meta.event_id),
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "occurred_at": iso(meta.occurred_at),
        "recorded_at": iso(meta.recorded_at),
        "account": meta.account,
        "actor": meta.actor,
        "source": meta.source,
        "schema_version": meta.schema_version,
        "data": to_json(recorded.envelope.event),
    }
    return json.dumps(line, separators=(",", ":")) + "\n"


def print_line(recorded: Recorded) -> None:
    """Prints the event as one line of JSON."""
    sys.stdout.write(line_of(recorded))


def _printer(reader: RecordedLog, *, full: bool) -> Show:
    """Prints one line for each event in a pipe; on a terminal wraps it, indented below the event's type.

    The first time is that of the recording; that of the event stands beside it where they differ.
    """
    from rich.markup import escape
    from rich.padding import Padding

    from adapters.avro import iso
    from infra.cli.output import console_of
    from infra.cli.trees import requester
    from infra.cli.wording import Wording, in_plain_words

    console = console_of()
    wording = Wording(reader.read, reader.read_stream)

    def show(recorded: Recorded) -> None:
        meta, event = recorded.envelope.meta, recorded.envelope.event
        line = wording.line_of(recorded)
        words = escape(line if full else in_plain_words(line))
        late = "" if meta.occurred_at == meta.recorded_at else f"occurred {iso(meta.occurred_at)} "
        aside = f"{late}{meta.stream} v{meta.version} chain {meta.correlation_id} {requester(meta)}".rstrip()
        head = f"[dim]{recorded.ordinal:>7} {iso(meta.recorded_at)}[/dim] [bold]{type(event).__name__:<20}[/bold]"
        if console.is_terminal:
            console.print(head)
            console.print(Padding(f"{words}\n[dim]{escape(aside)}[/dim]", (0, 0, 0, 8), expand=False))
        else:
            console.print(f"{head} {words} [dim]{escape(aside)}[/dim]", soft_wrap=True)

    return show
