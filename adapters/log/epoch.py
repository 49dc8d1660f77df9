"""The epoch of a log in a database: it rises with each owner, and every append checks it in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements
from adapters.marks.mark import Link
from domain.errors import LogCorrupt, OwnershipLost

EPOCH: Final = "log_epoch"
"""The table with one row, whose column `epoch` counts the owners of the log so far."""

_CREATE = f"CREATE TABLE IF NOT EXISTS {EPOCH} (epoch BIGINT NOT NULL)"
_BEGIN = f"INSERT INTO {EPOCH} SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM {EPOCH})"  # noqa: S608  (ours)
_RAISE = f"UPDATE {EPOCH} SET epoch = epoch + 1"  # noqa: S608  (ours)
_READ = f"SELECT epoch FROM {EPOCH}"  # noqa: S608  (ours)
_NUMBER = f"SELECT CAST(epoch AS BIGINT) AS epoch FROM {EPOCH}"  # noqa: S608  (ours; SQLite's value can be of any type)
_MOST = 2**62


class Epoch:
    """The companion that fences an earlier owner off: after a later owner has opened the log, it appends nothing."""

    def __init__(self, log: str, link: Link = Link()) -> None:  # noqa: B008  (immutable)
        """`log` names the log in errors; `link` is the end of its chain of marks before this owner."""
        self._log, self._link = log, link
        self.number = 0

    def prepare(self, cursor: Statements) -> None:
        """Raises the log's epoch, which is this owner's `number` from then on.

        Raises LogCorrupt where the epoch is not a number that earlier owners can have left.
        """
        for statement in (_CREATE, _BEGIN):
            cursor.execute(statement)
        self._check(cursor)
        cursor.execute(_RAISE)
        self.number = _read(cursor)

    def _check(self, cursor: Statements) -> None:
        cursor.execute(_READ)
        found = [row["epoch"] for row in cursor.fetchall()]
        least = self._link.epoch
        if len(found) != 1 or not isinstance(found[0], int) or not least <= found[0] < _MOST:
            raise LogCorrupt(
                f"{self._log}: the table {EPOCH} was changed from outside: it must have one row with the number of "
                f"owners so far, at least {least}, and has {', '.join(map(repr, found)) or 'none'}; look at the log, "
                f"then restore it from a copy, or write that row"
            )

    def before(self, cursor: Statements) -> None:
        """Raises OwnershipLost where a later owner has opened the log."""
        epoch = _read(cursor)
        if epoch != self.number:
            raise OwnershipLost(
                f"another engine has opened {self._log} since, or its table {EPOCH} was changed (epoch {epoch}; this "
                f"engine has {self.number}): this engine writes nothing more"
            )

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing: the transaction holds the log's write lock, so the epoch is the same until the commit."""


def _read(cursor: Statements) -> int:
    cursor.execute(_NUMBER)
    row = cursor.fetchone()
    return -1 if row is None or row["epoch"] is None else int(row["epoch"])
