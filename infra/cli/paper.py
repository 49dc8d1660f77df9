"""`whence paper`: trades a tape on the simulated exchange, on any log."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, KeyMissing, NotAdopted, NotSealed, TapeMismatch, WhenceError
from infra.cli import INTERRUPTED
from infra.cli.options import (
    AccountOption,
    AddressOption,
    AdoptSettingsOption,
    BalanceOption,
    BarsOption,
    CandlesOption,
    ConfigOption,
    FundingHoursOption,
    JsonOption,
    LeverageOption,
    LogOption,
    MoreCandles,
    PortOption,
    QuoteOption,
    RulesOption,
    SeedOption,
    StoreOption,
    SymbolOption,
    pace_of,
)
from infra.cli.page_file import check_folder

if TYPE_CHECKING:
    from rich.console import Console

    from infra.config import WhenceSettings


def paper(
    candles: CandlesOption = None,
    more: MoreCandles = None,
    symbol: SymbolOption = None,
    log: LogOption = None,
    account: AccountOption = None,
    balance: BalanceOption = None,
    quote: QuoteOption = None,
    instruments: RulesOption = None,
    leverage: LeverageOption = None,
    pace: Annotated[
        str | None,
        typer.Option(help="Speed as a multiple of real time, as 60x; default: as fast as possible."),
    ] = None,
    seed: SeedOption = None,
    bars: BarsOption = None,
    funding_hours: FundingHoursOption = None,
    api: Annotated[
        bool, typer.Option("--api", help="Serve the API during the run, and afterwards until Ctrl-C.")
    ] = False,
    port: PortOption = 8000,
    store: StoreOption = None,
    offer_api: Annotated[
        bool, typer.Option("--offer-api", help="Offer to open the dashboard at the end, on a terminal.")
    ] = False,
    trades: Annotated[bool, typer.Option("--trades", help="List every trade.")] = False,
    chart: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw balance, drawdown and buy and hold into this SVG file."),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Where the log holds other trading, such as orders by hand, keep it under another name and begin a "
            "new one; for logs in SQLite files.",
        ),
    ] = False,
    adopt_settings: AdoptSettingsOption = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Demo on live prices of --symbol: fills are simulated against the live order book; no order is sent.",
        ),
    ] = False,
    exchange: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --live: whose prices; default: bybit."),
    ] = None,
    address: AddressOption = None,
    interval: Annotated[
        str | None,
        typer.Option(
            metavar="LENGTH", help="With --live: length of the candles, as 1m, 5m, 1h; default: 5m."
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trades candles from first to last. After a stop, the same command continues at the end of the log.

    With --live it trades on live prices until Ctrl-C or SIGTERM, and serves the API: a demo that sends no order.
    """
    from adapters.log.address import parse_address, parse_store_address
    from infra.cli.aside import set_aside
    from infra.cli.output import errors_console
    from infra.cli.paper_live import LiveOptions, check_of_tape, trade_demo
    from infra.cli.planning import planned, print_notes
    from infra.cli.playing import Manner, trade
    from infra.cli.tapes import TapeOptions
    from infra.config import load, shown

    settings = load(
        log=log,
        store=store,
        account=account,
        starting_balance=balance,
        leverage=leverage,
        instruments=instruments,
        config=config,
    )
    options = LiveOptions(exchange, address, interval)
    files = [*(candles or ()), *(more or ())]
    if live:
        check_of_tape(
            {
                "--candles": bool(files),
                "--quote": quote is not None,
                "--pace": pace is not None,
                "--seed": seed is not None,
                "--bars": bars is not None,
                "--funding-hours": funding_hours is not None,
                "--offer-api": offer_api,
                "--trades": trades,
                "--chart": chart is not None,
                "--fresh": fresh,
                "--json": as_json,
            }
        )
        trade_demo(settings, symbol or (), options, port, adopts_settings=adopt_settings)
        return
    options.check_unused()
    options_of_tapes = TapeOptions(files, symbol or (), seed, bars, funding_hours)
    options_of_tapes.check()
    # An invalid address is refused before any file is read.
    parse_address(settings.log)
    if settings.store is not None:
        parse_store_address(settings.store)
    speed = pace_of(pace)
    tapes = options_of_tapes.read()
    console = errors_console()
    plan = replace(planned(tapes, settings, (quote or "").upper()), adopt=adopt_settings)
    print_notes(tapes, console)
    if chart is not None:
        check_folder("--chart", chart)
    manner = Manner(speed, port if api else None, as_json, trades, chart)
    try:
        played = trade(plan, settings, manner, console)
    except (TapeMismatch, NotSealed, KeyMissing, NotAdopted) as fault:
        if not fresh:
            raise
        kept = set_aside(settings, fault)
        console.print(
            f"{shown(settings.log)} {_why_new(fault)}; it is kept as {kept}, and a new log begins.",
            style="yellow",
            markup=False,
        )
        played = trade(plan, settings, manner, console)
    if not played.whole:
        console.print("[yellow]Stopped. The same command continues from here.[/yellow]")
        raise typer.Exit(INTERRUPTED)
    if offer_api and not as_json:
        _offer(settings, port, console)


def _why_new(fault: WhenceError) -> str:
    """Why the demo cannot be played on a log."""
    reasons: Mapping[type[WhenceError], str] = {
        NotSealed: "has events without marks, of an earlier version of the program",
        KeyMissing: "was written with a key that is not here",
        NotAdopted: "holds a log that was copied and continues in another storage",
    }
    return reasons.get(type(fault), "holds other trading")


def _offer(settings: WhenceSettings, port: int, console: Console) -> None:
    """Offers to open the dashboard with a keypress; offers nothing where there is no terminal."""
    if not (sys.stdin.isatty() and console.is_terminal):
        return
    try:
        console.print(
            "\n[bold]Enter[/bold] opens the dashboard on this log until Ctrl-C; Ctrl-D exits without it."
        )
        if not sys.stdin.readline():
            return
    except KeyboardInterrupt:
        return
    from infra.cli.serving import ApiOptions, plan_of, serve

    serve(settings, plan_of(ApiOptions(port=_free(port), opens_page=True)))


def _free(port: int) -> int:
    """This port; 0, which is any free one, where it is in use."""
    from infra.run.listening import ListenAddress

    try:
        ListenAddress(port=port).check()
    except InvalidInput:
        return 0
    return port
