"""Checks the accounts of a file before any of them is traded: the options, settings and keys of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import typer
from typer.core import TyperCommand
from typer.exceptions import TyperException

from domain.errors import InvalidInput, InvalidSettings
from infra.accounts import LeasedAccount
from infra.cli.live import live
from infra.cli.live_start import LiveOptions, LiveStart, live_start

Words = Callable[[LeasedAccount], Sequence[str]]


def check_accounts(accounts: Sequence[LeasedAccount], words: Words) -> None:
    """Checks each account as its engine would at its start; `words` are those of `whence live` for an account.

    Two accounts with one API key at one place would trade one account of the exchange. Raises InvalidSettings, which
    names the account.
    """
    command = _live_command()
    owners = dict[tuple[str, str], str]()
    for account in accounts:
        start = _started(command, account, words(account)[1:])
        key = (str(start.place), start.keys.key)
        first = owners.setdefault(key, account.name)
        if first != account.name:
            raise InvalidSettings(
                f"accounts {first} and {account.name} have the same API key at {start.place}: each account needs a key "
                "of its own, by `secrets` in its settings file or --secrets in its options; the variables "
                "BYBIT_API_KEY and BYBIT_API_SECRET are those of all accounts"
            )


def _started(command: TyperCommand, account: LeasedAccount, words: Sequence[str]) -> LiveStart:
    try:
        given = command.make_context("live", list(words)).params
        return live_start(_options(given), is_leased=True)
    except TyperException as fault:
        raise InvalidSettings(f"account {account.name}: options: {fault}") from None
    except (InvalidInput, InvalidSettings) as fault:
        raise type(fault)(f"account {account.name}: {fault}") from None


def _options(given: Mapping[str, Any]) -> LiveOptions:
    return LiveOptions(**{one.name: given[one.name] for one in fields(LiveOptions)})


def _live_command() -> TyperCommand:
    app = typer.Typer()
    app.command()(live)
    found = typer.main.get_command(app)
    assert isinstance(found, TyperCommand)
    return found
