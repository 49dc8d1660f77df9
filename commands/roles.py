"""Who may make which request, whichever way it comes in: GraphQL, a chat, the command line."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)


class Role(IntEnum):
    """VIEWER reads; TRADER also sends what moves money; ADMIN also sends what everybody's trading depends on."""

    VIEWER = 1
    TRADER = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Role:
        """The role as a person writes it. Raises KeyError for a name that is none."""
        return cls[name.upper()]

    @property
    def word(self) -> str:
        """The role as a person reads it."""
        return self.name.lower()


LEAST_ROLE: Mapping[type, Role] = {
    RaiseSignal: Role.TRADER,
    DraftOrder: Role.TRADER,
    PlaceOrder: Role.TRADER,
    AmendOrder: Role.TRADER,
    CancelOrder: Role.TRADER,
    ClosePosition: Role.TRADER,
    MoveProtection: Role.TRADER,
    PauseStrategy: Role.TRADER,
    ResumeStrategy: Role.TRADER,
    ChangeSettings: Role.ADMIN,
    TripKillSwitch: Role.TRADER,
    ResetKillSwitch: Role.ADMIN,
    ResolveDiscrepancy: Role.TRADER,
}
"""The least role for each request. Reading needs VIEWER."""
