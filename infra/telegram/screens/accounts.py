"""The choice of one of several accounts, and what it leaves of a response of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.telegram.content import Button, Content, fits
from adapters.telegram.text import Text, bold
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import Data, Scene, Screen, page

CHOOSE_ACCOUNT: Final = "account"
"""The verb of the button that chooses an account: `account:NAME`; without a name all accounts."""
_ROWS: Final = ("accounts", "tradingStates", "performance")
"""The lists of a response whose rows have an account."""


def of_account(variables: Mapping[str, object], account: str) -> Mapping[str, object]:
    """The variables of a query with `$account`."""
    return {**variables, "account": account}


def same_query(variables: Mapping[str, object], _account: str) -> Mapping[str, object]:
    """The variables of a query without `$account`, whose response alone is narrowed."""
    return variables


def of_accounts(accounts: Sequence[Data], account: str) -> Sequence[Data]:
    """The rows of the account; without a name all rows."""
    return [one for one in accounts if account in ("", one["account"])]


def narrowed(data: Data, account: str) -> Data:
    """The response with the rows of the account; without a name the whole response."""
    if not account:
        return data
    lists = {name: of_accounts(data[name], account) for name in _ROWS if name in data}
    return {**data, **lists}


def _render(data: Data, scene: Scene) -> Content:
    words, accounts = scene.words, data["accounts"]
    body: list[Text | str] = [words("account-help"), ""]
    body += [bold(badge([one])) for one in accounts]
    named = {"": words("account-all"), **{str(one["account"]): str(one["account"]) for one in accounts}}
    rows = [
        (Button(f"✓ {label}" if name == scene.account else label, f"{CHOOSE_ACCOUNT}:{name}"),)
        for name, label in named.items()
        if fits(f"{CHOOSE_ACCOUNT}:{name}")
    ]
    return page(scene, "account", badge(accounts), body, tuple(rows))


ACCOUNT = Screen("account", "query { accounts { account openedBy } }", _render)
