"""The API key of an exchange: from the environment, or from the place of its secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import SecretStr

from adapters.secrecy import Credentials
from adapters.secrets.place import read_secrets
from domain.errors import InvalidSettings


class KeyNames(NamedTuple):
    """The names of a key, its secret and its passphrase: of files, entries or fields; of variables in capitals.

    `passphrase` is empty where no key of the exchange has one.
    """

    key: str
    secret: str
    passphrase: str = ""


def bybit_keys(place: str | None) -> Credentials:
    """The key of Bybit and its secret; a variable of the environment comes before the place (`--secrets`).

    Raises InvalidSettings where one of them is missing, and what `adapters.secrets.place.read_secrets` raises. A place
    is read even where the environment has both, so that a wrong place is reported.
    """
    return _read(KeyNames("bybit_api_key", "bybit_api_secret"), place)


def ccxt_keys(exchange: str, place: str | None) -> Credentials:
    """The same for an exchange of ccxt: `CCXT_BINANCEUSDM_API_KEY`, `…_API_SECRET` and, where the exchange has a
    passphrase, `…_PASSWORD`.
    """
    prefix = f"ccxt_{exchange.lower()}"
    return _read(KeyNames(f"{prefix}_api_key", f"{prefix}_api_secret", f"{prefix}_password"), place)


def _read(names: KeyNames, place: str | None) -> Credentials:
    """Key, secret and passphrase, which is empty where there is none."""
    wanted = [name for name in names if name]
    stored: Mapping[str, SecretStr] = {} if place is None else read_secrets(place, wanted)
    found = {name: stored[name].get_secret_value() for name in stored} | _variables(wanted)
    missing = [name for name in (names.key, names.secret) if not found.get(name)]
    if missing:
        raise InvalidSettings(_missing(names, missing, place))
    return Credentials(found[names.key], found[names.secret], found.get(names.passphrase, ""))


def _variables(names: list[str]) -> dict[str, str]:
    """The variables that are set to a text."""
    given = {name: os.environ.get(name.upper(), "").strip() for name in names}
    return {name: text for name, text in given.items() if text}


def _missing(names: KeyNames, missing: list[str], place: str | None) -> str:
    variables = f"set {' and '.join(name.upper() for name in missing)}"
    if place is None:
        found = "no API key" if len(missing) > 1 else "half an API key"
        return (
            f"{found}: {variables}; or name with --secrets a folder with the files {names.key} and {names.secret}, "
            "a keyring or Vault"
        )
    return (
        f"no API key: --secrets {place[:200]} has no {' and no '.join(missing)}; add it there, or {variables}"
    )
