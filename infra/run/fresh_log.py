"""The files of a log that a refused start has made, and of its store: they are removed where no event was recorded.

Only files that were not there before are removed, and only by the process that owns the log. Topics of Kafka are left:
they may have been made for this log by somebody else.
"""

from __future__ import annotations

import glob
import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.inputs.sqlite import tape_path
from adapters.log.address import SqliteAddress, parse_address
from domain.log import EventLog
from infra.config import WhenceSettings, shown
from infra.dead_letters import letters_file
from infra.logs import snapshot_path
from infra.store_address import store_address

_log = logging.getLogger(__name__)
_BESIDE = ("", "-wal", "-shm", "-journal")
"""SQLite's own files of a database, by the end of their names."""


class FreshLog:
    """Made before the log is opened: it notes which of the log's files are not there yet."""

    def __init__(self, settings: WhenceSettings) -> None:
        self._name = shown(settings.log)
        self._absent = [one for one in _files(settings) if not one.exists()]
        store = _store_file(settings)
        self._store = store if store in self._absent else None
        address = parse_address(settings.log)
        self._is_new = isinstance(address, SqliteAddress) and address.path.resolve() in self._absent

    def _made(self) -> Iterator[Path]:
        """What is to be removed now. A store makes files of its own for its read models, which its name begins."""
        yield from self._absent
        if self._store is not None:
            yield from self._store.parent.glob(f"{glob.escape(self._store.name)}[-.]*")

    @contextmanager
    def removed_while_empty(self, log: EventLog) -> Generator[None]:
        """Removes the noted files after the body, where the log was new and still has no event.

        The log is owned until then, so no other process has begun to use them.
        """
        try:
            yield
        finally:
            if self._is_new and next(log.read(upto=1), None) is None:
                for one in self._made():
                    one.unlink(missing_ok=True)
                _log.info("%s is removed again: nothing was recorded", self._name)


def _files(settings: WhenceSettings) -> Sequence[Path]:
    """The files of a log in a file; none for another log.

    The locks come last: a process that has opened one of them finds it removed, and makes it anew.
    """
    address = parse_address(settings.log)
    if not isinstance(address, SqliteAddress):
        return ()
    snapshot, store = snapshot_path(settings), _store_file(settings)
    made = [address.path.resolve(), letters_file(address).resolve(), tape_path(address.path)]
    databases = [one.with_name(f"{one.name}{end}") for one in made for end in _BESIDE]
    owners = [one.with_name(f"{one.name}.owner") for one in made]
    return [*databases, *(one for one in (snapshot, store) if one is not None), *owners]


def _store_file(settings: WhenceSettings) -> Path | None:
    """The file of the log's own store. None for a configured store, which other logs may share, and which has their
    tokens.
    """
    if settings.store is not None:
        return None
    address = store_address(settings)
    return address.path.resolve() if isinstance(address, SqliteAddress) else None
