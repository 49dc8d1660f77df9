"""The processes of a position whose stop has ended at the exchange: it gets a stop again, or it is closed.

The exchange ends the stop and the target of an entry with the position. What fills of the entry after that would be
held without a stop. Order ids are derived from the chain: `<chain>-s2`, `-t2`, then `-s3` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from commands.bracket import renewed
from commands.processes.closing_out import orders_of
from commands.processes.moment import Moment, fresh_until
from commands.routes import Command
from commands.way_out import begin_close
from domain.arithmetic import EXACT, total
from domain.closing import CloseReason
from domain.direction import PROTECTION, Direction, Purpose, exit_side
from domain.order import Closed, OrderStatus, Unplaced, Working, leaves
from domain.portfolio import OpenPosition
from domain.position import Open, PositionIncreased, PositionOpened, PositionReduced
from domain.streams import order_stream

_NEVER_RESTED = frozenset({OrderStatus.REJECTED, OrderStatus.EXPIRED})
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
    if not _is_placed(moment, f"{_chain(moment, held)}-s1"):
        return ()
    return _close(moment, held) if _is_beyond(event.price, held.state) else _renew(moment, held)


def follow_end_of_protection(moment: Moment) -> Sequence[Command]:
    """After the end of a stop or target whose position is open without a stop."""
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
    of_plan = ended.terms.parent == held.entry_order
    again = ended.terms.parent is None and order_id.startswith(f"{_chain(moment, held)}-")
    if not (of_plan or again):
        return ()
    if ended.terms.purpose is Purpose.TARGET:
        return _renew(moment, held) if ended.filled else ()
    if ended.filled or (again and ended.status in _NEVER_RESTED):
        return _close(moment, held)
    return _renew(moment, held) if of_plan and _is_reopened(moment, held) else ()


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
    state = held.state
    for working in moment.portfolio.exits.values():
        terms = working.terms
        if (
            terms.purpose in PROTECTION
            and terms.instrument == state.instrument
            and terms.side is exit_side(state.direction)
        ):
            yield working


def _is_beyond(price: Decimal, state: Open) -> bool:
    assert state.stop is not None
    return price <= state.stop if state.direction is Direction.LONG else price >= state.stop


def _is_reopened(moment: Moment, held: OpenPosition) -> bool:
    """Whether the entry has filled more than is held: an earlier position of it was closed, or a part of this one.

    The end of the earlier position's stop may be reported after the fill. While all that was filled is held, the cancel
    of a stop is the beginning of a target's fill or of a liquidation.
    """
    entry = moment.branch.state(order_stream(moment.account, held.entry_order))
    return isinstance(entry, Working | Closed) and entry.filled > held.state.quantity


def _chain(moment: Moment, held: OpenPosition) -> str:
    chain = moment.branch.chain_of(held.stream)
    assert chain is not None
    return chain


def _is_placed(moment: Moment, order_id: str) -> bool:
    return not isinstance(moment.branch.state(order_stream(moment.account, order_id)), Unplaced)


def _renew(moment: Moment, held: OpenPosition) -> Sequence[Command]:
    """A stop for what is held and what its entry may still fill, and a target for what is held."""
    chain, state = _chain(moment, held), held.state
    number = 2
    while any(_is_placed(moment, f"{chain}-{leg}{number}") for leg in "st"):
        number += 1
    waiting = total(
        leaves(entry.order)
        for entry in moment.portfolio.entries.values()
        if entry.instrument == state.instrument and entry.direction is state.direction
    )
    return renewed(
        chain,
        number,
        state,
        moment.portfolio.instruments[state.instrument],
        EXACT.add(state.quantity, waiting),
        fresh_until(moment),
    )


def _close(moment: Moment, held: OpenPosition) -> Sequence[Command]:
    """The order ids are a function of the event: one chain may open and close several positions."""
    return [begin_close(held, CloseReason.UNPROTECTED, _chain(moment, held), orders_of(moment, held))]
