"""The opening of an empty log without a tape: account, balance, settings, instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.simulated import RULES_VERSION, SimulatedExchange
from commands.account import decide
from commands.instrument import ListInstrument
from commands.opening import OpenLog
from commands.routes import Command
from commands.settings import ChangeSettings
from domain.account import UNOPENED
from domain.catalogue import known
from domain.opening import LogOpened, Mode
from domain.settings import Settings, check
from infra.run.simulation import simulated
from infra.run.stake import Stake


@dataclass(frozen=True, slots=True)
class Beginning:
    """The values that open a log, together with the instruments of the catalogue."""

    account: str
    stake: Stake
    settings: Settings

    def commands(self, log_id: UUID) -> Sequence[Command]:
        """The commands that open an empty log with this id."""
        opening = LogOpened(log_id=log_id, mode=Mode.LIVE, tape="", synthetic=False, simulator=RULES_VERSION)
        return (
            OpenLog(opening),
            self.stake.opening(),
            ChangeSettings(self.settings),
            *(ListInstrument(one.instrument, one.origin) for one in known()),
        )

    def exchange(self) -> SimulatedExchange:
        """The simulated exchange of a new account, checked before a log is opened.

        Raises InvalidInput for an invalid stake, InvalidSettings for invalid settings.
        """
        check(self.settings)
        decide(self.stake.opening(), UNOPENED)
        return simulated(
            (one.instrument for one in known()), self.stake, self.settings.simulation, RULES_VERSION
        )
