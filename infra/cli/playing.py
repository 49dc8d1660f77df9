"""Playing a tape: the progress bar, the API where it is requested, and the result."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

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

from adapters.avro import AvroCodec
from adapters.dead_letters.keeper import LetterKeeper
from adapters.log.address import MemoryAddress, SqliteAddress, parse_address
from adapters.log.grouped import GroupedLog
from adapters.log.recorder_log import RecorderLog
from domain.log import Envelope, EventLog
from infra.cli.absent import absent_notes
from infra.cli.output import console_of
from infra.cli.page_file import write_text
from infra.cli.result import Result
from infra.cli.rules import rules_notes
from infra.cli.stopping import Stopping, StopRequested, stoppable
from infra.cli.trading_tables import tables_of
from infra.config import WhenceSettings
from infra.logging import configure
from infra.logs import open_owned, played_store
from infra.run.alerts_sent import alerts_sent
from infra.run.candle_keeping import candles_kept
from infra.run.letters import letters_kept
from infra.run.narrator import Narrator
from infra.run.paper import PaperRun
from infra.run.personal import personal_texts_of
from infra.run.plan import Plan
from infra.run.scorers import tape_scorer
from infra.run.short_tapes import warm_up_notes
from infra.run.watchers import Watchers
from infra.tracing import tracing
from projections.summary import Summary
from projections.trades import Trades

_GROUPED = (SqliteAddress, MemoryAddress)
_ATTEND_SECONDS = 0.5
"""After the tape: how long the engine waits for a request before it checks whether to stop."""
_GLANCE_SECONDS = 0.1
"""Between two candles: how long the engine waits for a request before it checks whether to stop."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a tape is played.

    `speed` is a multiple of real time (None: as fast as possible). `port` is the API's port (None: no API).
    With `trades` every trade is listed; `chart` is the file for a chart (None: no chart).
    """

    speed: float | None
    port: int | None
    as_json: bool
    trades: bool = False
    chart: Path | None = None

    @property
    def is_alone(self) -> bool:
        """Whether nothing outside depends on a single unit or candle: at full speed, and without an API, whose requests
        are answered between two candles and whose readers follow.
        """
        return self.speed is None and self.port is None


def trade(plan: Plan, settings: WhenceSettings, manner: Manner, console: Console) -> Result:
    """Plays the plan's tapes until their end or a stop, and prints the result."""
    summary, trades, watchers, began = Summary(), Trades(), Watchers(), time.perf_counter()

    def seen(envelope: Envelope) -> None:
        summary.fold(envelope)
        trades.fold(envelope)

    with (
        _listening(manner.port) as listening,  # before the log is made
        closing(open_owned(settings)) as log,
        played_store(settings) as store,
        tracing(settings) as spans,
        letters_kept(settings, log) as letters,
        stoppable() as stopping,
        closing(written_by(manner, settings, log)) as written,
    ):
        if spans is not None:
            watchers.add(spans)
        if manner.speed is not None:
            watchers.add(Narrator())
        watched = spans is not None or manner.port is not None
        observer = watchers if watched else None
        run = PaperRun(
            plan,
            written,
            seen,
            observer=observer,
            played=store,
            skips=manner.is_alone,
            interruptible=stopping.at_once,
            scorer=tape_scorer(settings),
        )
        run.keep_personal(personal_texts_of(settings))
        short = list(warm_up_notes(run.plan))
        traded = {rules.id for rules in run.plan.instruments}
        for note in (*rules_notes(run.plan), *absent_notes(run.plan.settings.strategies, traded), *short):
            console.print(note, style="yellow", markup=False, soft_wrap=not console.is_terminal)
        with (
            candles_kept(settings, run.driver, at_end=manner.is_alone),
            _served(settings, manner.port, listening, run, watchers, letters),
        ):
            played, until = _play(plan, run, manner.speed, stopping, console)
            written.check()
            log.confirm()
            if (mark := run.driver.engine.latest_mark) is not None:
                summary.take(mark)
            unchecked = list(_unchecked(run))
            for note in unchecked:
                console.print(note, style="yellow", markup=False, soft_wrap=not console.is_terminal)
            seconds = time.perf_counter() - began
            result = Result(
                plan, settings, summary, played, seconds, tables_of(plan, trades, until), [*short, *unchecked]
            )
            _print(result, manner)
            while manner.port is not None and not stopping.requested():
                run.attend(_ATTEND_SECONDS)
            run.close()
    return result


def written_by(manner: Manner, settings: WhenceSettings, log: RecorderLog) -> EventLog:
    """The log through which the run writes. Units are encoded together, and on SQLite they share transactions, where
    nothing outside depends on one of them: at full speed, and without an API whose requests are answered and whose
    readers follow.
    """
    if manner.is_alone and isinstance(parse_address(settings.log), _GROUPED):
        return GroupedLog(log, AvroCodec())
    return log


def _unchecked(run: PaperRun) -> Iterator[str]:
    """A note where an earlier version recorded the first part of the log, without marks."""
    until = run.driver.engine.unmarked_until
    if until is not None:
        yield (
            f"an earlier version recorded this log up to {until:%Y-%m-%d %H:%M} UTC, without hashes of its candles: "
            "whether a candle before then was changed since cannot be checked"
        )


def _print(result: Result, manner: Manner) -> None:
    if manner.as_json:
        listed = {"trade_list": result.tables.trades_json()} if manner.trades else {}
        typer.echo(json.dumps({**result.as_json(), **listed}, indent=2))
    else:
        console = console_of()
        if manner.trades:
            result.tables.list_trades(console)
        result.show(console)
    if manner.chart is not None:
        _draw(result, manner.chart)


def _draw(result: Result, file: Path) -> None:
    """Writes the chart. Raises InvalidInput where the file cannot be written."""
    write_text("--chart", file, result.tables.chart(result.title))
    typer.echo(f"The chart is in {file}.", err=True)


def _listening(port: int | None) -> AbstractContextManager[socket.socket | None]:
    """The socket of the API; None without a port. Raises InvalidInput where the port is in use."""
    if port is None:
        return nullcontext()
    from infra.run.listening import ListenAddress

    return ListenAddress(port=port).listen()


@contextmanager
def _served(
    settings: WhenceSettings,
    port: int | None,
    listening: socket.socket | None,
    run: PaperRun,
    watchers: Watchers,
    letters: LetterKeeper,
) -> Generator[None]:
    """Serves the API where `port` is set. The run answers the API's requests between two instants."""
    if port is None or listening is None:
        with alerts_sent(settings):
            yield
        return
    from infra.cli.serving import ApiOptions, plan_of, served
    from infra.run.apart import Embedding

    note = f"this process trades {settings.account}'s tape: requests are answered between two candles"
    configure(logging.INFO)
    engine = Embedding(run.door, settings.account, note, watchers)
    with served(settings, plan_of(ApiOptions(port=port)), engine, letters, listening):
        yield


def _play(
    plan: Plan, run: PaperRun, speed: float | None, stopping: Stopping, console: Console
) -> tuple[int, datetime | None]:
    """Plays until the tapes end or a stop is requested; returns the number of candles played, and the last close."""
    total, played, before = sum(len(tape.candles) for tape in plan.tapes), 0, None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress, suppress(StopRequested):
        bar = progress.add_task("trading", total=total)
        for at, closed in run.instants():
            played += closed
            progress.update(bar, completed=played, description="recalling" if run.recalling else "trading")
            if speed is not None and before is not None and not run.recalling:
                _wait(run, (at - before).total_seconds() / speed, stopping)
            before = at
            if stopping.requested():
                break
    return played, before


def _wait(run: PaperRun, seconds: float, stopping: Stopping) -> None:
    """Waits until the next candle is due, and answers requests at once in the meantime."""
    due = time.monotonic() + seconds
    while not stopping.requested() and (left := due - time.monotonic()) > 0:
        run.attend(min(left, _GLANCE_SECONDS))
