"""`whence alerts`: what a person was notified of, and its acknowledgement."""

from __future__ import annotations

import getpass
import json
from typing import Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption

alerts_app = typer.Typer(
    name="alerts", no_args_is_help=True, help="Lists, acknowledges, tests and sends alerts."
)
Every = Annotated[bool, typer.Option("--all", help="Acknowledged ones, too.")]


@alerts_app.command(name="list")
def list_(
    every: Every = False,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists the alerts that nobody has acknowledged."""
    from infra.cli.notices import as_lines, as_rows, book, unconfigured

    missing = unconfigured(log=log, store=store, config=config)
    with book(log=log, store=store, config=config) as notices:
        entries = notices.entries(every=every)
    if as_json:
        typer.echo(json.dumps(as_rows(entries), indent=2))
        if missing:
            typer.echo(missing, err=True)
        return
    from infra.cli.output import console_of

    console = console_of()
    for line in as_lines(entries, every=every, missing=missing):
        console.print(line, markup=False)


@alerts_app.command()
def ack(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of alerts.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every open alert.")] = False,
    by: Annotated[str | None, typer.Option(help="Your name, which is recorded; default: your login.")] = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Acknowledges alerts, so that they are not sent again."""
    from infra.cli.notices import acknowledged

    done = acknowledged(ids or (), by or getpass.getuser(), every=every, log=log, store=store, config=config)
    typer.echo("\n".join(done) if done else "no open alert was named")


@alerts_app.command(name="test")
def try_(log: LogOption = None, store: StoreOption = None, config: ConfigOption = None) -> None:
    """Sends one test alert to every configured place, and prints what each answered."""
    from infra.cli.notices import tested

    failed = False
    for place, fault in tested(log=log, store=store, config=config):
        typer.echo(f"{place}: {fault or 'delivered'}")
        failed = failed or fault is not None
    if failed:
        raise typer.Exit(1)


@alerts_app.command()
def run(log: LogOption = None, store: StoreOption = None, config: ConfigOption = None) -> None:
    """Sends the log's alerts until Ctrl-C, beside an engine that does not send them itself."""
    from infra.cli.notices import sent_until_stopped

    sent_until_stopped(log=log, store=store, config=config)
