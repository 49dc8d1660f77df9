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
from commands.processes.gridding import (
    end_on_close,
    end_on_signal,
    end_on_trip,
    end_when_done,
    follow_reduction,
    withdraw_levels,
)
from commands.processes.managing import carry_out
from commands.processes.moment import Moment
from commands.processes.ordering import place_orders, place_reversal
from commands.processes.pausing import pause_on_losses
from commands.processes.protecting import align_addition, cancel_own_stops, follow_protection, keep_target
from commands.processes.renewing import (
    follow_end_of_protection,
    follow_last_fill_of_protection,
    protect_again,
)
from commands.processes.reversing import decide_second_leg, withdraw_reversal, withdraw_reversals
from commands.processes.routing import route
from commands.processes.scoring import judge_scored
from commands.processes.withdrawing import cancel_legs, withdraw_entries, withdraw_rest
from commands.routes import Command
from domain.account import BalanceChanged, KillSwitchTripped
from domain.breaker import BreakerOpened
from domain.managed import PositionManaged
from domain.order import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCancelRefused,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderOverfilled,
    OrderRejected,
)
from domain.position import (
    PositionClosed,
    PositionCloseFailed,
    PositionCloseRetried,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
)
from domain.reconciliation import ReconciliationBegun
from domain.scored import SignalScored
from domain.signal import DecisionMade, GridEnded, ReversalDecided, SignalDetected

Process = Callable[[Moment], Sequence[Command]]

PROCESSES: Mapping[type, tuple[Process, ...]] = {
    SignalDetected: (judge,),
    SignalScored: (judge_scored,),
    DecisionMade: (end_on_signal, place_orders, route),
    ReversalDecided: (place_reversal,),
    GridEnded: (withdraw_levels,),
    OrderFilled: (apply_fill, release_funds, align_addition),
    OrderOverfilled: (trip_on_overfill,),
    OrderAccepted: (follow_protection,),
    OrderCancelRefused: (keep_target,),
    OrderAmended: (release_funds, follow_protection, follow_end_of_protection),
    OrderCancelled: (release_funds, fail_after_order, cancel_legs, follow_end_of_protection, end_when_done),
    OrderRejected: (release_funds, fail_after_order, follow_end_of_protection, end_when_done),
    OrderExpired: (release_funds, fail_after_order, follow_end_of_protection, end_when_done),
    OrderDenied: (release_funds, fail_after_order, end_when_done),
    PositionOpened: (settle, close_after_trip, protect_again),
    PositionIncreased: (settle, reduce_after_trip, protect_again),
    PositionReduced: (settle, fail_after_fill, follow_last_fill_of_protection, follow_reduction),
    PositionClosed: (
        settle,
        trip_on_win_rate,
        pause_on_losses,
        cancel_own_stops,
        withdraw_rest,
        decide_second_leg,
        follow_reduction,
    ),
    PositionFunded: (settle,),
    PositionManaged: (carry_out,),
    PositionClosing: (send_attempt, end_on_close),
    PositionCloseRetried: (send_attempt,),
    PositionCloseFailed: (withdraw_reversal,),
    PositionCloseWithdrawn: (withdraw_reversal,),
    BalanceChanged: (trip_on_daily_loss,),
    KillSwitchTripped: (withdraw_entries, withdraw_reversals, close_on_trip, end_on_trip),
    BreakerOpened: (withdraw_reversals,),
    ReconciliationBegun: (withdraw_reversals,),
}

__all__ = ["PROCESSES", "Moment", "Process"]
