"""The processes of a position whose stop has ended at the exchange: it gets a stop again, or it is closed.

The exchange ends the stop and the target of an entry with the position. What fills of the entry after that would be
held without a stop. Order ids are derived from the chain: `<chain>-s2`, `-t2`, then `-s3` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commands.covering import is_beyond, is_placed, missing, reducing
from commands.processes.closing_out import orders_of
from commands.processes.moment import Moment, fresh_until
from commands.routes import Command
from commands.stray_orders import is_gone
from commands.way_out import begin_close
from domain.closing import CloseReason
from domain.direction import PROTECTION, Purpose, exit_side
from domain.order import RESTING, Closed, OrderAccepted, OrderStatus, OrderTriggered, Working
from domain.portfolio import OpenPosition
from domain.position import PositionIncreased, PositionOpened, PositionReduced
from domain.streams import order_stream

_TRIGGERED = (frozenset({OrderStatus.TRIGGERED}), (OrderTriggered,))
"""The statuses and events after which the end of a stop is that of the market order that it became."""
_RESTED = (RESTING, (OrderAccepted, OrderTriggered))
"""Those after which a rejection is."""
_UNDER_WAY = frozenset({OrderStatus.TRIGGERED, OrderStatus.PARTIALLY_FILLED})


def protect_again(moment: Moment) -> Sequence[Command]:
    """After a fill of an entry whose stop has ended: places stop and target again, or closes where the fill's price is
    at or beyond the stop.

    Nothing follows while the kill switch is tripped, because then the fill is closed (0034).
    """
    event, held = moment.envelope.event, moment.portfolio.of_stream(moment.envelope.meta.stream)
    assert isinstance(event, PositionOpened | PositionIncreased)
    if held is None or moment.portfolio.account.tripped or not _is_bare(moment, held):
        return ()
    first = order_stream(moment.account, f"{_chain(moment, held)}-s1")
    if not is_placed(first, moment.branch.state):
        return ()
    return _close(moment, held) if is_beyond(event.price, held.state) else _renew(moment, held)


def follow_end_of_protection(moment: Moment) -> Sequence[Command]:
    """After the end of a stop or target whose position is open without a stop.

    Nothing follows while the exchange is known not to have the position: there is nothing to stop or to close there.
    """
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Closed) or order.terms.purpose not in PROTECTION:
        return ()
    return _after_end(moment, moment.portfolio.positions.get(order.terms.instrument), moment.subject, order)


def follow_last_fill_of_protection(moment: Moment) -> Sequence[Command]:
    """After a stop or target has filled as a whole and left a part of the position."""
    event = moment.envelope.event
    assert isinstance(event, PositionReduced)
    order = moment.branch.state(order_stream(moment.account, event.order_id))
    if not isinstance(order, Closed) or order.terms.purpose not in PROTECTION:
        return ()
    held = moment.portfolio.of_stream(moment.envelope.meta.stream)
    return _after_end(moment, held, event.order_id, order)


def _after_end(moment: Moment, held: OpenPosition | None, order_id: str, ended: Closed) -> Sequence[Command]:
    if held is None or ended.terms.side is not exit_side(held.state.direction) or not _is_bare(moment, held):
        return ()
    if is_gone(moment.portfolio.discrepancies, held.state.instrument):
        return ()
    of_plan = ended.terms.parent in (held.entry_order, *held.added)
    again = ended.terms.parent is None and order_id.startswith(f"{_chain(moment, held)}-")
    if not (of_plan or again):
        return ()
    reopened = of_plan and _is_reopened(moment, held)
    if ended.terms.purpose is Purpose.TARGET:
        return _renew(moment, held) if ended.filled or reopened else ()
    if ended.filled or _found_no_market(moment, order_id, ended) or (again and _is_refused(ended)):
        return _close(moment, held)
    return _renew(moment, held) if reopened else ()


def _found_no_market(moment: Moment, order_id: str, ended: Closed) -> bool:
    """Whether the stop's price was traded before its end: the book had nothing for the market order that it became.

    Bybit reports that as the rejection of a stop that rested, without a trigger before it.
    """
    rested, triggered = _RESTED if ended.status is OrderStatus.REJECTED else _TRIGGERED
    stream = order_stream(moment.account, order_id)
    before = moment.branch.durable(stream)
    if isinstance(before, Working) and before.restored in rested:
        return True
    here = (one.event for one in moment.branch.envelopes if one.meta.stream == stream)
    return any(isinstance(event, triggered) for event in here)


def _is_refused(ended: Closed) -> bool:
    """One that expired without an id of the exchange was never sent: it is placed again at a tick."""
    return ended.status is OrderStatus.REJECTED or (
        ended.status is OrderStatus.EXPIRED and bool(ended.venue_order_id)
    )


def _is_bare(moment: Moment, held: OpenPosition) -> bool:
    """Whether a position that has the price of a stop has no order that stops it and none that closes it already.

    A target that fills in parts counts as closing, because the exchange ends the stop when the target is triggered.
    """
    if held.state.stop is None or held.state.closing is not None:
        return False
    return not any(_stops(working) or working.status in _UNDER_WAY for working in _protection(moment, held))


def _stops(working: Working) -> bool:
    """Whether it is a stop that stays: one whose cancel was requested, with an earlier position, ends at any moment."""
    return working.terms.purpose is Purpose.STOP and working.status is not OrderStatus.CANCEL_REQUESTED


def _protection(moment: Moment, held: OpenPosition) -> Iterator[Working]:
    for working in reducing(held, moment.portfolio):
        if working.terms.purpose in PROTECTION:
            yield working


def _is_reopened(moment: Moment, held: OpenPosition) -> bool:
    """Whether the entry has filled more than is held, and no target works: an earlier position of it was closed.

    The ends of the earlier position's stop and target may be reported after the fill. In every other case the cancel of
    a stop may be the beginning of a target's fill or of a liquidation, and a tick looks whether the position lasts
    (`commands/reprotecting.py`).
    """
    entry = moment.branch.state(order_stream(moment.account, held.entry_order))
    is_more = isinstance(entry, Working | Closed) and entry.filled > held.state.quantity
    return is_more and not any(_protection(moment, held))


def _chain(moment: Moment, held: OpenPosition) -> str:
    chain = moment.branch.chain_of(held.stream)
    assert chain is not None
    return chain


def _renew(moment: Moment, held: OpenPosition) -> Sequence[Command]:
    """The stop and target that do not work any more; see `commands.covering.missing`."""
    return missing(
        held,
        _chain(moment, held),
        moment.portfolio,
        moment.account,
        moment.branch.state,
        fresh_until(moment),
    )


def _close(moment: Moment, held: OpenPosition) -> Sequence[Command]:
    """The order ids are a function of the event: one chain may open and close several positions."""
    return [begin_close(held, CloseReason.UNPROTECTED, _chain(moment, held), orders_of(moment, held))]
