"""Which events are actions that touch capital, and which are incidents."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.account import AccountOpened, BalanceChanged, BalanceReason, KillSwitchReset, KillSwitchTripped
from domain.breaker import BreakerClosed, BreakerHalfOpened, BreakerOpened, CallFailed
from domain.events import Event
from domain.managed import PositionManaged
from domain.order import (
    OrderAmended,
    OrderAmendRefused,
    OrderAmendRequested,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
)
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import (
    PositionClosed,
    PositionCloseFailed,
    PositionCloseRetried,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionOrphaned,
    PositionReduced,
    ProtectionMoved,
)
from domain.reconciliation import (
    ENGINE_STARTS,
    DiscrepancyEnded,
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationBegun,
    ReconciliationEnded,
)
from domain.settings import SettingsChanged
from domain.signal import DecisionMade, ReversalDecided, Verdict


class Action(StrEnum):
    """What kind of action an event records."""

    DECISION = "decision"
    ORDER = "order"
    AMENDMENT = "amendment"
    CANCEL = "cancel"
    FILL = "fill"
    POSITION = "position"
    STOP = "stop or target"
    CLOSE = "close"
    FUNDING = "funding"
    TRANSFER = "transfer"
    SETTINGS = "settings"
    KILL_SWITCH = "kill switch"
    DISCREPANCY = "discrepancy"


_ACTIONS: Mapping[type, Action] = {
    DecisionMade: Action.DECISION,
    ReversalDecided: Action.DECISION,
    PositionManaged: Action.DECISION,
    OrderPlaced: Action.ORDER,
    OrderRejected: Action.ORDER,
    OrderExpired: Action.ORDER,
    OrderDenied: Action.ORDER,
    OrderOutcomeUnknown: Action.ORDER,
    OrderAmendRequested: Action.AMENDMENT,
    OrderAmended: Action.AMENDMENT,
    OrderAmendRefused: Action.AMENDMENT,
    OrderCancelRequested: Action.CANCEL,
    OrderCancelRefused: Action.CANCEL,
    OrderCancelled: Action.CANCEL,
    OrderFilled: Action.FILL,
    OrderOverfilled: Action.FILL,
    PositionOpened: Action.POSITION,
    PositionIncreased: Action.POSITION,
    PositionReduced: Action.POSITION,
    PositionOrphaned: Action.POSITION,
    ProtectionMoved: Action.STOP,
    PositionClosing: Action.CLOSE,
    PositionCloseFailed: Action.CLOSE,
    PositionCloseRetried: Action.CLOSE,
    PositionCloseWithdrawn: Action.CLOSE,
    PositionClosed: Action.CLOSE,
    PositionFunded: Action.FUNDING,
    AccountOpened: Action.TRANSFER,
    BalanceChanged: Action.TRANSFER,
    SettingsChanged: Action.SETTINGS,
    KillSwitchTripped: Action.KILL_SWITCH,
    KillSwitchReset: Action.KILL_SWITCH,
    DiscrepancyResolved: Action.DISCREPANCY,
}
_OF_THE_ACCOUNT = frozenset({Action.SETTINGS, Action.KILL_SWITCH})
"""Actions that concern every strategy of the account."""

_INCIDENTS: Mapping[type, str] = {
    KillSwitchTripped: "kill switch tripped",
    BreakerOpened: "breaker opened",
    BreakerHalfOpened: "breaker on trial",
    BreakerClosed: "breaker closed",
    CallFailed: "failed call",
    EntriesPaused: "entries paused after losses",
    EntriesResumed: "entries resumed",
    ReconciliationBegun: "reconciliation begun",
    ReconciliationEnded: "reconciliation ended",
    DiscrepancyFound: "discrepancy found",
    DiscrepancyResolved: "discrepancy resolved",
    DiscrepancyEnded: "discrepancy over",
    OrderOutcomeUnknown: "unknown outcome of an order",
    OrderRejected: "order rejected",
    OrderOverfilled: "more filled than ordered",
    OrderCancelRefused: "cancel refused",
    OrderAmendRefused: "amendment refused",
    PositionCloseFailed: "close failed",
    PositionOrphaned: "position without its strategy",
}
"""What each incident is called."""


def action_of(event: Event, *, is_first: bool = False) -> Action | None:
    """The kind of the action; None for an event that touches no capital.

    A decision to skip is none (a report counts them by reason), nor is the balance after a fill or after the funding of
    an open position, which are actions themselves. `is_first` states that no event caused this one: so it is with
    funding that was found after its position had closed.
    """
    if isinstance(event, DecisionMade) and event.verdict is Verdict.SKIP:
        return None
    if isinstance(event, BalanceChanged) and event.reason is not BalanceReason.TRANSFER:
        return Action.FUNDING if is_first and event.reason is BalanceReason.FUNDING else None
    return _ACTIONS.get(type(event))


def incident_of(event: Event) -> str | None:
    """What the incident is called; None for an event that is none. The start of an engine is a reconciliation, too."""
    if isinstance(event, ReconciliationBegun) and event.reason == ENGINE_STARTS:
        return "start of the engine"
    return _INCIDENTS.get(type(event))


def concerns_every_strategy(action: Action) -> bool:
    """Whether the action is on the whole account."""
    return action in _OF_THE_ACCOUNT
