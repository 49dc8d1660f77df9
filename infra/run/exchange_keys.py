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
    """The names of an API key and of its secret: of files, entries or fields; of variables in capitals."""

    key: str
    secret: str


_NAMES: Mapping[str, KeyNames] = {"bybit": KeyNames("bybit_api_key", "bybit_api_secret")}


def bybit_keys(place: str | None) -> Credentials:
    """The key of Bybit; see `exchange_keys`."""
    return exchange_keys("bybit", place)


def exchange_keys(exchange: str, place: str | None) -> Credentials:
    """The exchange's key and its secret; a variable of the environment comes before the place (`--secrets`).

    Raises InvalidSettings where one of them is missing, and what `adapters.secrets.place.read_secrets` raises. A place
    is read even where the environment has both, so that a wrong place is reported.
    """
    names = _NAMES[exchange]
    stored: Mapping[str, SecretStr] = {} if place is None else read_secrets(place, names)
    given = {name: os.environ.get(name.upper(), "").strip() for name in names}
    found = {
        name: given[name] or (stored[name].get_secret_value() if name in stored else "") for name in names
    }
    missing = [name for name in names if not found[name]]
    if missing:
        raise InvalidSettings(_missing(names, missing, place))
    return Credentials(found[names.key], found[names.secret])


def _missing(names: KeyNames, missing: list[str], place: str | None) -> str:
    variables = f"set {names.key.upper()} and {names.secret.upper()}"
    if place is None:
        return f"no API key: {variables}, or name a folder with files of these names, a keyring or Vault with --secrets"
    return (
        f"no API key: --secrets {place[:200]} has no {' and no '.join(missing)}; add it there, or {variables}"
    )
