"""The processes of a reversal's second leg: its entry is judged once the position is flat, or withdrawn before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.processes.deciding import view_of
from commands.processes.moment import Moment
from commands.processes.pausing import with_pauses
from commands.routes import Command
from commands.signal import RecordReversal
from domain.account import KillSwitchTripped
from domain.breaker import BreakerOpened
from domain.committees import Flat, decide_reversal, withdrawn_reversal
from domain.position import PositionClosed, PositionCloseFailed, PositionCloseWithdrawn
from domain.reconciliation import ReconciliationBegun
from domain.signal import Decided
from domain.streams import parse_position, signal_stream

REASONS: Mapping[type, str] = {
    PositionCloseFailed: "CLOSE_FAILED",
    PositionCloseWithdrawn: "CLOSE_WITHDRAWN",
    KillSwitchTripped: "KILL_SWITCH",
    BreakerOpened: "CIRCUIT_BREAKER_OPEN",
    ReconciliationBegun: "RECONCILING",
}
"""The events that withdraw the entry of a reversal before its position is flat, with the reason."""


def decide_second_leg(moment: Moment) -> Sequence[Command]:
    """Judges the entry of a reversal whose position is flat, whichever order closed it.

    The profit of the close is settled, and may trip the kill switch, before this command is carried out; a leg that
    the trip withdrew stays withdrawn. A pause that the loss of the close begins is in force for the entry.
    """
    closed, meta = moment.envelope.event, moment.envelope.meta
    assert isinstance(closed, PositionClosed)
    instrument = parse_position(meta.stream).instrument
    pending = moment.portfolio.reversals.get(instrument)
    if pending is None:
        return ()
    decided = moment.branch.state(signal_stream(moment.account, pending.chain))
    assert isinstance(decided, Decided)
    flat = Flat(closed.price, closed.balance, meta.occurred_at)
    view = view_of(with_pauses(moment), instrument, decided.score)
    leg = decide_reversal(decided, pending.decided_at, flat, view)
    return [RecordReversal(pending.chain, leg)]


def withdraw_reversal(moment: Moment) -> Sequence[Command]:
    """Withdraws the entry of a reversal whose close failed or was withdrawn."""
    return _withdrawn(moment, (parse_position(moment.envelope.meta.stream).instrument,))


def withdraw_reversals(moment: Moment) -> Sequence[Command]:
    """Withdraws the entry of every reversal whose position is not flat yet."""
    return _withdrawn(moment, tuple(moment.portfolio.reversals))


def _withdrawn(moment: Moment, instruments: Sequence[str]) -> Sequence[Command]:
    reason, pending = REASONS[type(moment.envelope.event)], moment.portfolio.reversals
    return [
        RecordReversal(pending[name].chain, withdrawn_reversal(reason, view_of(moment, name)))
        for name in instruments
        if name in pending
    ]
