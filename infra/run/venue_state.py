"""The file in which a venue is kept: its state at the start, then a line for each change."""

from __future__ import annotations

from decimal import Decimal
from io import FileIO
from pathlib import Path

from adapters.simulated.server import Clock
from adapters.simulated.venue import Venue
from adapters.simulated.venue.candles import MINUTE
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.state import saved
from adapters.simulated.venue.state_changes import account_change, market_change
from adapters.whole_file import replace_file
from domain.errors import InvalidInput

_OWN = 0o600
"""Only the owner reads the file: it holds the API secret."""

_SHOWN = 200


class StateFile:
    """A change is in the file when it is answered or pushed: a process that is killed loses none of them. What the
    machine has not yet put on its disk is lost with the machine.

    Raises InvalidInput where the file cannot be written.
    """

    def __init__(self, path: Path, venue: Venue, clock: Clock) -> None:
        self.path, self._venue, self._clock = path, venue, clock
        self._fault: OSError | ValueError | None = None
        self._since = clock.market()
        self._settings: list[tuple[dict[str, Decimal], set[str]]] = []
        self._file: FileIO | None = None

    def begin(self) -> None:
        """Writes the venue as it is."""
        self._since, self._settings = self._clock.market(), self._of_accounts()
        try:
            replace_file(self.path, saved(self._venue, self._since) + b"\n", _OWN)
            self._file = self.path.open("ab", buffering=0)
        except (OSError, ValueError) as fault:
            raise self._unwritable(fault) from fault

    def add(self, changes: Changes) -> None:
        """Adds an account's changes; `keep` raises where that failed."""
        self._write(account_change(self._venue, changes, self._clock.market()))

    def keep(self) -> None:
        """Adds what changes without a push: position mode, leverage, and the markets once a minute."""
        if self._fault is not None:
            raise self._unwritable(self._fault) from self._fault
        now, settings = self._clock.market(), self._of_accounts()
        if settings != self._settings:
            self._settings = settings
            for account in self._venue.accounts.values():
                self.add(Changes(account))
        if now - self._since >= MINUTE:
            self._add_markets(now)

    def close(self) -> None:
        """Adds the markets and closes the file, if it was begun."""
        if self._file is not None:
            self._add_markets(self._clock.market())
            self._file.close()
            self._file = None

    def _add_markets(self, now: int) -> None:
        for market in self._venue.every_market():
            self._write(market_change(market, self._since - MINUTE, now))
        self._since = now

    def _write(self, line: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(line)
        except (OSError, ValueError) as fault:
            self._fault = self._fault or fault

    def _of_accounts(self) -> list[tuple[dict[str, Decimal], set[str]]]:
        return [({**one.leverage}, {*one.hedged}) for one in self._venue.accounts.values()]

    def _unwritable(self, fault: OSError | ValueError) -> InvalidInput:
        reason = getattr(fault, "strerror", None) or fault
        return InvalidInput(
            f"the state cannot be written to {str(self.path)[:_SHOWN]!r}: {reason}; choose another --state"
        )
