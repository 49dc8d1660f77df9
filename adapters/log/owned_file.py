"""The owner's side of a log's file: it stops where a file of the log is harmed, and saves what can be saved.

SQLite finds its `-wal` and `-shm` files by the name of the log's file, and removes `-wal` by that name when the last
connection is closed. So the owner keeps the connections that it opened at the start, and opens no further one.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteDatastore

from adapters.log.owner import FileOwner, Harm, Loss
from adapters.log.sqlite_recorder import SqliteLogRecorder
from domain.errors import LogLost

_log = logging.getLogger(__name__)

_CHECK_POINT = "PRAGMA wal_checkpoint(TRUNCATE)"
_SAVED = "the events up to ordinal {last} are in {name}, and the next engine goes on from there"
_MOVED = (
    "the events up to ordinal {last} are in the file that was {name}: where it was renamed, give it its name back; "
    "where it was removed, restore it from a copy"
)
_NOT_SAVED = "events up to ordinal {last} were recorded, and the newest of them may be lost"


class OwnedFile:
    """A log's file while this process owns it."""

    def __init__(self, path: Path, owner: FileOwner, recorder: SqliteLogRecorder, last: int) -> None:
        """`last` is the log's last ordinal. Raises LogLost where a file was replaced while it was opened."""
        self._path, self._owner, self._recorder, self._begun = path, owner, recorder, last
        self._datastore: SQLiteDatastore = recorder.datastore
        self._lost: LogLost | None = None
        self._is_whole = True
        owner.watch("-wal", "-shm")
        self.check()

    def check(self) -> None:
        """Raises what `FileOwner.check` raises, and LogLost from the first harm to a file of the log on.

        After a harm the owner writes the events from its open `-wal` file into the open log's file, so that they are
        whole under whatever name that file has, and leaves a note for the next owner.
        """
        self._owner.check()
        if self._lost is None and (harm := self._owner.harm()) is not None:
            self._lost = self._stopped(harm)
        if self._lost is not None:
            raise LogLost(str(self._lost))

    def release(self) -> None:
        """Closes the connection and gives up the ownership.

        A forked process must not use the connections of the owner, not even to close them.
        """
        if self._owner.is_this_process:
            self._close()
        self._owner.release()

    def _close(self) -> None:
        if not self._is_whole:
            _never_close(self._datastore)
            return
        if self._lost is None and not self._is_written():
            _log.warning("%s: its newest events remain in %s-wal", self._path, self._path.name)
        self._datastore.close()

    def _stopped(self, harm: Harm) -> LogLost:
        last = self._recorder.last or self._begun
        # From a file that was cut, SQLite would write a part of the pages, which is worse than none.
        self._is_whole = not harm.is_cut and self._is_written()
        saved = _MOVED if harm.path == self._path else _SAVED
        outcome = (saved if self._is_whole else _NOT_SAVED).format(last=last, name=self._path.name)
        self._owner.note_loss(Loss(str(harm), last))
        return LogLost(f"{harm}: this engine writes nothing more; {outcome}")

    def _is_written(self) -> bool:
        """Whether the log's file itself has all events, after they were written from the `-wal` file into it."""
        try:
            return self._recorder.check_point(_CHECK_POINT)
        except (sqlite3.Error, PersistenceError) as fault:
            _log.warning("%s: events remain in %s-wal: %s", self._path, self._path.name, fault)
            return False


def _never_close(datastore: SQLiteDatastore) -> None:
    """Keeps the connections until the process ends, as after a kill.

    When SQLite closes the last connection it writes from the `-wal` file into the log's file and removes it, which
    would destroy what is left of a damaged one. Python never drops the references of a waiting daemon thread.
    """
    threading.Thread(target=_wait_with, args=(datastore,), daemon=True, name="whence-kept").start()


def _wait_with(_datastore: SQLiteDatastore) -> None:
    threading.Event().wait()
