"""The table of processes. A process is a function that returns the commands that follow from an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from commands.processes.closing import release_funds, trip_on_overfill, trip_on_win_rate
from commands.processes.deciding import judge
from commands.processes.filling import apply_fill, settle
from commands.processes.moment import Moment
from commands.processes.ordering import place_orders
from commands.processes.protecting import follow_protection
from commands.processes.withdrawing import withdraw_entries
from commands.routes import Command
from domain.account import KillSwitchTripped
from domain.order import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderOverfilled,
    OrderRejected,
)
from domain.position import (
    PositionClosed,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)
from domain.signal import DecisionMade, SignalDetected

Process = Callable[[Moment], Sequence[Command]]

PROCESSES: Mapping[type, tuple[Process, ...]] = {
    SignalDetected: (judge,),
    DecisionMade: (place_orders,),
    OrderFilled: (apply_fill, release_funds),
    OrderOverfilled: (trip_on_overfill,),
    OrderAccepted: (follow_protection,),
    OrderAmended: (release_funds, follow_protection),
    OrderCancelled: (release_funds,),
    OrderRejected: (release_funds,),
    OrderExpired: (release_funds,),
    OrderDenied: (release_funds,),
    PositionOpened: (settle,),
    PositionIncreased: (settle,),
    PositionReduced: (settle,),
    PositionClosed: (settle, trip_on_win_rate),
    PositionFunded: (settle,),
    KillSwitchTripped: (withdraw_entries,),
}

__all__ = ["PROCESSES", "Moment", "Process"]
