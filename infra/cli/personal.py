"""`whence personal`: the keys with which personal texts are sealed, and how one is forgotten."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.kill import HERE, ApiOption, ReasonOption, TokenFileOption, carried_out, engine_of, report
from infra.cli.options import AccountOption, ConfigOption, LogAccountOption, LogOption, StoreOption

personal_app = typer.Typer(
    name="personal", no_args_is_help=True, help="Lists the keys of personal texts, and forgets one."
)


@personal_app.command(name="list")
def list_(account: AccountOption = None, config: ConfigOption = None) -> None:
    """Lists the ids of the account's keys, the oldest first; the last one seals. No secret is printed."""
    from adapters.personal.keys import PersonalKeys
    from infra.config import load
    from infra.logs import keys_of

    settings = load(account=account, config=config)
    keys = PersonalKeys(keys_of(settings))
    found = keys.of(settings.account)
    for key_id in found:
        typer.echo(key_id)
    place = keys.path / settings.account
    typer.echo(
        f"in {place}"
        if found
        else f"no key is in {place}; an engine with seal_personal = true makes one at its start",
        err=True,
    )


@personal_app.command()
def forget(
    key_id: Annotated[
        str, typer.Argument(metavar="KEY", help="The id of the key, of `whence personal list`.")
    ],
    reason: ReasonOption,
    api: ApiOption = HERE,
    token_file: TokenFileOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    account: LogAccountOption = None,
    config: ConfigOption = None,
) -> None:
    """Forgets KEY by the account's running engine: nobody can read any more what it sealed. This cannot be undone.

    The log records who forgot it and why. Copies of the folder of keys, such as backups, have to be deleted by hand.
    """
    from commands.request import ForgetPersonalKey

    settings = engine_of(log, store, account, config)
    answer, state = carried_out(settings, api, token_file, ForgetPersonalKey(key_id, reason))
    done = f"the key {key_id} is forgotten; delete it from every copy of the folder of keys, too"
    report(answer, done, state, lambda portfolio: key_id in portfolio.account.forgotten)
