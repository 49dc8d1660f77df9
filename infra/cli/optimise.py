"""`whence optimise`: searches for the best settings on a part of recorded candles, and tries them on the rest."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.cli.backtest import stretch_of
from infra.cli.candle_market import candle_market, divided
from infra.cli.options import (
    AccountOption,
    BalanceOption,
    CandlesOption,
    ConfigOption,
    FromDayOption,
    FundingHoursOption,
    HtmlOption,
    InsteadStrategyOption,
    JsonOption,
    LeverageOption,
    MoreCandles,
    QuoteOption,
    RulesOption,
    SetOption,
    SymbolOption,
    ToDayOption,
    file_of,
    whole,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from infra.cli.optimise_report import OptimiseReport
    from infra.search.axis import Axis
    from infra.search.market import Market
    from infra.search.objective import Objective
    from infra.search.parts import Division

_MOST_TRIALS = 100_000


def optimise(
    search: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUES",
            help="A setting and what is tried: trading.strategies.trend.fast=5..30, …=0.01..0.05:0.01 in steps, or "
            "…=a,b,c; repeatable.",
        ),
    ],
    candles: CandlesOption = None,
    more: MoreCandles = None,
    objective: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The measure of `whence backtest` that is searched for, as sharpe, sortino, calmar, total-return, "
            "profit-factor or max-drawdown.",
        ),
    ] = "sharpe",
    trials: Annotated[
        int,
        typer.Option(
            parser=whole(2, _MOST_TRIALS),
            metavar="N",
            help="Trials of each search: one for each fold, and one more.",
        ),
    ] = 50,
    processes: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, 256),
            metavar="N",
            help="Backtests at a time; default: the processors. No result depends on it.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(parser=whole(), metavar="N", help="Seed of the search.")] = 1,
    held_out: Annotated[
        str,
        typer.Option(metavar="FRACTION", help="The last part of the days, which no search sees."),
    ] = "0.2",
    folds: Annotated[
        int,
        typer.Option(parser=whole(0, 100), metavar="N", help="Steps of the walk forward; 0: none."),
    ] = 3,
    study: Annotated[
        Path | None,
        typer.Option(
            parser=file_of,
            metavar="FILE",
            help="The file of the trials, with which the same command goes on; default: one for each search in this "
            "user's data folder.",
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            parser=file_of,
            metavar="FILE",
            help="The record of every trial by tape; default: trials.db in this user's data folder.",
        ),
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            parser=file_of,
            metavar="FILE",
            help="Write the best settings into this file, for --config.",
        ),
    ] = None,
    first: FromDayOption = None,
    last: ToDayOption = None,
    strategy: InsteadStrategyOption = None,
    values: SetOption = None,
    symbol: SymbolOption = None,
    account: AccountOption = None,
    balance: BalanceOption = None,
    quote: QuoteOption = None,
    instruments: RulesOption = None,
    leverage: LeverageOption = None,
    funding_hours: FundingHoursOption = None,
    html: HtmlOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Searches for the settings with the best measure on a part of the candles, and trades them on the rest.

    Each trial is a `whence backtest`. The result states what the settings gave on days that no search has seen, and how
    far luck explains it: the deflated Sharpe ratio counts every trial on these candles. Nothing is sent to an exchange.
    """
    from adapters.extras import OPTIMISE, check_extras
    from infra.cli.changes import change_of
    from infra.cli.output import readers_may_leave
    from infra.cli.tapes import TapeOptions
    from infra.config import load
    from infra.search.axis import axes_of
    from infra.search.objective import objective_of

    check_extras("whence optimise", OPTIMISE)
    for option, file in (("--html", html), ("--settings", settings_file)):
        if file is not None:
            check_folder(option, file)
    if not candles:
        raise InvalidInput(
            "--candles is missing: a synthetic market has nothing that can be found; name candle files"
        )
    wanted = objective_of(objective)
    given = load(
        log="memory:",
        account=account,
        starting_balance=balance,
        leverage=leverage,
        instruments=instruments,
        config=config,
    )
    tapes = TapeOptions([*candles, *(more or ())], symbol or (), None, None, funding_hours)
    market = candle_market(given, tapes, (quote or "").upper(), change_of(values or (), strategy or (), None))
    fraction = _fraction(held_out)
    division = divided(market, stretch_of(first, last), fraction, folds, needs_days=wanted.needs_days)
    axes = axes_of(search, market.configured(division.training), market.check)
    planned = Planned(market, division, axes, wanted, trials, seed)
    report = _searched(planned, processes, study, record)
    if settings_file is not None:
        report.write_settings(settings_file, given)
    if html is not None:
        report.write(html)
    with readers_may_leave():
        report.print(as_json=as_json)


class Planned(NamedTuple):
    """A search that was checked, before its first trial."""

    market: Market
    division: Division
    axes: Sequence[Axis]
    objective: Objective
    trials: int
    seed: int


def _fraction(text: str) -> Decimal:
    """A fraction from 0 to below 1. Raises InvalidInput for any other text."""
    from decimal import Decimal

    from domain.number import number

    try:
        value = number(text.strip(), Decimal)
    except ValueError as fault:
        raise InvalidInput(f"--held-out: {fault}; write it like 0.2") from None
    if not 0 <= value < 1:
        raise InvalidInput(
            f"--held-out {text}: it is a fraction of the days, from 0 to below 1; write it like 0.2"
        )
    return value


def _searched(
    planned: Planned, processes: int | None, study: Path | None, record: Path | None
) -> OptimiseReport:
    """The report of the search. Raises typer.Exit where a stop was requested: the trials that have ended are kept."""
    from infra.cli.advance import Advance
    from infra.cli.optimise_report import OptimiseReport
    from infra.cli.stopping import stoppable
    from infra.search.basis import basis_of
    from infra.search.search import Search
    from infra.search.storage import default_file, opened
    from infra.search.study import Study
    from infra.search.trial_record import TrialRecord, default_place
    from infra.search.workers import Workers, processors

    market, division = planned.market, planned.division
    plan = market.plan(division.training, market.change)
    basis = basis_of(plan, market.tapes, planned.axes, planned.objective, division, planned.seed)
    file = study or default_file(basis)
    with ExitStack() as held:
        storage = held.enter_context(opened(file, basis))
        kept = held.enter_context(closing(TrialRecord(record or default_place())))
        search = Search(
            market=market,
            settings=plan.settings,
            axes=planned.axes,
            division=division,
            objective=planned.objective,
            studies=[
                Study(storage, part, planned.axes, planned.objective, planned.seed)
                for part in division.searched
            ],
            record=kept,
            trials=planned.trials,
        )
        stopping = held.enter_context(stoppable())
        workers = held.enter_context(Workers(market, processes or processors(), stopping.requested))
        with Advance() as advance:
            advance.show(search.progress)
            for _ in search.steps(workers.outcomes):
                advance.show(search.progress)
        found = None if stopping.requested() else search.found(workers.outcomes)
        if found is None:
            typer.echo(f"stopped; the same command goes on with the trials of {file}", err=True)
            raise typer.Exit(INTERRUPTED)
        return OptimiseReport(search, found, plan, file, kept.path)
