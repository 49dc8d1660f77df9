"""`whence paper`: trades a tape on the simulated exchange, on any log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
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

from adapters.log.address import parse_address
from adapters.tapes import Tape, read_tape, synthetic_tape
from domain.errors import InvalidInput
from infra.cli import INTERRUPTED
from infra.cli.options import AccountOption, ConfigOption, JsonOption, LogOption
from infra.cli.result import Result
from infra.cli.stopping import Stopping, stoppable
from infra.config import WhenceSettings, load
from infra.logs import open_owned
from infra.run.paper import PaperRun, Plan, plan_of
from infra.trading import trading_settings
from projections.summary import Summary

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
    parse_address(settings.log)  # refused before anything is read
    speed = _pace(pace)
    tapes = _recorded(files, symbol or ()) if files else _synthetic(symbol, seed, bars)
    plan, console = _plan(tapes, settings), Console(stderr=True, highlight=False)
    for note, of in _notes(tapes).items():
        console.print(f"{', '.join(of)}: {note}", style="yellow", markup=False, soft_wrap=True)
    _trade(plan, settings, speed, console, as_json=as_json)


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


def _notes(tapes: Sequence[Tape]) -> Mapping[str, Sequence[str]]:
    """What a person must be told, each said once with the tapes it is said of."""
    notes: dict[str, list[str]] = {}
    for tape in tapes:
        for note in tape.notes:
            notes.setdefault(note, []).append(str(tape.path or tape.instrument))
    return notes


def _plan(tapes: Sequence[Tape], settings: WhenceSettings) -> Plan:
    trading = trading_settings(settings.trading)
    return plan_of(tapes, settings.account, settings.starting_balance, settings.leverage, trading)


def _trade(
    plan: Plan, settings: WhenceSettings, speed: float | None, console: Console, *, as_json: bool
) -> None:
    summary, began = Summary(), time.perf_counter()
    with closing(open_owned(settings)) as log, stoppable() as stopping:
        run = PaperRun(plan, log, summary.fold)
        played = _play(plan, run, speed, stopping, console)
    result = Result(plan, settings, summary, played, time.perf_counter() - began)
    if as_json:
        typer.echo(json.dumps(result.told(), indent=2))
    else:
        result.show(Console(highlight=False))
    if not result.whole:
        console.print("[yellow]Stopped. The same command goes on from here.[/yellow]")
        raise typer.Exit(INTERRUPTED)


def _play(plan: Plan, run: PaperRun, speed: float | None, stopping: Stopping, console: Console) -> int:
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
                stopping.wait((at - before).total_seconds() / speed)
            before = at
            if stopping.asked():
                break
    return played
