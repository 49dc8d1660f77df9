"""The table of processes. A process is a function that returns the commands that follow from an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from commands.processes.closing import (
    release_funds,
    trip_on_daily_loss,
    trip_on_overfill,
    trip_on_win_rate,
)
from commands.processes.closing_out import (
    close_after_trip,
    close_on_trip,
    fail_after_fill,
    fail_after_order,
    reduce_after_trip,
    send_attempt,
)
from commands.processes.deciding import judge
from commands.processes.filling import apply_fill, settle
from commands.processes.moment import Moment
from commands.processes.ordering import place_orders
from commands.processes.protecting import cancel_own_stops, follow_protection
from commands.processes.renewing import (
    follow_end_of_protection,
    follow_last_fill_of_protection,
    protect_again,
)
from commands.processes.withdrawing import cancel_legs, withdraw_entries, withdraw_rest
from commands.routes import Command
from domain.account import BalanceChanged, KillSwitchTripped
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
    PositionCloseRetried,
    PositionClosing,
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
    OrderAmended: (release_funds, follow_protection, follow_end_of_protection),
    OrderCancelled: (release_funds, fail_after_order, cancel_legs, follow_end_of_protection),
    OrderRejected: (release_funds, fail_after_order, follow_end_of_protection),
    OrderExpired: (release_funds, fail_after_order, follow_end_of_protection),
    OrderDenied: (release_funds, fail_after_order),
    PositionOpened: (settle, close_after_trip, protect_again),
    PositionIncreased: (settle, reduce_after_trip, protect_again),
    PositionReduced: (settle, fail_after_fill, follow_last_fill_of_protection),
    PositionClosed: (settle, trip_on_win_rate, cancel_own_stops, withdraw_rest),
    PositionFunded: (settle,),
    PositionClosing: (send_attempt,),
    PositionCloseRetried: (send_attempt,),
    BalanceChanged: (trip_on_daily_loss,),
    KillSwitchTripped: (withdraw_entries, close_on_trip),
}

__all__ = ["PROCESSES", "Moment", "Process"]
