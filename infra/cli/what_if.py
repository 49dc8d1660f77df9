"""`whence what-if`: the recorded inputs of a log under other settings give a second log, compared with the first."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, TapeMismatch
from infra.cli import INTERRUPTED
from infra.cli.into import check_empty, empty_target
from infra.cli.options import (
    BarsOption,
    ConfigOption,
    HtmlOption,
    JsonOption,
    LogOption,
    ModelOption,
    MoreCandles,
    PolicyOption,
    RulesOption,
    SeedOption,
    SetOption,
    StrategyOption,
    whole,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
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
    values: SetOption = None,
    strategy: StrategyOption = None,
    policy: PolicyOption = None,
    model: ModelOption = None,
    candidate: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            metavar="FILE",
            help="In place of the log's strategies and trading settings: those of this settings file; --set and "
            "--strategy win over it.",
        ),
    ] = None,
    candles: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE...", help="The candle files that `whence paper` played on the log."),
    ] = None,
    more: MoreCandles = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Symbols of the candles, as `whence paper` had them; repeatable.")
    ] = None,
    seed: SeedOption = None,
    bars: BarsOption = None,
    funding_hours: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, 24), metavar="N", help="As `whence paper` had it; default: all funding rates."
        ),
    ] = None,
    instruments: RulesOption = None,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trades the recorded market and the requests of people again under other settings, and compares both.

    A log of `whence live` or `whence paper --live` has a tape of its inputs. For a log of `whence paper`, give the
    candles that it was made from; without --candles they are the synthetic market. Nothing is sent to an exchange, and
    the log itself is only read.
    """
    from adapters.log.address import parse_address
    from infra.cli.changes import change_of, with_file
    from infra.cli.following import is_followed
    from infra.cli.other_model import with_model
    from infra.cli.output import readers_may_leave
    from infra.cli.stopping import stoppable
    from infra.cli.tapes import TapeOptions
    from infra.cli.what_if_report import WhatIfReport
    from infra.cli.what_if_words import changes
    from infra.config import load
    from infra.logs import open_reader
    from infra.run.what_if import WhatIf

    if html is not None:
        check_folder("--html", html)
    settings = load(log=log, config=config, instruments=instruments)
    parse_address(settings.log)
    target = empty_target(into, settings, config)
    change = change_of(values or (), strategy or (), policy)
    tapes = TapeOptions([*(candles or ()), *(more or ())], symbol or (), seed, bars, funding_hours)
    with ExitStack() as held, stoppable() as stopping:
        reader = held.enter_context(closing(open_reader(settings)))
        recording = _recording(settings, reader, tapes)
        if candidate is not None:
            change = with_file(change, candidate, recording.settings)
        change, scorer = with_model(change, model, reader, settings)
        made = held.enter_context(closing(WhatIf(recording, reader, change, scorer)))
        if not is_followed("what-if", made.steps(), made.total, stopping):
            raise typer.Exit(INTERRUPTED)
        _write(made, target)
    source, into = (str(parse_address(one.log)) for one in (settings, target))
    report = WhatIfReport(made.compared, list(changes(change)), source, into)
    if html is not None:
        report.write(html)
    with readers_may_leave():
        report.print(as_json=as_json)


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
        try:
            return recorded_candles(reader, tapes.read(), imported_rules(settings))
        except TapeMismatch as error:
            if tapes.files:
                raise
            raise InvalidInput(
                f"{error}. Without --candles the market is the synthetic one: give the candle files that the log was "
                "made from with --candles"
            ) from None
    if mode is Mode.LIVE:
        tapes.check_unused()
        return recorded_inputs(reader, lambda: taped_inputs(settings))
    raise InvalidInput(
        "this log was made by a backtest or a what-if: a what-if needs the log of a run of `whence paper` or "
        "`whence live`; to trade the same recording with other settings, run `whence backtest` again with --set"
    )


def _write(made: WhatIf, target: WhenceSettings) -> None:
    from infra.logs import open_owned

    with closing(open_owned(target)) as opened:
        check_empty(opened.head(), target)
        made.write(opened)
        opened.confirm()
