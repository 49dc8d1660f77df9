"""The role that each request needs, whether it arrives by GraphQL, a chat or the command line."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    PromoteModel,
    RaiseSignal,
    RegisterModel,
    ReportDrift,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    ReviewSettings,
    SubmitSettings,
    TripKillSwitch,
    WithdrawClose,
)
from domain.errors import InvalidInput


class Role(IntEnum):
    """SOURCE raises signals at `POST /signals` and may do nothing else, not even read. VIEWER reads; TRADER also sends
    requests that trade; ADMIN also changes settings, resets the kill switch and forgets personal texts."""

    SOURCE = 0
    VIEWER = 1
    TRADER = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Role:
        """The role of this name, in any case. Raises InvalidInput, which lists the roles, for an unknown name."""
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(role.word for role in cls)
            raise InvalidInput(f"{name!r} is not a role; there are: {known}") from None

    @property
    def word(self) -> str:
        """The name of the role in lower case."""
        return self.name.lower()


LEAST_ROLE: Mapping[type, Role] = {
    RaiseSignal: Role.TRADER,
    DraftOrder: Role.TRADER,
    DraftEntry: Role.TRADER,
    PlaceOrder: Role.TRADER,
    AmendOrder: Role.TRADER,
    CancelOrder: Role.TRADER,
    ClosePosition: Role.TRADER,
    WithdrawClose: Role.TRADER,
    MoveProtection: Role.TRADER,
    PauseStrategy: Role.TRADER,
    ResumeStrategy: Role.TRADER,
    ResumeEntries: Role.ADMIN,
    EndRoute: Role.ADMIN,
    ChangeSettings: Role.ADMIN,
    SubmitSettings: Role.TRADER,
    ReviewSettings: Role.ADMIN,
    TripKillSwitch: Role.TRADER,
    ResetKillSwitch: Role.ADMIN,
    ForgetPersonalKey: Role.ADMIN,
    ResolveDiscrepancy: Role.TRADER,
    RegisterModel: Role.ADMIN,
    PromoteModel: Role.ADMIN,
    RetireModel: Role.ADMIN,
    ReportDrift: Role.ADMIN,
}
"""The lowest role that may send each request. Reading needs VIEWER."""

_OF_A_SOURCE = frozenset({RaiseSignal})
"""The requests of the role SOURCE, which is below every least role."""


def permits(role: Role, request: type) -> bool:
    """Whether the role may send requests of this class."""
    return role >= LEAST_ROLE[request] or (role is Role.SOURCE and request in _OF_A_SOURCE)
