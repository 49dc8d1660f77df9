"""The file of a search: an SQLite database of Optuna's own storage, with what the search was made of."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import optuna
from filelock import FileLock, Timeout
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from platformdirs import user_data_path
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import InvalidInput, StoreUnavailable

_ABOUT: Final = "about"
_MADE_OF: Final = "made_of"
_PRIMARY = 0xFF
"""The part of an extended code of SQLite that is the code itself."""
_DISK = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY})

Basis = Mapping[str, Any]
"""What the trials of a study depend on, in JSON, by name; a person reads the names where one differs."""


def default_file(basis: Basis) -> Path:
    """The file of this basis in `studies` of this user's data folder of Whence."""
    from hashlib import sha256

    name = sha256(_form(basis).encode()).hexdigest()[:16]
    return user_data_path("whence") / "studies" / f"{name}.db"


@contextmanager
def opened(path: Path, basis: Basis) -> Generator[RDBStorage]:
    """The storage of this file, which is made where there is none; no other program may open it in the meantime.

    Raises InvalidInput where the file is no study, was made of anything else, or another program has opened it;
    StoreUnavailable where it fails later.
    """
    optuna.logging.disable_default_handler()
    optuna.logging.set_verbosity(logging.WARNING)
    lock = FileLock(f"{path}.lock", blocking=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InvalidInput(
            f"--study {path}: another program searches with it; wait for it, or name another file"
        ) from None
    except OSError as fault:
        raise InvalidInput(f"--study {path} cannot be written: {fault.strerror or fault}") from None
    try:
        storage = _storage(path)
        try:
            _check(path, storage, basis)
            yield storage
        except (SQLAlchemyError, OptunaError) as fault:
            raise StoreUnavailable(
                f"--study {path} cannot be used: {str(fault).splitlines()[0]}; the trials that it has are kept, and "
                "the same command goes on with them"
            ) from fault
        finally:
            storage.remove_session()
            storage.engine.dispose()
    finally:
        lock.release()


def _storage(path: Path) -> RDBStorage:
    url = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    try:
        return RDBStorage(url, engine_kwargs={"connect_args": {"timeout": 30}})
    except (SQLAlchemyError, RuntimeError) as fault:
        reason = str(fault).splitlines()[0]
        if _is_of_the_disk(fault):
            raise StoreUnavailable(
                f"--study {path} cannot be used: {reason}; the same command goes on with it once its disk has space "
                "and can be written"
            ) from None
        raise InvalidInput(f"--study {path} is no study of this program: {reason}; name a new file") from None


def _is_of_the_disk(fault: Exception) -> bool:
    """Whether the file could not be read or written, which proves nothing about its content."""
    code = getattr(getattr(fault, "orig", None), "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY in _DISK


def _check(path: Path, storage: RDBStorage, basis: Basis) -> None:
    about = optuna.create_study(storage=storage, study_name=_ABOUT, load_if_exists=True)
    known = about.user_attrs.get(_MADE_OF)
    if known is None:
        about.set_user_attr(_MADE_OF, json.loads(_form(basis)))
        return
    wanted = json.loads(_form(basis))
    differing = [name for name in wanted | known if wanted.get(name) != known.get(name)]
    if differing:
        name = differing[0]
        raise InvalidInput(
            f"--study {path} is of another search: its {name} is {_shown(known.get(name))}, and now it is "
            f"{_shown(wanted.get(name))}; name a new file, or search as before"
        )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else f"{text[:297]}..."


def _form(basis: Basis) -> str:
    return json.dumps(basis, sort_keys=True, default=str)
