"""`whence features`: builds the features of signals with their labels, and shows feature sets and what was built."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.completing import logs
from infra.cli.options import (
    CandlesOption,
    ConfigOption,
    FundingHoursOption,
    InsteadStrategyOption,
    JsonOption,
    MoreCandles,
    QuoteOption,
    RulesOption,
    SetOption,
    SymbolOption,
    file_of,
    whole,
)

features_app = typer.Typer(
    name="features",
    no_args_is_help=True,
    help="Builds features of signals with their labels, for models, and shows them.",
)


@features_app.command()
def build(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=file_of,
            metavar="FOLDER",
            help="The folder of the data set; a build that was stopped there goes on.",
        ),
    ],
    candles: CandlesOption = None,
    more: MoreCandles = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log",
            metavar="URL",
            autocompletion=logs,
            help="The signals of this log, in place of all that strategies propose on the candles.",
        ),
    ] = None,
    strategy: InsteadStrategyOption = None,
    values: SetOption = None,
    hours: Annotated[
        int,
        typer.Option(
            "--hours",
            parser=whole(1, 8_760),
            metavar="N",
            help="A signal that was not traded is held for so long at most.",
        ),
    ] = 24,
    features: Annotated[
        str,
        typer.Option(
            "--features", metavar="NAME", help="A feature set: core.1, or book.1 of a live run's own tape."
        ),
    ] = "core.1",
    symbol: SymbolOption = None,
    quote: QuoteOption = None,
    instruments: RulesOption = None,
    funding_hours: FundingHoursOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Computes the features of signals as they were known then, with what became of each signal.

    With --log they are the recorded signals, on the tape of the log's inputs or on --candles; with --candles alone, all
    that the strategies propose. Labels are closed trades net of fees, else the first of stop, target and time limit.
    """
    from adapters.extras import FILES, check_extras
    from infra.cli.feature_building import Wanted, built
    from infra.cli.tapes import TapeOptions
    from infra.config import load
    from infra.learning.dataset_file import set_named

    check_extras("whence features", FILES)
    files = [*(candles or ()), *(more or ())]
    if not files and log is None:
        raise InvalidInput("give candle files with --candles, a log with --log, or both")
    if log is not None and any((strategy, values, quote, instruments)):
        raise InvalidInput(
            "--strategy, --set, --quote and --rules are for candles alone: the signals of a log were made under its "
            "own settings; leave these options out, or --log"
        )
    named = set_named(features)
    if named.id != "core.1" and log is None:
        raise InvalidInput(
            f"--features {named.id}: candle files have no order books: name the log of a live run with --log"
        )
    wanted = Wanted(
        tapes=TapeOptions(files, symbol or (), None, None, funding_hours),
        settings=load(log=log or "memory:", instruments=instruments, config=config),
        of_log=log is not None,
        quote=(quote or "").upper(),
        values=values or (),
        strategies=strategy or (),
        limit=timedelta(hours=hours),
        out=out,
        features=named,
    )
    built(wanted, as_json=as_json)


@features_app.command()
def show(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]", help="A data set that `build` made; default: the table of the set."
        ),
    ] = None,
    named: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="A feature set; default: core.1.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Shows the table of a feature set, or what a data set holds: rows, labels, and the values of each feature."""
    from infra.cli.feature_rows import show_dataset, show_set

    if folder is None:
        show_set(named or "core.1", as_json=as_json)
    elif named is None:
        from adapters.extras import FILES, check_extras

        check_extras("whence features", FILES)
        show_dataset(folder, as_json=as_json)
    else:
        raise InvalidInput("a data set has one feature set: give either the folder or --set")
