"""`whence what-if`: the recorded inputs of a log under other settings give a second log, compared with the first."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.cli.options import ConfigOption, JsonOption, LogOption, RulesOption, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.log.address import Address
    from adapters.log.recorder_log import RecordedLog
    from infra.cli.tapes import TapeOptions
    from infra.config import WhenceSettings
    from infra.run.recording import Recording
    from infra.run.what_if import WhatIf


def what_if(
    into: Annotated[
        str, typer.Option(metavar="URL", help="An empty log for the candidate's events; memory: keeps none.")
    ],
    log: LogOption = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting, as trading.risk.max_positions=3; repeatable."
        ),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help='In place of the log\'s strategies: "trend fast=10", or "quick=trend interval=15m"; repeatable.',
        ),
    ] = None,
    policy: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Version of the policy of the committees; default: the current one.",
        ),
    ] = None,
    candles: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="The candle files that `whence paper` played on the log; repeatable."
        ),
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Symbols of the candles, as `whence paper` had them; repeatable.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(parser=whole(), metavar="N", help="Seed of the synthetic market; default: 7."),
    ] = None,
    bars: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, 10_000_000),
            metavar="N",
            help="Candles per symbol of the synthetic market; default: 5000.",
        ),
    ] = None,
    funding_hours: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, 24), metavar="N", help="As `whence paper` had it; default: all funding rates."
        ),
    ] = None,
    instruments: RulesOption = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write the report as one self-contained page into this file."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trades the recorded market and the requests of people again under other settings, and compares both.

    A log of `whence live` or `whence paper --live` has a tape of its inputs. For a log of `whence paper`, give the
    candles that it was made from; without --candles they are the synthetic market. Nothing is sent to an exchange, and
    the log itself is only read.
    """
    from adapters.log.address import parse_address
    from infra.cli.changes import change_of
    from infra.cli.output import readers_may_leave
    from infra.cli.stopping import stoppable
    from infra.cli.tapes import TapeOptions
    from infra.cli.what_if_report import WhatIfReport
    from infra.config import load
    from infra.logs import open_reader
    from infra.run.what_if import WhatIf

    if html is not None and not html.parent.is_dir():
        raise InvalidInput(f"--html {html}: the folder {html.parent} does not exist; create it first")
    settings = load(log=log, config=config, instruments=instruments)
    parse_address(settings.log)
    target = _target(into, settings, config)
    change = change_of(values or (), strategy or (), policy)
    tapes = TapeOptions(candles or (), symbol or (), seed, bars, funding_hours)
    with ExitStack() as held, stoppable() as stopping:
        reader = held.enter_context(closing(open_reader(settings)))
        made = held.enter_context(closing(WhatIf(_recording(settings, reader, tapes), reader, change)))
        if not _follow(made, stopping.requested):
            raise typer.Exit(INTERRUPTED)
        _write(made, target)
    report = WhatIfReport(made, settings, target, change)
    if html is not None:
        report.write(html)
    with readers_may_leave():
        report.print(as_json=as_json)


def _target(into: str, settings: WhenceSettings, config: Path | None) -> WhenceSettings:
    """The settings of the target. Raises InvalidInput where it is the source, or holds events."""
    from adapters.log.address import SqliteAddress, parse_address
    from infra.config import load, shown
    from infra.logs import open_owned

    try:
        address = parse_address(into)
    except InvalidInput as fault:
        raise InvalidInput(f"--into: {fault}") from None
    if _place(address) == _place(parse_address(settings.log)):
        raise InvalidInput(f"--into {shown(into)} is the log itself: name an empty log")
    target = load(log=into, config=config)
    if not isinstance(address, SqliteAddress) or address.path.exists():
        with closing(open_owned(target)) as opened:
            _check_empty(opened.head(), target)
    return target


def _place(address: Address) -> object:
    """What two addresses of one log have in common: of a file, its resolved path."""
    from adapters.log.address import SqliteAddress

    return address.path.resolve() if isinstance(address, SqliteAddress) else address


def _check_empty(head: int, target: WhenceSettings) -> None:
    from infra.config import shown

    if head:
        raise InvalidInput(f"--into {shown(target.log)} holds events: name an empty log")


def _recording(settings: WhenceSettings, reader: RecordedLog, tapes: TapeOptions) -> Recording:
    """The recording of the log. Raises InvalidInput where the log is empty, or was made by another kind of run."""
    from domain.opening import LogOpened, Mode
    from infra.cli.rules import imported_rules
    from infra.inputs import taped_inputs
    from infra.run.recorded_candles import recorded_candles
    from infra.run.recorded_inputs import recorded_inputs

    first = next(reader.read(upto=1), None)
    if first is None:
        raise InvalidInput("the log has no events: there is nothing to compare with")
    opened = first.envelope.event
    mode = opened.mode if isinstance(opened, LogOpened) else None
    if mode is Mode.TAPE:
        return recorded_candles(reader, tapes.read(), imported_rules(settings))
    if mode is Mode.LIVE:
        tapes.check_unused()
        return recorded_inputs(reader, lambda: taped_inputs(settings))
    raise InvalidInput("this log is a backtest itself: compare with the log that it was taken from")


def _follow(made: WhatIf, stops: Callable[[], bool]) -> bool:
    """Makes both logs, and shows the progress on a terminal; returns whether it was not stopped."""
    from infra.cli.advance import Advance

    with Advance() as advance:
        for number in made.steps():
            if number % _SHOWN_EVERY == 0 or number == made.total:
                advance.show({"what-if": (number, made.total)})
            if stops():
                return False
    return True


_SHOWN_EVERY = 1_000
"""Showing the progress after every input would take longer than the input."""


def _write(made: WhatIf, target: WhenceSettings) -> None:
    from infra.logs import open_owned

    with closing(open_owned(target)) as opened:
        _check_empty(opened.head(), target)
        made.write(opened)
        opened.confirm()
