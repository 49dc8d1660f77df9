"""`whence paper`: trades a tape on the simulated exchange, on any log."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput, KeyMissing, NotSealed, TapeMismatch, UnknownQuote, WhenceError
from infra.cli import INTERRUPTED
from infra.cli.options import (
    AccountOption,
    AddressOption,
    AdoptSettingsOption,
    ConfigOption,
    JsonOption,
    LogOption,
    PortOption,
    RulesOption,
    StoreOption,
    pace_of,
    whole,
)

if TYPE_CHECKING:
    from rich.console import Console

    from adapters.tapes import Tape
    from infra.config import WhenceSettings
    from infra.run.plan import Plan


def paper(
    candles: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE...", help="Candle files (CSV, JSON, feather, parquet); default: a synthetic market."
        ),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            help="Symbol of each file, in order, where file names lack it; or symbols of the synthetic market."
        ),
    ] = None,
    log: LogOption = None,
    account: AccountOption = None,
    balance: Annotated[
        str | None, typer.Option(help="Starting balance in quote currency; default: 10000 for dollars.")
    ] = None,
    quote: Annotated[
        str | None,
        typer.Option(
            metavar="CURRENCY", help="Quote currency of symbols that do not end in a known one, as USDT."
        ),
    ] = None,
    instruments: RulesOption = None,
    leverage: Annotated[
        str | None, typer.Option(help="Maximum size of a position as a multiple of its margin; default: 1.")
    ] = None,
    pace: Annotated[
        str | None,
        typer.Option(help="Speed as a multiple of real time, as 60x; default: as fast as possible."),
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
            parser=whole(1, 24),
            metavar="N",
            help="Keep the funding rates of candles that open at a settlement, every N hours UTC; default: all.",
        ),
    ] = None,
    api: Annotated[
        bool, typer.Option("--api", help="Serve the API during the run, and afterwards until Ctrl-C.")
    ] = False,
    port: PortOption = 8000,
    store: StoreOption = None,
    offer_api: Annotated[
        bool, typer.Option("--offer-api", help="Offer to open the API at the end, on a terminal.")
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
    plan, console = _plan(tapes, settings, (quote or "").upper(), adopt=adopt_settings), errors_console()
    for note, of in _notes(tapes).items():
        console.print(
            f"{', '.join(of)}: {note}", style="yellow", markup=False, soft_wrap=not console.is_terminal
        )
    if chart is not None and not chart.parent.is_dir():
        raise InvalidInput(f"--chart {chart}: the folder {chart.parent} does not exist; create it first")
    manner = Manner(speed, port if api else None, as_json, trades, chart)
    try:
        played = trade(plan, settings, manner, console)
    except (TapeMismatch, NotSealed, KeyMissing) as fault:
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
    }
    return reasons.get(type(fault), "holds other trading")


def _offer(settings: WhenceSettings, port: int, console: Console) -> None:
    """Offers to open the API with a keypress; offers nothing where there is no terminal."""
    if not (sys.stdin.isatty() and console.is_terminal):
        return
    console.print("\n[bold]Enter[/bold] opens the API on this log; Ctrl-C or Ctrl-D exits.")
    if not sys.stdin.readline():
        return
    from infra.cli.serving import ApiOptions, plan_of, serve

    serve(settings, plan_of(ApiOptions(port=port)))


def _notes(tapes: Sequence[Tape]) -> Mapping[str, Sequence[str]]:
    """The notes on the tapes; each note is mapped to the names of the tapes that have it."""
    notes: dict[str, list[str]] = {}
    for tape in tapes:
        for note in tape.notes:
            notes.setdefault(note, []).append(str(tape.path or tape.instrument))
    return notes


def _plan(tapes: Sequence[Tape], settings: WhenceSettings, quote: str, *, adopt: bool) -> Plan:
    """The plan of these tapes. A log that exists decides the quote currency that its symbols do not show."""
    from infra.cli.rules import currency_recorded, imported_rules
    from infra.run.plan import plan_of
    from infra.trading import names_win_rate, on_tapes, trading_settings

    given = trading_settings(settings.trading)
    trading, older = (given, None) if names_win_rate(settings.trading) else (on_tapes(given), given)
    plan = partial(
        plan_of,
        tapes,
        settings.account,
        settings.starting_balance,
        settings.leverage,
        trading,
        older,
        imported=imported_rules(settings),
    )
    try:
        planned = plan(quote=quote)
    except UnknownQuote:
        recorded = currency_recorded(settings)
        if quote or not recorded:
            raise
        planned = plan(quote=recorded)
    return replace(planned, adopt=adopt)
