"""The API key of an exchange: from the environment, or from a folder that only its owner can read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.bybit import Credentials
from domain.errors import InvalidSettings

_OTHERS = 0o077
_BYBIT = "BYBIT_"


class _Keys(BaseSettings):
    """The variables `…API_KEY` and `…API_SECRET`, else the files of these names."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    api_key: SecretStr = SecretStr("")
    api_secret: SecretStr = SecretStr("")


class _KeysWithPassword(_Keys):
    """`…PASSWORD` is the passphrase of a key at the exchanges that have one."""

    password: SecretStr = SecretStr("")


def bybit_keys(folder: Path | None) -> Credentials:
    """The key of Bybit and its secret; a variable of the environment comes before a file of the folder.

    Raises InvalidSettings where one of them is missing, where the folder does not exist, and where others than the
    owner can read the folder or a file of it.
    """
    key, secret, _ = _read(_Keys, _BYBIT, folder)
    return Credentials(key, secret)


def ccxt_keys(exchange: str, folder: Path | None) -> Credentials:
    """The same for an exchange of ccxt: `CCXT_BINANCEUSDM_API_KEY`, `…_API_SECRET` and, where the exchange has a
    passphrase, `…_PASSWORD`.
    """
    return Credentials(*_read(_KeysWithPassword, f"CCXT_{exchange.upper()}_", folder))


def _read(kind: type[_Keys], prefix: str, folder: Path | None) -> tuple[str, str, str]:
    """Key, secret and passphrase, which is empty where there is none."""
    if folder is not None:
        _check(folder, {f"{prefix}{name}".lower() for name in kind.model_fields})
    given: dict[str, Any] = {"_env_prefix": prefix, "_secrets_dir": folder}
    found = kind(**given)
    password = found.password if isinstance(found, _KeysWithPassword) else SecretStr("")
    key, secret, passphrase = (
        one.get_secret_value().strip() for one in (found.api_key, found.api_secret, password)
    )
    if not key or not secret:
        raise InvalidSettings(
            f"no API key: set {prefix}API_KEY and {prefix}API_SECRET, or name a folder with files of these names with "
            "--secrets"
        )
    return key, secret, passphrase


def _check(folder: Path, names: Collection[str]) -> None:
    shown = str(folder)[:200]
    try:
        if not folder.is_dir():
            raise InvalidSettings(f"--secrets {shown}: there is no such folder; make it with mode 700")
        places = [folder, *(one for one in folder.iterdir() if one.name.lower() in names)]
        open_ones = [one for one in places if one.stat().st_mode & _OTHERS]
    except (OSError, ValueError) as fault:
        raise InvalidSettings(f"--secrets {shown}: {fault}"[:400]) from None
    if open_ones:
        raise InvalidSettings(
            f"--secrets: others can read {open_ones[0]}; make it its owner's alone, as by chmod go= {open_ones[0]}"
        )
