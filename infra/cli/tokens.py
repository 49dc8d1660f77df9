"""`whence tokens`: who may use the API, and with which role."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption

if TYPE_CHECKING:
    from adapters.tokens.book import Entry, TokenBook

tokens_app = typer.Typer(
    name="tokens", no_args_is_help=True, help="Creates, lists and revokes tokens of the API."
)


@tokens_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the bearer, under which its requests are recorded.")],
    role: Annotated[str, typer.Option(metavar="source|viewer|trader|admin", help="Role of the bearer.")],
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Creates a token for the API of one log and prints it once: only its hash is stored."""
    from adapters.tokens.book import TokenBook
    from commands.roles import Role
    from infra.config import load, shown
    from infra.store import migrated_store

    reach = Role.named(role)
    settings = load(log=log, store=store, config=config)
    with migrated_store(settings) as engine:
        token = TokenBook(engine).issue(name, reach, datetime.now(UTC))
    row = {"id": token.id, "name": name, "role": reach.word, "token": token.spelled}
    typer.echo(json.dumps(row, indent=2) if as_json else token.spelled)
    if not as_json:
        typer.echo(
            f"{name} has the role {reach.word} at the API of {shown(settings.log)}. The token is not shown again: "
            "keep it secret.",
            err=True,
        )


@tokens_app.command(name="list")
def list_(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Lists all tokens, revoked ones included, without their secrets."""
    with _book(log=log, store=store, config=config) as book:
        entries = [_plain(entry) for entry in book.entries()]
    if as_json:
        typer.echo(json.dumps(entries, indent=2))
        return
    from rich import box
    from rich.table import Table

    from infra.cli.output import console_of

    table = Table("id", "name", "role", "created", "revoked", box=box.SIMPLE)
    for entry in entries:
        table.add_row(*(value or "-" for value in entry.values()))
    console_of().print(table)


@tokens_app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="NAME", help="The token's name or id.")],
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Revokes a token; it is refused everywhere within seconds."""
    with _book(log=log, store=store, config=config) as book:
        name = book.revoke(token, datetime.now(UTC))
    typer.echo(f"{name} may no longer use the API.", err=True)


@contextmanager
def _book(**given: object) -> Generator[TokenBook]:
    from adapters.tokens.book import TokenBook
    from infra.config import load
    from infra.store import migrated_store

    with migrated_store(load(**given)) as engine:
        yield TokenBook(engine)


def _plain(entry: Entry) -> Mapping[str, str | None]:
    from adapters.avro import iso

    return {
        "id": entry.id,
        "name": entry.name,
        "role": entry.role.word,
        "created_at": iso(entry.created_at),
        "revoked_at": None if entry.revoked_at is None else iso(entry.revoked_at),
    }
