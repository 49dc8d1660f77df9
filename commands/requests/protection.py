"""The commands of a request that moves the stop or the target of an open position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from commands import order as order_commands
from commands.bracket import bracket
from commands.request import MoveProtection
from commands.requests.grids import check_no_position_of_a_grid
from commands.requests.limits import check_levels, check_wider
from commands.requests.situation import Situation
from commands.routes import Command
from commands.stray_orders import check_not_gone
from domain.committees import Case, View
from domain.direction import PROTECTION, Purpose, entry_side, exit_side
from domain.entry import Entry
from domain.errors import InvalidInput, Refused
from domain.instrument import check_digits, closing_quantity
from domain.order import OrderPlaced, OrderStatus, OrderType, Working
from domain.portfolio import OpenPosition


def protection(held: OpenPosition, situation: Situation) -> Mapping[str, Working]:
    """The resting stop and target of an open position, by order id."""
    out = exit_side(held.state.direction)
    return {
        order_id: working
        for order_id, working in situation.portfolio.exits.items()
        if working.terms.instrument == held.state.instrument
        and working.terms.side is out
        and working.terms.purpose in PROTECTION
    }


def check_protective(terms: OrderPlaced, situation: Situation) -> None:
    """Raises Refused for a stop or target on the wrong side of the price of its open position."""
    held = situation.portfolio.positions.get(terms.instrument)
    if held is not None and terms.purpose in PROTECTION:
        _check_levels(held, terms.trigger_price, terms.limit_price, situation)


def move(request: MoveProtection, situation: Situation, chain: str) -> Sequence[Command]:
    """Amends the resting stop and target; places a new order for each of them that does not exist.

    Raises Refused where a price is beyond the limits, where the exchange is known not to have the position, and
    where the position belongs to a grid.
    """
    if request.stop is None and request.target is None:
        raise InvalidInput("neither a stop nor a target was given: there is nothing to move")
    held = situation.position(request.position)
    check_no_position_of_a_grid(held, situation)
    check_not_gone(held, situation.portfolio.discrepancies)
    _check_levels(held, request.stop, request.target, situation)
    resting: dict[Purpose, list[str]] = {}
    for order_id, working in protection(held, situation).items():
        resting.setdefault(working.terms.purpose, []).append(order_id)
    return [
        *_moved(held, resting, Purpose.STOP, request.stop, situation),
        *_moved(held, resting, Purpose.TARGET, request.target, situation),
        *_begun(held, resting, request, situation, chain),
    ]


def _check_levels(
    held: OpenPosition, stop: Decimal | None, target: Decimal | None, situation: Situation
) -> None:
    rules = situation.rules(held.state.instrument)
    for name, level in (("the stop", stop), ("the target", target)):
        if level is not None:
            check_digits(f"{name} of {held.id}", level, rules.tick)
    view = situation.view(rules)
    check_levels(_case_of(held, stop, target, situation, view))
    if stop is not None:
        check_wider(held, stop, view)


def _case_of(
    held: OpenPosition, stop: Decimal | None, target: Decimal | None, situation: Situation, view: View
) -> Case:
    entry = Entry(
        instrument=held.state.instrument,
        direction=held.state.direction,
        price=situation.prices.get(held.state.instrument, held.state.average_price),
        stop=stop,
        target=target,
        quantity=held.state.quantity,
        origin=None,
    )
    return Case(entry, view)


def _moved(
    held: OpenPosition,
    resting: Mapping[Purpose, Sequence[str]],
    purpose: Purpose,
    level: Decimal | None,
    situation: Situation,
) -> Iterator[Command]:
    if level is None:
        return
    for order_id in resting.get(purpose, ()):
        working = situation.portfolio.exits[order_id]
        if working.status is OrderStatus.TRIGGERED:
            raise Refused(f"order {order_id} was triggered: it closes {held.id} already")
        limit, trigger = (level, None) if purpose is Purpose.TARGET else (None, level)
        rules = situation.rules(working.terms.instrument)
        yield order_commands.AmendOrder(
            order_id=order_id, quantity=None, limit_price=limit, trigger_price=trigger, rules=rules
        )


def _begun(
    held: OpenPosition,
    resting: Mapping[Purpose, Sequence[str]],
    request: MoveProtection,
    situation: Situation,
    chain: str,
) -> Sequence[Command]:
    """New protective orders. Their parent is the entry, so that the exchange cancels the other order when one fills."""
    rules = situation.rules(held.state.instrument)
    entry = OrderPlaced(
        instrument=held.state.instrument,
        side=entry_side(held.state.direction),
        type=OrderType.MARKET,
        quantity=closing_quantity(held.state.quantity, rules),
        limit_price=None,
        trigger_price=None,
        reduce_only=False,
        purpose=Purpose.ENTRY,
        parent=None,
        fresh_until=situation.fresh_until,
    )
    stop = None if Purpose.STOP in resting else request.stop
    target = None if Purpose.TARGET in resting else request.target
    return bracket(chain, held.entry_order, entry, rules, stop, target)
