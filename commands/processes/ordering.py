"""The process after a decision: it places the orders that carry the decision out.

An entry is sent with its protective stop and its target, which rest at the exchange from the first fill on. Order ids
are derived from the chain: `<signal>-e1` entry, `-s1` stop, `-t1` target, `-x1` the first attempt of an exit. A grid
has entries `-e1` to `-e<n>`, each with its stop and target.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from commands.account import ReserveFunds
from commands.bracket import bracket
from commands.grid_orders import grid_orders
from commands.order import PlaceOrder
from commands.processes.moment import Moment, entry_fresh_until
from commands.processes.withdrawing import withdrawn
from commands.routes import Command
from commands.way_out import begin_close
from domain.closing import CloseReason
from domain.direction import Purpose, entry_side
from domain.opposed import taken_out
from domain.order import OrderPlaced, OrderType
from domain.signal import Decided, ReversalDecided, SignalDetected, Verdict
from domain.sizing.size import leverage_of, margin_required


def place_orders(moment: Moment) -> Sequence[Command]:
    """The orders of the verdict: an entry with its protection, an exit, or none."""
    decided = moment.branch.state(moment.envelope.meta.stream)
    assert isinstance(decided, Decided)
    if decided.decision.verdict is Verdict.SKIP:
        return ()
    if decided.decision.verdict is Verdict.ENTER:
        return _enter(moment, decided, decided.signal.price, entry_fresh_until(moment, decided.signal))
    return _exit(moment, decided.signal)


def place_reversal(moment: Moment) -> Sequence[Command]:
    """The entry of a reversal and its protection, once the opposed position is flat; none if it was withdrawn."""
    decided, leg = moment.branch.state(moment.envelope.meta.stream), moment.envelope.event
    assert isinstance(decided, Decided)
    assert isinstance(leg, ReversalDecided)
    if leg.price is None or leg.fresh_until is None:
        return ()
    until = entry_fresh_until(moment, decided.signal, leg.fresh_until)
    return _enter(moment, decided, leg.price, until, leg.quantity)


def _enter(
    moment: Moment, decided: Decided, price: Decimal, until: datetime, less: Decimal | None = None
) -> Sequence[Command]:
    """The orders of an entry; `less` is its quantity where that is not the decided one."""
    entry_id, signal, decision = f"{moment.subject}-e1", decided.signal, decided.decision
    rules = moment.portfolio.instruments[signal.instrument]
    if signal.grid is not None:
        in_force = moment.portfolio.leverage_in_force(rules.id)
        return grid_orders(moment.subject, signal, decision, rules, in_force, until)
    leverage = leverage_of(rules, moment.portfolio.leverage_in_force(rules.id))
    quantity = decision.quantity if less is None else less
    margin = margin_required(rules, quantity, price, leverage)
    entry = OrderPlaced(
        instrument=rules.id,
        side=entry_side(signal.direction),
        type=OrderType.MARKET,
        quantity=quantity,
        limit_price=None,
        trigger_price=None,
        reduce_only=False,
        purpose=Purpose.ENTRY,
        parent=None,
        fresh_until=until,
    )
    return [
        ReserveFunds(entry_id, margin),
        PlaceOrder(entry_id, entry, rules),
        *bracket(moment.subject, entry_id, entry, rules, decision.stop, decision.target),
    ]


def _exit(moment: Moment, signal: SignalDetected) -> Sequence[Command]:
    """Cancels waiting entries and begins the close of the open position.

    Only entries and positions that may be taken out for the signal: an order against others would add exposure.
    """
    out = taken_out(signal, signal.strategy, moment.portfolio)
    waiting = [command for order_id in out.waiting for command in withdrawn(moment, order_id, "REVERSAL")]
    if out.held is None:
        return waiting
    return [*waiting, begin_close(out.held, CloseReason.SIGNAL, moment.subject)]
