"""`whence backtest`: trades a recorded market on the simulated exchange, and analyses the result."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.cli.completing import logs
from infra.cli.options import (
    AccountOption,
    BalanceOption,
    BarsOption,
    CandlesOption,
    ConfigOption,
    FromDayOption,
    FundingHoursOption,
    HtmlOption,
    InsteadStrategyOption,
    JsonOption,
    LeverageOption,
    ModelOption,
    MoreCandles,
    QuoteOption,
    RulesOption,
    SeedOption,
    SetOption,
    SymbolOption,
    ToDayOption,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.tapes import Tape
    from commands.scorer import Scorer
    from domain.candle import Candle
    from domain.log import LogReader
    from infra.cli.recording_options import RecordingOptions
    from infra.cli.tapes import TapeOptions
    from infra.cli.trade_tapes import TradeOptions
    from infra.config import WhenceSettings
    from infra.run.backtest import Change
    from infra.run.backtesting import Backtesting
    from infra.run.candle_recording import Stretch
    from infra.run.lookahead import Shortened
    from infra.run.plan import Plan
    from infra.run.recording import Recording

_MEMORY = "memory:"


def backtest(
    candles: CandlesOption = None,
    more: MoreCandles = None,
    trades: Annotated[
        list[Path] | None,
        typer.Option(
            "--trades",
            metavar="FILE...",
            help="In place of candles: files of public trades, which fill the orders; candles are built from them.",
        ),
    ] = None,
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The candles that are built from the trades of --trades or --recording, such as 5m; default: 1m.",
        ),
    ] = None,
    tape: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            autocompletion=logs,
            help="In place of candles: the log of a live run, whose recorded market and requests are traded.",
        ),
    ] = None,
    recording: Annotated[
        str | None,
        typer.Option(
            "--recording",
            metavar="FOLDER|URL",
            help="In place of candles: a recording of `whence record`, whose order books fill the orders; a folder, or "
            "the log on Kafka beside whose topic it is.",
        ),
    ] = None,
    first: FromDayOption = None,
    last: ToDayOption = None,
    strategy: InsteadStrategyOption = None,
    values: SetOption = None,
    model: ModelOption = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log", metavar="URL", autocompletion=logs, help="An empty log for the events; default: memory."
        ),
    ] = None,
    symbol: SymbolOption = None,
    account: AccountOption = None,
    balance: BalanceOption = None,
    quote: QuoteOption = None,
    instruments: RulesOption = None,
    leverage: LeverageOption = None,
    seed: SeedOption = None,
    bars: BarsOption = None,
    funding_hours: FundingHoursOption = None,
    list_trades: Annotated[
        str | None,
        typer.Option("--list-trades", metavar="N", help="List the trades: the last N, or `all`."),
    ] = None,
    html: HtmlOption = None,
    check_lookahead: Annotated[
        bool,
        typer.Option(
            "--check-lookahead",
            help="Instead of a report: compare the signals with those of shortened tapes, and show how far the "
            "strategies' figures depend on their first candle.",
        ),
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trades candles, or the recorded market of a live run, on the simulated exchange, and analyses the result.

    The engine, its deciders and its events are those of `whence paper` and `whence live`. Nothing is sent to an
    exchange. The events stay in memory, or go into an empty log when all of them are made.
    """
    from infra.cli.changes import change_of
    from infra.cli.recording_options import RecordingOptions
    from infra.cli.tapes import TapeOptions
    from infra.cli.trade_tapes import TradeOptions
    from infra.config import load

    if check_lookahead and (log is not None or html is not None):
        raise InvalidInput("--check-lookahead writes no log and no page: leave out --log and --html")
    if check_lookahead and model is not None:
        raise InvalidInput("--check-lookahead compares signals, which no model changes: leave out --model")
    if list_trades is not None:
        _check_list(list_trades, is_report=not (as_json or check_lookahead))
    if html is not None:
        check_folder("--html", html)
    settings = load(
        log=_MEMORY if log is None else log,
        account=account,
        starting_balance=balance,
        leverage=leverage,
        instruments=instruments,
        config=config,
    )
    change = change_of(values or (), strategy or (), None)
    files = [*((candles if trades is None else trades) or ()), *(more or ())]
    tapes = TapeOptions(files, symbol or (), seed, bars, funding_hours)
    traded = TradeOptions(files, symbol or (), interval)
    recorded = None if recording is None else RecordingOptions(recording, symbol or (), interval, config)
    stretch = stretch_of(first, last)
    # Before the market is read, so that a log that cannot be used is refused at once.
    target = None if check_lookahead else _target(log, tape, config)
    with ExitStack() as held:
        if recorded is not None:
            beside = (candles or more, trades, tape, seed, bars, funding_hours)
            recorded.check_alone([value is not None for value in beside])
            market = _of_recording(settings, recorded, (quote or "").upper(), change, stretch)
        elif trades is not None:
            others = (candles, tape, seed, bars, funding_hours)
            traded.check_alone([value is not None for value in others])
            market = _of_trades(settings, traded, (quote or "").upper(), change, stretch)
        elif tape is None:
            traded.check_unused()
            market = _of_candles(settings, tapes, (quote or "").upper(), change, stretch)
        else:
            traded.check_unused()
            tapes.check_unused("leave out either it or --tape")
            _check_recorded(
                {"--account": account, "--balance": balance, "--leverage": leverage, "--quote": quote}
            )
            market = _of_log(held, load(log=tape, config=config), change, stretch, model)
        if tape is None:
            market = _with_model(market, model, settings)
        if target is None:
            _check(market, as_json=as_json)
        else:
            _trade(market, target, html, list_trades, as_json=as_json)


def _check_list(wanted: str, *, is_report: bool) -> None:
    """Raises InvalidInput where the option has no list to print, and what `last_of` raises."""
    from infra.cli.trade_list import last_of

    if not is_report:
        raise InvalidInput(
            "--list-trades is for the report on a terminal: --json has every trade in `positions`, and "
            "--check-lookahead has none; leave it out"
        )
    last_of(wanted)


class Market(NamedTuple):
    """What is traded: its recording up to a time, the change of settings, its name in words, and sentences on it.

    `recorded` is the live log with which fills are compared, where its tape is traded from its beginning, unchanged.
    """

    recording: Shortened
    change: Change
    source: str
    notes: Sequence[str]
    scorer: Scorer
    recorded: LogReader | None = None


def _with_model(market: Market, model: str | None, settings: WhenceSettings) -> Market:
    """The market with the model of the option in force from the opening of its new log on.

    Raises what `with_file_model` raises, and InvalidInput for features of order books where the market has none.
    """
    from infra.cli.other_model import with_file_model
    from infra.run.recording import FilledBy

    if model is None:
        return market
    recording = market.recording(None)
    has_books = recording.filled_by is FilledBy.BOOKS
    change, scorer = with_file_model(
        model, settings, has_books=has_books, needs_books=recording.settings.book.required
    )
    return market._replace(change=change, scorer=scorer)


def stretch_of(first: str | None, last: str | None) -> Stretch:
    """The stretch from the beginning of the first day to the end of the last one."""
    from infra.run.candle_recording import Stretch
    from projections.reports.period import Period, day_of

    period = Period(*(None if one is None else day_of(one) for one in (first, last)))
    begin, end = (
        None if one is None else datetime.combine(one, time(), UTC) for one in (period.first, period.last)
    )
    return Stretch(begin, None if end is None else end + timedelta(days=1))


def _check_recorded(given: dict[str, str | None]) -> None:
    """Raises InvalidInput, which names the option, where one is given that a recorded log decides."""
    for name, value in given.items():
        if value is not None:
            raise InvalidInput(f"{name} is for candles: with --tape it is that of the recorded log")


def _target(log: str | None, tape: str | None, config: Path | None) -> WhenceSettings:
    """The settings of the log for the events; see `empty_target`."""
    from infra.cli.into import empty_target
    from infra.config import load

    source = None if tape is None else load(log=tape, config=config)
    return empty_target(_MEMORY if log is None else log, source, config, "--log")


def _of_candles(
    settings: WhenceSettings, tapes: TapeOptions, quote: str, change: Change, stretch: Stretch
) -> Market:
    from infra.run.candle_recording import candle_recording

    whole = tapes.read()
    files = ", ".join(str(one.path) for one in whole if one.path is not None)
    return _of_tapes(settings, whole, candle_recording, quote, change, stretch, files or "a synthetic market")


def _of_trades(
    settings: WhenceSettings, options: TradeOptions, quote: str, change: Change, stretch: Stretch
) -> Market:
    from infra.run.trade_recording import trade_recording

    traded = options.read()

    def recorded(plan: Plan, warming: Sequence[Candle]) -> Recording:
        return trade_recording(plan, traded, warming)

    count = sum(len(one.trades) for one in traded)
    source = f"{count:,} trades of {', '.join(str(path) for one in traded for path in one.paths)}"
    return _of_tapes(settings, options.candles(traded), recorded, quote, change, stretch, source)


def _of_recording(
    settings: WhenceSettings, options: RecordingOptions, quote: str, change: Change, stretch: Stretch
) -> Market:
    from infra.run.book_recording import book_recording

    market = options.market()

    def recorded(plan: Plan, warming: Sequence[Candle]) -> Recording:
        return book_recording(plan, market, warming)

    source = f"the order books of {', '.join(market.instruments)} in {market.name}"
    return _of_tapes(settings, market.tapes(options.length), recorded, quote, change, stretch, source)


def _of_tapes(
    settings: WhenceSettings,
    whole: Sequence[Tape],
    recorded: Callable[[Plan, Sequence[Candle]], Recording],
    quote: str,
    change: Change,
    stretch: Stretch,
    source: str,
) -> Market:
    from infra.cli.absent import absent_notes
    from infra.cli.output import errors_console
    from infra.cli.planning import planned, print_notes
    from infra.cli.rules import rules_notes
    from infra.run.backtest import NO_CHANGE
    from infra.run.candle_recording import Stretch
    from infra.run.scorers import tape_scorer
    from infra.run.short_tapes import warm_up_notes

    print_notes(whole, errors_console())
    plan = planned([stretch.of(one) for one in whole], settings, quote, change)
    warming = stretch.before(whole)

    def recording(end: datetime | None) -> Recording:
        if end is None:
            return recorded(plan, warming)
        parts = [part for one in plan.tapes if (part := Stretch(end=end).within(one)) is not None]
        return recorded(planned(parts, settings, plan.stake.currency, change), warming)

    traded = {rules.id for rules in plan.instruments}
    scorer = tape_scorer(settings)
    absent = absent_notes(plan.settings.strategies, traded)
    notes = [*rules_notes(plan), *absent, *warm_up_notes(plan, warming)]
    if warming:
        notes.append(f"{len(warming):,} earlier candles warmed the strategies")
    return Market(recording, NO_CHANGE, source, notes, scorer)


def _of_log(
    held: ExitStack, source: WhenceSettings, change: Change, stretch: Stretch, model: str | None
) -> Market:
    from domain.opening import LogOpened, Mode
    from infra.cli.other_model import with_model
    from infra.config import shown
    from infra.inputs import taped_inputs
    from infra.logs import open_reader
    from infra.run.backtest import NO_CHANGE
    from infra.run.recorded_inputs import recorded_inputs
    from infra.run.shortened import shortened

    reader = held.enter_context(closing(open_reader(source)))
    first = next(reader.read(upto=1), None)
    opened = None if first is None else first.envelope.event
    if not isinstance(opened, LogOpened) or opened.mode is not Mode.LIVE:
        raise InvalidInput(
            f"--tape {shown(source.log)} is no log of a live run, and has no tape of its inputs: give the candles that "
            "it was made from with --candles"
        )
    whole = recorded_inputs(reader, lambda: taped_inputs(source))
    change, scorer = with_model(change, model, reader, source)

    def recording(end: datetime | None) -> Recording:
        return shortened(whole, stretch.begin, stretch.end if end is None else end)

    traded = f"the recorded inputs of {shown(source.log)}"
    if change != NO_CHANGE or stretch.begin is not None:
        return Market(recording, change, traded, (_NOT_COMPARED,), scorer)
    return Market(recording, change, traded, (), scorer, reader)


_NOT_COMPARED = (
    "The fills are not compared with those of the live run: leave out --from, --strategy, --model and --set for "
    "the simulator's error"
)


def _trade(
    market: Market, target: WhenceSettings, html: Path | None, list_trades: str | None, *, as_json: bool
) -> None:
    from time import perf_counter

    from infra.cli.backtest_report import reported
    from infra.cli.following import is_followed
    from infra.cli.holes import hole_notes
    from infra.cli.output import readers_may_leave
    from infra.cli.stopping import stoppable
    from infra.run.backtesting import Backtesting

    began = perf_counter()
    with (
        stoppable() as stopping,
        closing(Backtesting(market.recording(None), market.change, market.scorer)) as made,
    ):
        if not is_followed("backtest", made.steps(), made.recording.total, stopping):
            raise typer.Exit(INTERRUPTED)
        seconds = perf_counter() - began
        _write(made, target)
        notes = [*market.notes, *made.notes, *hole_notes(made.backtest)]
        report = reported(made, target, market.source, notes, seconds, market.recorded)
        if html is not None:
            report.write(html)
        with readers_may_leave():
            report.print(as_json=as_json, list_trades=list_trades)


def _check(market: Market, *, as_json: bool) -> None:
    """Prints both checks, and ends the program with the exit code 1 where a strategy looks ahead."""
    from infra.cli.advance import Advance
    from infra.cli.following import SHOWN_EVERY
    from infra.cli.lookahead_report import LookaheadReport
    from infra.cli.output import readers_may_leave
    from infra.cli.stopping import stoppable
    from infra.run.lookahead import LookaheadCheck
    from infra.run.recursion import dependences

    check = LookaheadCheck(market.recording, market.change)
    with stoppable() as stopping, Advance() as advance:
        for run, number in check.steps():
            if number % SHOWN_EVERY == 0:
                advance.show({f"tape {run}" if run else "whole tape": (number, check.total)})
            if stopping.requested():
                raise typer.Exit(INTERRUPTED)
    report = LookaheadReport(market.source, check.findings, list(dependences(check.instances, check.candles)))
    with readers_may_leave():
        report.print(as_json=as_json)
    if check.findings.differences:
        raise typer.Exit(_DIFFERS)


_DIFFERS = 1


def _write(made: Backtesting, target: WhenceSettings) -> None:
    """Writes the events into the target, where it is not memory."""
    from adapters.log.address import MemoryAddress, parse_address
    from infra.cli.into import check_empty
    from infra.logs import open_owned

    if isinstance(parse_address(target.log), MemoryAddress):
        return
    with closing(open_owned(target)) as opened:
        check_empty(opened.head(), target, "--log")
        made.write(opened)
        opened.confirm()
