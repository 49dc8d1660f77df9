"""The command line: `whence`.

A command's module holds its options and is imported when the command line names it; what a command needs is imported
when it runs. So `whence --help` and completion import neither the log nor the read models.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Annotated

import typer

from domain.errors import (
    BackupUnavailable,
    InvalidInput,
    LogError,
    LogOwned,
    MarkRefused,
    OwnershipLost,
    RecordingError,
    StoreError,
    TapeMismatch,
    WhenceError,
)
from infra.cli.completing import completed_words, prepare
from infra.cli.output import spell_what_cannot_be_shown
from infra.logging import configure
from infra.run.collecting import spare_the_collector

EXIT_CODES: Sequence[tuple[type[WhenceError], int]] = (
    (InvalidInput, 2),
    (TapeMismatch, 2),
    (LogOwned, 3),
    (OwnershipLost, 3),
    (LogError, 4),
    (StoreError, 4),
    (RecordingError, 4),
    (BackupUnavailable, 4),
    (WhenceError, 1),
)
"""The first matching row gives the exit code: 2 for invalid input, 3 where another engine owns the log, 4 where the
log, the store, a recording or the place of backups fails, 1 for any other refusal."""
_NOT_WRITTEN = 4
_INVALID_INPUT = 2
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE}
_INVALID_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
_CHANGED = '; see "A changed log" in docs/security.md'
INTERRUPTED = 130
"""The exit code of an interrupted program: 128 plus SIGINT, as shells define it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A command in the list of `whence --help`: its help, and its function or group as MODULE:NAME in `infra.cli`."""

    help: str
    place: str


COMMANDS: Mapping[str, Listed] = {
    "paper": Listed("Trades candles from first to last on the simulated exchange.", "paper:paper"),
    "backtest": Listed("Trades a recorded market and analyses the result.", "backtest:backtest"),
    "optimise": Listed("Searches for settings, and tries them on days it has not seen.", "optimise:optimise"),
    "models": Listed("Trains models that score signals, and puts them in force.", "models:models_app"),
    "weights": Listed("Fits weights of strategies, and puts them in force.", "weights:weights_app"),
    "features": Listed("Builds features of signals for models, and shows them.", "features:features_app"),
    "live": Listed("Trades on an exchange, compared with the log at every start.", "live:live"),
    "accounts": Listed("Trades several accounts, shared by several processes.", "accounts:accounts_app"),
    "reconcile": Listed("Compares a log with the exchange, and changes nothing.", "reconcile:reconcile"),
    "kill": Listed("Trips the kill switch of a running engine.", "kill:kill"),
    "reset": Listed("Resets the kill switch of a running engine.", "kill:reset"),
    "resume": Listed("Ends a pause of entries after losses in a running engine.", "kill:resume"),
    "routes": Listed("Lists open routes to other engines, and ends one.", "routes:routes_app"),
    "log": Listed("Prints a log's events in order, one per line.", "log:log_app"),
    "backup": Listed("Backs a log up, with its tape and the store's own tables.", "backup:backup"),
    "restore": Listed("Makes a log of a backup; it is a copy until it is adopted.", "backup:restore"),
    "drill": Listed("Restores a backup aside, and compares it with the log.", "drill:drill"),
    "explain": Listed("Explains an id: its chain from the candle to the last fill.", "explain:explain"),
    "report": Listed("Writes an audit report: trail, performance, statement, checkpoint.", "report:report"),
    "export": Listed("Writes the journal or the trades as CSV, JSON lines or Parquet.", "export:export_app"),
    "replay": Listed("Makes a log again from its recorded inputs, and compares.", "replay:replay"),
    "what-if": Listed("Trades a log's recorded market again under other settings.", "what_if:what_if"),
    "shadow": Listed("Runs a candidate configuration beside an engine, and compares.", "shadow:shadow_app"),
    "arms": Listed("Compares the two arms into which entries were split.", "arms:arms"),
    "api": Listed("Serves the dashboard and GraphQL, with live events and manual orders.", "api:api"),
    "telegram": Listed("Runs the bot of Telegram: screens, kill switch, alerts.", "telegram:telegram"),
    "scan": Listed("Scans published candles and sends signals to an engine.", "scan:scan"),
    "signals": Listed("Lists the sources of outside signals.", "signals:signals_app"),
    "settings": Listed(
        "Prints and changes settings, with their ranges and meanings.", "settings:settings_app"
    ),
    "strategies": Listed("Lists and describes strategies, and begins new ones.", "strategies:strategies_app"),
    "alerts": Listed("Lists, acknowledges, tests and sends alerts.", "alerts:alerts_app"),
    "candles": Listed("Fetches and checks candle files.", "candles:candles_app"),
    "books": Listed("Publishes readings of order books.", "book_publishing:books_app"),
    "record": Listed("Records books, trades, quotes and candles of an exchange.", "record:record"),
    "book": Listed("Draws an exchange's order book live in the terminal.", "book:book"),
    "recordings": Listed("Checks a recording of a market, and prints its rows.", "recordings:recordings_app"),
    "instruments": Listed(
        "Fetches, imports and lists the trading rules of instruments.", "instruments:instruments_app"
    ),
    "dead-letters": Listed(
        "Lists, shows, retries and discards what could not be understood.", "dead_letters:dead_letters_app"
    ),
    "notary": Listed("Signs checkpoints of a log with a key of its own.", "notary:notary_app"),
    "audit": Listed("Verifies a log by signed checkpoints, and proves events.", "audit:audit_app"),
    "topics": Listed("Creates and checks the topics of a log on Kafka.", "topics:topics_app"),
    "status": Listed("Shows which processes run on a log, and whether each is healthy.", "status:status"),
    "doctor": Listed("Tests every connection, right, clock, disk and setting.", "doctor:doctor"),
    "keys": Listed("Lists the keys of this installation, and makes new ones.", "keys:keys_app"),
    "personal": Listed("Lists the keys of personal texts, and forgets one.", "personal:personal_app"),
    "dev": Listed("Runs Kafka, a registry and PostgreSQL on this machine.", "dev:dev_app"),
    "projections": Listed("Builds the read models and shows their progress.", "projections:projections_app"),
    "schemas": Listed("Prints, registers and checks the schemas of the events.", "schemas:schemas_app"),
    "venue": Listed("Serves a Bybit exchange on this machine, with faults on demand.", "venue:venue"),
    "tokens": Listed("Creates, lists and revokes tokens of the API.", "tokens:tokens_app"),
}


def application(named: Collection[str] = frozenset(COMMANDS)) -> typer.Typer:
    """The program. Only the commands in `named` are imported; the others can be listed but not run."""
    app = typer.Typer(
        name="whence",
        help="Trading in which every signal, decision, order and fill records its cause.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_program)
    for name, listed in COMMANDS.items():
        if name in named:
            _add(app, name, listed)
        else:
            app.command(name, help=listed.help)(_not_imported)
    return app


def _print_version(wanted: bool | None) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"whence {version('whence')}")
        raise typer.Exit


def _program(
    version: Annotated[
        bool | None,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = None,
) -> None:
    """Has the options of the program itself; the commands do the work."""


def _add(app: typer.Typer, name: str, listed: Listed) -> None:
    module, _, attribute = listed.place.partition(":")
    found = getattr(import_module(f"infra.cli.{module}"), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)


def _not_imported() -> None:
    """Never runs: a command that the command line names is imported."""
    raise AssertionError


def _printable(text: str) -> str:
    """The text without control characters, which a file's name or content may bring into an error."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)


def main() -> None:
    """Runs the program. An error of ours ends it with one message and an exit code, without a traceback."""
    configure()
    spell_what_cannot_be_shown()
    spare_the_collector()
    completed = completed_words()
    if completed:
        prepare()
    try:
        _run({*sys.argv[1:], *completed})
    except WhenceError as error:
        advice = _CHANGED if isinstance(error, MarkRefused) else ""
        typer.echo(f"whence: {_printable(str(error))}{advice}", err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as fault:
        if fault.errno in _INVALID_NAME:
            typer.echo(f"whence: {_printable(str(fault.filename))}: {fault.strerror}", err=True)
            sys.exit(_INVALID_INPUT)
        if fault.errno not in _UNWRITABLE:
            raise
        _forget_the_output()
        typer.echo(f"whence: {fault.filename or 'the output'} cannot be written: {fault.strerror}", err=True)
        sys.exit(_NOT_WRITTEN)


def _run(named: Collection[str]) -> None:
    """Runs the command. Its output is written before the end, so that a full disk is reported as any other error."""
    try:
        _command(frozenset(COMMANDS.keys() & named))()
    finally:
        sys.stdout.flush()


@cache
def _command(named: frozenset[str]) -> Callable[[], object]:
    """The program as typer builds it from the signatures of its functions, once for the same commands."""
    return typer.main.get_command(application(named))


def _forget_the_output() -> None:
    """Python would try to write the rest of the output once more at its end, and print a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
