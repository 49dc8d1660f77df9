"""Keeps a SQLite log under another name, so that a new log can begin at its address."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from adapters.log.address import SqliteAddress, parse_address
from domain.errors import WhenceError
from infra.config import WhenceSettings


def set_aside(settings: WhenceSettings, fault: WhenceError) -> str:
    """Renames the log and the files beside it (its store, with its tokens) to the first free name; returns its address.

    `whence.db` and `whence.read.db` become `whence.1.db` and `whence.1.read.db`, which belong together as before.
    Raises `fault`, which made the log unusable, for a log that is not a file.
    """
    address = parse_address(settings.log)
    if not isinstance(address, SqliteAddress):
        raise fault
    free = next(one for n in count(1) if not (one := _numbered(address.path, n)).exists())
    for file in address.path.parent.glob(f"{address.path.stem}.*"):
        if _belongs(file, address.path):
            file.rename(file.with_name(free.stem + file.name.removeprefix(address.path.stem)))
    return str(SqliteAddress(free))


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}")


def _belongs(file: Path, log: Path) -> bool:
    """Whether the file is the log, its store, or one of the files that SQLite and the program keep beside those."""
    return file.name.startswith((log.name, f"{log.stem}.read.db", f"{log.stem}.letters.db"))
