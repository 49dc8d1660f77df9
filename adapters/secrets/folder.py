"""Secrets in files of a folder, one file for each; the file has the secret's name, in capitals or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from adapters.secrets.owned_file import check_owned, read_owned
from domain.errors import InvalidSettings


def read_folder(folder: str, names: Sequence[str]) -> Mapping[str, SecretStr]:
    """The secrets that the folder has; see `adapters.secrets.place.read_secrets`.

    Raises InvalidSettings where there is no such folder, where others than the owner can read it or one of the files,
    and where a file cannot be read.
    """
    path = Path(folder)
    try:
        return {name: SecretStr(read_owned(file)) for name, file in _files(path, names).items()}
    except InvalidSettings as fault:
        raise InvalidSettings(f"--secrets {folder[:200]}: {fault}") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no path"
        raise InvalidSettings(f"--secrets {folder[:200]}: it cannot be read: {reason}") from None


def _files(folder: Path, names: Sequence[str]) -> Mapping[str, Path]:
    if not folder.is_dir():
        raise InvalidSettings(
            "there is no such folder; make it with mode 700, or write keyring:SERVICE or vault:https://…"
        )
    check_owned(folder, folder.stat().st_mode)
    return {one.name.lower(): one for one in sorted(folder.iterdir()) if one.name.lower() in names}
