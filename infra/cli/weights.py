"""`whence weights`: fits weights of strategies from closed trades, puts them in force, and shows those of a log."""

from __future__ import annotations

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, WhenceError
from domain.weights.scale import WeightScale
from infra.cli import INTERRUPTED
from infra.cli.at_rest import answered
from infra.cli.backtest import stretch_of
from infra.cli.candle_market import candle_market, divided
from infra.cli.kill import HERE, ApiOption, TokenFileOption, engine_of, report, state_of
from infra.cli.options import (
    AccountOption,
    BalanceOption,
    CandlesOption,
    ConfigOption,
    FromDayOption,
    FundingHoursOption,
    InsteadStrategyOption,
    JsonOption,
    LeverageOption,
    LogAccountOption,
    LogOption,
    QuoteOption,
    RulesOption,
    SetOption,
    StoreOption,
    SymbolOption,
    ToDayOption,
    file_of,
    whole,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.portfolio import Portfolio
    from domain.weights.fitting import FitSettings
    from domain.weights.result import TradeResult
    from domain.weights.settings import WeightSettings
    from infra.cli.weights_report import WeightsReport
    from infra.config import WhenceSettings
    from infra.run.candle_recording import Stretch
    from infra.search.market import Market
    from infra.weights.walk_forward import WalkForward

weights_app = typer.Typer(
    name="weights",
    no_args_is_help=True,
    help="Fits weights of strategies from closed trades, and puts them in force.",
)

CacheOption = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        parser=file_of,
        metavar="FOLDER",
        help="Where logs and backtests that were read before are kept; default: in this user's cache folder.",
    ),
]


@weights_app.command()
def fit(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LOG]...", help="Logs whose closed trades count; default: the configured log."
        ),
    ] = None,
    candles: CandlesOption = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Groups of trades: strategy; or strategy and instrument, regime, or both.",
        ),
    ] = "both",
    scales: Annotated[
        WeightScale, typer.Option(help="What the weights scale in force, and in the tests on candles.")
    ] = WeightScale.SIZE,
    gain: Annotated[
        str, typer.Option(metavar="NUMBER", help="Change of a weight for a mean one deviation better.")
    ] = "3",
    least_trades: Annotated[
        int, typer.Option(parser=whole(2, 1_000_000), metavar="N", help="Below so many trades a weight is 1.")
    ] = 20,
    minimum: Annotated[str, typer.Option(metavar="WEIGHT", help="The least weight.")] = "0.25",
    maximum: Annotated[str, typer.Option(metavar="WEIGHT", help="The greatest weight, up to 2.")] = "1.75",
    folds: Annotated[
        int, typer.Option(parser=whole(1, 100), metavar="N", help="Tests of the walk forward on candles.")
    ] = 3,
    processes: Annotated[
        int | None,
        typer.Option(
            parser=whole(1, 256),
            metavar="N",
            help="Logs or backtests at a time; default: the processors. No result depends on it.",
        ),
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            parser=file_of,
            metavar="FILE",
            help="Write the weights into this file, for `whence weights apply` and --config.",
        ),
    ] = None,
    cache: CacheOption = None,
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
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fits weights from the closed trades of logs, or of backtests of candle files with a walk-forward.

    On candles each test is traded with and without weights, which come only from trades that were closed before it
    begins. Nothing is put in force.
    """
    from adapters.extras import OPTIMISE, check_extras
    from infra.cli.changes import change_of
    from infra.cli.output import readers_may_leave
    from infra.cli.tapes import TapeOptions
    from infra.config import load

    if settings_file is not None:
        check_extras("whence weights fit --settings", OPTIMISE)
        check_folder("--settings", settings_file)
    fitting = _fitting(by, gain, least_trades, minimum, maximum)
    stretch = stretch_of(first, last)
    if candles:
        given = load(
            log="memory:",
            account=account,
            starting_balance=balance,
            leverage=leverage,
            instruments=instruments,
            config=config,
        )
        files = [*candles, *map(Path, sources or ())]
        tapes = TapeOptions(files, symbol or (), None, None, funding_hours)
        change = change_of(values or (), strategy or (), None)
        market = candle_market(given, tapes, (quote or "").upper(), change)
        found = _walked(market, _walk(market, stretch, folds, fitting, scales), cache, processes)
    else:
        _refuse_options_of_candles(values, strategy, symbol, balance, quote, leverage)
        named: Sequence[str | None] = sources or (None,)
        logs = [load(log=one, account=account, config=config) for one in named]
        found = _of_logs(logs, stretch, fitting, scales, cache, processes)
    if settings_file is not None:
        found.write(settings_file)
    with readers_may_leave():
        found.print(as_json=as_json)


def _refuse_options_of_candles(*given: object) -> None:
    if any(given):
        raise InvalidInput(
            "--set, --strategy, --symbol, --balance, --quote and --leverage are for candles: the trades of a log were "
            "made under its own settings; name candle files with --candles, or leave these options out"
        )


def _fitting(by: str, gain: str, least_trades: int, minimum: str, maximum: str) -> FitSettings:
    from domain.weights.fitting import FitSettings

    return FitSettings(
        by=by,
        gain=float(_number("--gain", gain)),
        least_trades=least_trades,
        minimum=_number("--minimum", minimum),
        maximum=_number("--maximum", maximum),
    )


def _number(option: str, text: str) -> Decimal:
    from domain.number import number

    try:
        return number(text.strip(), Decimal)
    except ValueError as fault:
        raise InvalidInput(f"{option}: {fault}; write it like 0.5") from None


def _walk(
    market: Market, stretch: Stretch, folds: int, fitting: FitSettings, scales: WeightScale
) -> WalkForward:
    from infra.search.parts import Part, days_of
    from infra.weights.walk_forward import WalkForward

    division = divided(market, stretch, Decimal(0), folds, needs_days=False)
    whole_time = Part("all days", *days_of([stretch.of(one) for one in market.tapes]))
    return WalkForward(division, whole_time, fitting, scales, market.change)


def _walked(market: Market, walk: WalkForward, cache: Path | None, processes: int | None) -> WeightsReport:
    """The report of the walk-forward. Raises typer.Exit where a stop was requested: what has ended is kept."""
    from infra.cli.advance import Advance
    from infra.cli.stopping import stoppable
    from infra.cli.weights_report import WeightsReport
    from infra.search.workers import Workers, processors
    from infra.weights.cache import BacktestKeys, Cache, default_folder
    from infra.weights.kept_outcomes import KeptOutcomes

    folder = cache or default_folder()
    with ExitStack() as held:
        stopping = held.enter_context(stoppable())
        workers = held.enter_context(Workers(market, processes or processors(), stopping.requested))
        kept = KeptOutcomes(Cache(folder), BacktestKeys(market), workers.outcomes)
        with Advance() as advance:
            for found in walk.steps(kept.outcomes):
                advance.show(walk.progress)
                if found is not None:
                    strategies = sorted(market.configured(walk.whole).instances)
                    return WeightsReport(
                        found.whole, walk.settings, walk.scales, found, _days(walk), kept.made, strategies
                    )
        typer.echo(f"stopped; the same command goes on with the backtests in {folder}", err=True)
        raise typer.Exit(INTERRUPTED)


def _days(walk: WalkForward) -> str:
    return walk.whole.spelled


def _of_logs(
    logs: Sequence[WhenceSettings],
    stretch: Stretch,
    fitting: FitSettings,
    scales: WeightScale,
    cache: Path | None,
    processes: int | None,
) -> WeightsReport:
    from domain.weights.fitting import fitted
    from infra.cli.advance import Advance
    from infra.cli.weights_report import WeightsReport
    from infra.search.workers import processors
    from infra.weights.cache import Cache, default_folder
    from infra.weights.logs import LogTrades

    found: list[TradeResult] = []
    strategies: set[str] = set()
    reading = LogTrades(logs, Cache(cache or default_folder()))
    with Advance() as advance:
        for closed in reading.steps(processes or processors()):
            found += closed.trades
            strategies.update(closed.strategies)
            advance.show({"logs": reading.progress})
    within = [
        one
        for one in found
        if (stretch.begin is None or one.opened_at >= stretch.begin)
        and (stretch.end is None or one.closed_at < stretch.end)
    ]
    fit = fitted(within, fitting)
    return WeightsReport(fit, fitting, scales, None, _spelled(within), reading.read, sorted(strategies))


def _spelled(trades: Sequence[TradeResult]) -> str:
    if not trades:
        return "no closed trade"
    first, last = min(one.opened_at for one in trades), max(one.closed_at for one in trades)
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


@weights_app.command()
def apply(
    file: Annotated[
        Path | None,
        typer.Argument(
            parser=file_of,
            metavar="[FILE]",
            help="A settings file with [trading.weights], as `fit --settings` writes.",
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="In place of a file: the weights of this version of the log's settings.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="Why; it is recorded. Default: the name and the hash of the file.")
    ] = "",
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Puts weights in force: an event of the log's settings, by the account's running engine or in the log at rest.

    The weights before stay in the log, and `--version` puts them in force again.
    """
    from commands.request import ChangeSettings
    from domain.weights.settings import weights_text

    if (file is None) == (version is None):
        raise InvalidInput("give a FILE with weights or --version, one of them")
    settings = engine_of(log, store, account, config)
    wanted, why = _of_version(settings, version or 0) if file is None else _of_file(file)
    changes = {"weights.scales": wanted.scales.value, "weights.table": weights_text(wanted.table)}
    answer = answered(settings, api, token_file, ChangeSettings(changes, reason or why))
    state = state_of(settings)
    done = (
        f"{len(wanted.table)} weights of {wanted.scales} are in force"
        if wanted.table
        else "no weight is in force"
    )
    report(answer, done, state, lambda portfolio: portfolio.settings.settings.weights == wanted)
    if names := _without_entries(wanted, state):
        typer.echo(
            f"no strategy instance of the log is named {', '.join(names)}, and no signal in it is of that source: "
            "these weights scale nothing yet",
            err=True,
        )


def _without_entries(weights: WeightSettings, state: Portfolio | WhenceError) -> Sequence[str]:
    """The strategies of the weights that the log does not know; none where the log cannot be read."""
    if isinstance(state, WhenceError):
        return ()
    known = {*state.settings.settings.instances, *state.signalled}
    return sorted({one.strategy for one in weights.table} - known)


def _of_file(file: Path) -> tuple[WeightSettings, str]:
    """The weights of a settings file, and its name and hash. Raises InvalidInput and InvalidSettings."""
    from hashlib import sha256

    from infra.layer import is_table, read_toml
    from infra.trading import trading_settings

    given = read_toml(file)
    trading = given.get("trading")
    table = trading.get("weights") if is_table(trading) else None
    if not is_table(table):
        raise InvalidInput(
            f"{file} has no table [trading.weights]; `whence weights fit --settings {file}` writes one"
        )
    found = trading_settings({"weights": table}).weights
    return found, f"{file.name}, sha256 {sha256(file.read_bytes()).hexdigest()[:16]}"


def _of_version(settings: WhenceSettings, version: int) -> tuple[WeightSettings, str]:
    """The weights of this version of the settings. Raises InvalidInput where the log has no such version."""
    from infra.weights.history import changes_of

    for one in changes_of(settings):
        if one.version == version:
            return one.weights, f"again those of version {version}"
    raise InvalidInput(
        f"--version {version}: the log has no settings of this version; `whence weights show --all` lists them"
    )


@weights_app.command()
def show(
    log: LogOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every change of the weights, the oldest first.")
    ] = False,
    account: LogAccountOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Shows the weights in force at the end of a log."""
    from infra.cli.output import readers_may_leave
    from infra.cli.weights_report import print_changes
    from infra.config import load
    from infra.run.log_account import of_its_account
    from infra.weights.history import changes_of

    settings = of_its_account(load(log=log, account=account, config=config))
    found = changes_of(settings)
    with readers_may_leave():
        print_changes(found if every else found[-1:], as_json=as_json)
