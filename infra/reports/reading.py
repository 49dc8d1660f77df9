"""One reading of a log for a report: its events are folded, and the tree over them grows, as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapters.log.recorder_log import RecordedLog, Row
from adapters.notary.leaves import check_next, leaf_of
from domain.account import AccountOpened
from domain.errors import InvalidInput, LogCorrupt
from domain.events import FULL_NAMES
from domain.log import Recorded
from domain.notary.merkle import CompactRange
from projections.reports.book import accounts_in

_OPENED: Final = FULL_NAMES[AccountOpened]


class Reading:
    """Reads the events up to the ordinal `upto` once, for `account`.

    Their marks are verified and their bytes decoded once for all folds. The events after a period, which no fold needs,
    are not decoded.
    """

    def __init__(self, log: RecordedLog, account: str, upto: int, tree: CompactRange | None = None) -> None:
        """`account` is empty where the log has one alone. The leaves are added to `tree`, which may have the first.

        Raises InvalidInput where the log has no account.
        """
        self._log, self.upto, self._read = log, upto, 0
        self._is_only = not account
        self.account, self._tree = account or self._first(), tree

    def events(self) -> Iterator[Recorded]:
        """The events in order.

        Raises InvalidInput for a second account where none was given, and what reading raises.
        """
        for recorded in self._log.read(0, self.upto):
            meta = recorded.envelope.meta
            self._take((recorded.ordinal, meta.stream, meta.version, recorded.data))
            yield recorded

    def finish(self) -> None:
        """Reads the events that `events` did not. Raises what that raises, LogCorrupt where the log is shorter."""
        for row in self._log.placed(self._read, self.upto):
            self._take(row)
        if self._read < self.upto:
            raise LogCorrupt(f"the log ends at ordinal {self._read} instead of {self.upto}")

    def _take(self, row: Row) -> None:
        leaf = leaf_of(row)
        if self._tree is not None:
            check_next(self._read, leaf.ordinal)
            if leaf.ordinal > self._tree.size:
                self._tree.append(leaf.hash)
        self._read = leaf.ordinal
        if self._is_only and leaf.type == _OPENED:
            self._check_only(row[3])

    def _check_only(self, data: bytes) -> None:
        if self._log.decode(data).meta.account != self.account:
            known = dict.fromkeys(accounts_in(self._log.read(0, self.upto)))
            raise InvalidInput(f"the log has the accounts {', '.join(known)}: name one with --account")

    def _first(self) -> str:
        account = next(accounts_in(self._log.read(0, self.upto)), None)
        if account is None:
            raise InvalidInput("no account was opened in this log, so there is nothing to report")
        return account
