"""The API key of an exchange: from the environment, or from a folder that only its owner can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.bybit import Credentials
from domain.errors import InvalidSettings

_OTHERS = 0o077
_NAMES = ("bybit_api_key", "bybit_api_secret")


class _Bybit(BaseSettings):
    """`BYBIT_API_KEY` and `BYBIT_API_SECRET`, else the files of these names."""

    model_config = SettingsConfigDict(env_prefix="BYBIT_", extra="ignore", hide_input_in_errors=True)

    api_key: SecretStr = SecretStr("")
    api_secret: SecretStr = SecretStr("")


def bybit_keys(folder: Path | None) -> Credentials:
    """The key and its secret; a variable of the environment comes before a file of the folder.

    Raises InvalidSettings where one of them is missing, where the folder does not exist, and where others than the
    owner can read the folder or a file of it.
    """
    if folder is not None:
        _check(folder)
    given: dict[str, Any] = {"_secrets_dir": folder}
    found = _Bybit(**given)
    key, secret = (one.get_secret_value().strip() for one in (found.api_key, found.api_secret))
    if not key or not secret:
        raise InvalidSettings(
            "no API key: set BYBIT_API_KEY and BYBIT_API_SECRET, or name a folder with files of these names with "
            "--secrets"
        )
    return Credentials(key, secret)


def _check(folder: Path) -> None:
    shown = str(folder)[:200]
    try:
        if not folder.is_dir():
            raise InvalidSettings(f"--secrets {shown}: there is no such folder; make it with mode 700")
        places = [folder, *(one for one in folder.iterdir() if one.name.lower() in _NAMES)]
        open_ones = [one for one in places if one.stat().st_mode & _OTHERS]
    except (OSError, ValueError) as fault:
        raise InvalidSettings(f"--secrets {shown}: {fault}"[:400]) from None
    if open_ones:
        raise InvalidSettings(
            f"--secrets: others can read {open_ones[0]}; make it its owner's alone, as by chmod go= {open_ones[0]}"
        )
