"""`whence paper`: trades a tape on the simulated exchange, on any log."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event as Flag
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from adapters.log.address import parse_address
from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.errors import InvalidInput
from infra.cli.options import AccountOption, ConfigOption, JsonOption, LogOption
from infra.config import WhenceSettings, load
from infra.logs import open_owned
from infra.run.paper import PaperRun, Plan, plan_of
from infra.trading import trading_settings
from projections.performance import Performance

INTERRUPTED = 130
_PACE = re.compile(r"(\d+(?:\.\d+)?)x")


def paper(
    candles: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE...", help="Candle files (CSV). Without any, a synthetic market is traded."
        ),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            help="Symbol of each file, in their order, where its name does not say (or of the synthetic market)."
        ),
    ] = None,
    log: LogOption = None,
    account: AccountOption = None,
    balance: Annotated[str | None, typer.Option(help="Starting balance in quote currency.")] = None,
    leverage: Annotated[str | None, typer.Option(help="How many times its margin a position may be.")] = None,
    pace: Annotated[
        str | None, typer.Option(help="Real time, so many times faster: 60x. Default: at once.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the synthetic market (default 7).")] = None,
    bars: Annotated[
        int | None, typer.Option(min=1, help="Candles a symbol in the synthetic market (default 5000).")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trades candles from first to last; stopped and started again, it goes on where the log ends."""
    settings = load(log=log, account=account, starting_balance=balance, leverage=leverage, config=config)
    files = [*(candles or ()), *(more or ())]
    if files and (seed is not None or bars is not None):
        raise InvalidInput(
            "--seed and --bars make a synthetic market: leave out --candles, or leave them out"
        )
    speed = _pace(pace)
    tapes = _recorded(files, symbol or ()) if files else _synthetic(symbol, seed, bars)
    console = Console(stderr=True, highlight=False)
    for tape in tapes:
        for note in tape.notes:
            console.print(f"[yellow]{tape.path or tape.instrument}: {note}[/yellow]", soft_wrap=True)
    _trade(_plan(tapes, settings), settings, speed, console, as_json=as_json)


def _pace(text: str | None) -> float | None:
    if text is None:
        return None
    found = _PACE.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise InvalidInput(f"--pace {text!r} is not a pace; write it like 60x")
    return float(found[1])


def _recorded(files: Sequence[Path], symbols: Sequence[str]) -> Sequence[Tape]:
    if symbols and len(symbols) != len(files):
        raise InvalidInput(
            f"{len(files)} files were given with {len(symbols)} symbols: give one for each, in order"
        )
    now = datetime.now(UTC)
    named: Sequence[str | None] = symbols or [None] * len(files)
    return [read_tape(file, symbol=symbol, now=now) for file, symbol in zip(files, named, strict=True)]


def _synthetic(symbols: Sequence[str] | None, seed: int | None, bars: int | None) -> Sequence[Tape]:
    chosen: dict[str, object] = {"symbols": symbols or None, "candles": bars}
    given = {name: value for name, value in chosen.items() if value is not None}
    return synthetic_tape(7 if seed is None else seed, **given)  # type: ignore[arg-type]  # its own defaults fill in


def _plan(tapes: Sequence[Tape], settings: WhenceSettings) -> Plan:
    trading = trading_settings(settings.trading)
    return plan_of(tapes, settings.account, settings.starting_balance, settings.leverage, trading)


def _trade(
    plan: Plan, settings: WhenceSettings, speed: float | None, console: Console, *, as_json: bool
) -> None:
    performance, began = Performance(), time.perf_counter()
    with closing(open_owned(settings)) as log, _interruptible() as stopped:
        run = PaperRun(plan, log, performance.fold)
        played = _play(plan, run, speed, stopped, console)
    seconds = time.perf_counter() - began
    if as_json:
        typer.echo(json.dumps(_told(plan, settings, performance, played, seconds), indent=2))
    else:
        _show(plan, settings, performance, played, seconds)
    if stopped.is_set():
        console.print("[yellow]Stopped. The same command goes on from here.[/yellow]")
        raise typer.Exit(INTERRUPTED)


def _play(plan: Plan, run: PaperRun, speed: float | None, stopped: Flag, console: Console) -> int:
    """Plays until the end or until told to stop, between two instants; returns how many candles were played."""
    total, played, before = sum(len(tape.candles) for tape in plan.tapes), 0, None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("trading", total=total)
        for at, closed in run.instants():
            played += closed
            progress.update(bar, completed=played, description="recalling" if run.recalling else "trading")
            if speed is not None and before is not None and not run.recalling:
                stopped.wait((at - before).total_seconds() / speed)
            before = at
            if stopped.is_set():
                break
    return played


@contextmanager
def _interruptible() -> Iterator[Flag]:
    """The first Ctrl-C or SIGTERM asks to stop at the next instant; a second one stops at once."""
    flag = Flag()

    def stop(_number: int, _frame: object) -> None:
        if flag.is_set():
            raise KeyboardInterrupt
        flag.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _told(
    plan: Plan, settings: WhenceSettings, performance: Performance, played: int, seconds: float
) -> dict[str, object]:
    opening = plan.opening
    return {
        "log": str(parse_address(settings.log)),
        "log_id": str(opening.log_id),
        "synthetic": opening.synthetic,
        "instruments": [instrument.id for instrument in plan.instruments],
        "candles": played,
        "seconds": round(seconds, 3),
        "notes": [note for tape in plan.tapes for note in tape.notes],
        **performance.told(),
    }


def _show(
    plan: Plan, settings: WhenceSettings, performance: Performance, played: int, seconds: float
) -> None:
    console = Console(highlight=False)
    synthetic = plan.opening.synthetic
    title = "SYNTHETIC MARKET: these prices are of nothing" if synthetic else "Paper trading"
    table = Table(title=title, show_header=False, title_style="bold yellow" if synthetic else "bold")
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, value in _rows(plan, performance, played, seconds):
        table.add_row(name, value)
    console.print(table)
    if performance.skipped:
        console.print(_reasons(performance))
    url = str(parse_address(settings.log))
    console.print("Try next:")
    for line in _next_steps(url, performance):
        console.print(f"  [bold]{line}[/bold]", soft_wrap=True)


def _rows(plan: Plan, performance: Performance, played: int, seconds: float) -> Iterator[tuple[str, str]]:
    currency = performance.currency
    rate = performance.win_rate
    yield "instruments", ", ".join(instrument.id for instrument in plan.instruments)
    yield "candles", f"{played:,} in {seconds:.1f} s"
    yield "events", f"{performance.events:,}"
    yield "signals", f"{performance.signals:,}"
    yield (
        "decisions",
        ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(performance.verdicts.items())),
    )
    yield "trades", f"{performance.trades:,} ({performance.still_open} still open)"
    yield (
        "exits",
        ", ".join(f"{count:,} {reason}" for reason, count in sorted(performance.exits.items())) or "none",
    )
    yield "win rate", "no trade yet" if rate is None else f"{rate:.1%}"
    yield "net profit", f"{_money(performance.net)} {currency}"
    yield "of it fees", f"{_money(-performance.fees)} {currency}"
    yield "largest drawdown", f"{performance.max_drawdown:.2%}"
    yield "balance", f"{_money(performance.starting_balance)} -> {_money(performance.balance)} {currency}"


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _reasons(performance: Performance) -> Table:
    table = Table(title="Signals not traded, by reason", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for reason, count in performance.skipped.most_common():
        table.add_row(reason, f"{count:,}")
    return table


def _next_steps(url: str, performance: Performance) -> Iterator[str]:
    program = Path(sys.argv[0])
    whence = "whence" if program.is_absolute() or program.name == str(program) else str(program)
    yield f"{whence} explain {performance.last_closed_by or 'ID'} --log {url}"
    yield f"{whence} log --type PositionClosed --log {url}"
    yield f"{whence} log --json --log {url}"
