"""The record of every trial by tape, over all studies of this user: how often somebody tried decides what a result is
worth."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_data_path

from domain.errors import StoreUnavailable

_TABLE = """
CREATE TABLE IF NOT EXISTS trials (
    tape TEXT NOT NULL, id TEXT NOT NULL, period TEXT NOT NULL, sharpe REAL, state TEXT NOT NULL,
    PRIMARY KEY (tape, id)
) WITHOUT ROWID
"""
_WAIT_SECONDS = 30.0


class Tried(NamedTuple):
    """A trial: what identifies its market, period and settings; its period, its Sharpe ratio of a day's return (None
    where it has none), and how it ended."""

    id: str
    period: str
    sharpe: float | None
    state: str


def default_place() -> Path:
    """`trials.db` in this user's data folder of Whence."""
    return user_data_path("whence") / "trials.db"


class TrialRecord:
    """The file of all trials. Two programs may write into it at a time; settings that were tried twice count once."""

    def __init__(self, path: Path) -> None:
        """Raises StoreUnavailable where the file cannot be opened or is no such record."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            self._database.execute(_TABLE)
        except (OSError, sqlite3.Error) as fault:
            raise self._unavailable(fault) from None

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def add(self, tape: str, tried: Sequence[Tried]) -> None:
        """Adds trials of a tape; those that it has stay as they are. Raises StoreUnavailable."""
        rows = [(tape, *one) for one in tried]
        try:
            with closing(self._database.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany("INSERT OR IGNORE INTO trials VALUES (?, ?, ?, ?, ?)", rows)
                cursor.execute("COMMIT")
        except sqlite3.Error as fault:
            raise self._unavailable(fault) from None

    def count(self, tape: str) -> int:
        """The number of trials of the tape. Raises StoreUnavailable."""
        return int(self._rows("SELECT count(*) FROM trials WHERE tape = ?", tape)[0][0] or 0)

    def sharpes(self, tape: str, period: str) -> Sequence[float]:
        """The ratios of the trials of the tape in this period that have one. Raises StoreUnavailable."""
        query = "SELECT sharpe FROM trials WHERE tape = ? AND period = ? AND sharpe IS NOT NULL ORDER BY id"
        return [one for (one,) in self._rows(query, tape, period) if one is not None]

    def _rows(self, query: str, *given: str) -> Sequence[tuple[float | None]]:
        try:
            return self._database.execute(query, given).fetchall()
        except sqlite3.Error as fault:
            raise self._unavailable(fault) from None

    def _unavailable(self, fault: Exception) -> StoreUnavailable:
        return StoreUnavailable(
            f"the record of trials {self.path} cannot be used: {fault}; name another file with --record"
        )
