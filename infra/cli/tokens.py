"""`whence tokens`: who may ask the API, and for what."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from adapters.tokens.book import Entry, TokenBook
from commands.roles import Role
from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption
from infra.config import load
from infra.store import migrate, open_store

tokens_app = typer.Typer(name="tokens", no_args_is_help=True, help="Who may ask the API, and for what.")


@tokens_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who bears it; what it does is recorded under this name.")],
    role: Annotated[str, typer.Option(metavar="viewer|trader|admin", help="How far it reaches.")],
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Makes a token and prints it, this once: only a hash of it is kept."""
    reach = _role(role)
    with _book(log=log, store=store, config=config) as book:
        token = book.issue(name, reach, datetime.now(UTC))
    told = {"id": token.id, "name": name, "role": reach.word, "token": token.spelled}
    typer.echo(json.dumps(told, indent=2) if as_json else token.spelled)
    if not as_json:
        typer.echo(f"{name} may ask as {reach.word}. It is not shown again: keep it as a password.", err=True)


@tokens_app.command(name="list")
def list_(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Shows all tokens there ever were, without what they are."""
    with _book(log=log, store=store, config=config) as book:
        entries = [_plain(entry) for entry in book.entries()]
    if as_json:
        typer.echo(json.dumps(entries, indent=2))
        return
    table = Table("id", "name", "role", "created", "revoked", box=box.SIMPLE)
    for entry in entries:
        table.add_row(*(value or "-" for value in entry.values()))
    Console(highlight=False).print(table)


@tokens_app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="NAME", help="The token's name or id.")],
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Ends a token within seconds, wherever it is in use."""
    with _book(log=log, store=store, config=config) as book:
        name = book.revoke(token, datetime.now(UTC))
    typer.echo(f"{name} may no longer ask.", err=True)


@contextmanager
def _book(**given: object) -> Generator[TokenBook]:
    engine = open_store(load(**given))
    try:
        migrate(engine)
        yield TokenBook(engine)
    finally:
        engine.dispose()


def _role(name: str) -> Role:
    try:
        return Role.named(name)
    except KeyError:
        raise InvalidInput(
            f"{name!r} is not a role; there are: {', '.join(role.word for role in Role)}"
        ) from None


def _plain(entry: Entry) -> Mapping[str, str | None]:
    return {
        "id": entry.id,
        "name": entry.name,
        "role": entry.role.word,
        "created_at": iso(entry.created_at),
        "revoked_at": None if entry.revoked_at is None else iso(entry.revoked_at),
    }
