"""The commands of requests that place, amend or cancel a manual order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from commands import order as order_commands
from commands.account import ReleaseFunds, ReserveFunds
from commands.bracket import bracket
from commands.covering import reducing
from commands.order import CancelOrder, amended_by, check_terms
from commands.position import MoveProtection
from commands.request import AmendOrder, ManualTerms, PlaceOrder
from commands.requests.grids import check_no_order_of_a_grid, check_no_position_of_a_grid
from commands.requests.limits import case_of, check_alone, check_entry, check_levels
from commands.requests.protection import check_protective, protection
from commands.requests.situation import Situation
from commands.routes import Command
from commands.stray_orders import check_not_gone
from domain.arithmetic import EXACT, ZERO
from domain.committees import Case, View
from domain.direction import Purpose, Side, towards
from domain.errors import InvalidInput, Refused, RefusedForNow
from domain.instrument import Instrument, check_digits, closing_quantity
from domain.order import Closed, OrderPlaced, OrderStatus, Working
from domain.portfolio import OpenPosition, with_levels
from domain.streams import order_stream

_Price = TypeVar("_Price", Decimal, Decimal | None)


class Meant(Struct, frozen=True, gc=False, kw_only=True):
    """An order that may be placed, and its case before the committees, which is None for a reducing order."""

    terms: OrderPlaced
    rules: Instrument
    price: Decimal | None
    case: Case | None


def meant(terms: ManualTerms, situation: Situation) -> Meant:
    """The order with these terms, if it may be placed now.

    Raises InvalidInput for terms that the instrument does not allow. Raises Refused for an entry beyond the limits of
    `commands/requests/limits.py` and for a reduction without a position.
    """
    rules = situation.rules(terms.instrument)
    placed = _placed(terms, rules, situation)
    check_terms(placed, rules)
    _check_trigger(terms, situation)
    if terms.reduce_only:
        _check_reducing(terms, situation)
        return Meant(
            terms=placed, rules=rules, price=_named(terms, situation.prices.get(terms.instrument)), case=None
        )
    case = _checked(terms, situation, situation.view(rules))
    return Meant(terms=placed, rules=rules, price=case.entry.price, case=case)


def _named(terms: ManualTerms, last: _Price) -> _Price:
    """The limit or trigger price of the order, else the last known price."""
    return terms.limit_price or terms.trigger_price or last


def _placed(terms: ManualTerms, rules: Instrument, situation: Situation) -> OrderPlaced:
    return OrderPlaced(
        instrument=terms.instrument,
        side=terms.side,
        type=terms.type,
        quantity=_sent_quantity(terms, rules, situation),
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        reduce_only=terms.reduce_only,
        purpose=Purpose.MANUAL if terms.reduce_only else Purpose.ENTRY,
        parent=None,
        fresh_until=situation.fresh_until,
    )


def _sent_quantity(terms: ManualTerms, rules: Instrument, situation: Situation) -> Decimal:
    """The quantity of the order, which is that of a close where it reduces all that is held."""
    held = situation.portfolio.positions.get(terms.instrument)
    if not terms.reduce_only or held is None or terms.quantity < held.state.quantity:
        return terms.quantity
    return closing_quantity(held.state.quantity, rules)


def _check_trigger(terms: ManualTerms, situation: Situation) -> None:
    """Raises RefusedForNow if the last price is unknown, Refused if it is at or beyond the trigger price already."""
    if terms.trigger_price is None:
        return
    price = situation.prices.get(terms.instrument)
    if price is None:
        raise RefusedForNow(f"no price of {terms.instrument} is known yet: a trigger cannot be checked")
    if price >= terms.trigger_price if terms.side is Side.BUY else price <= terms.trigger_price:
        raise Refused(
            f"a {terms.side} trigger at {terms.trigger_price} is passed already: the last price is {price}"
        )


def _check_reducing(terms: ManualTerms, situation: Situation) -> None:
    """Raises Refused for an order that reduces nothing, more than is held, or less than the exchange takes, and where
    the exchange is known not to have the position.

    All that is held may be less than the exchange takes (`closing_quantity`).
    """
    if terms.stop is not None or terms.target is not None:
        raise InvalidInput(
            "an order that only reduces has no stop and no target: the rest of the position keeps its own"
        )
    held = situation.portfolio.positions.get(terms.instrument)
    if held is None or held.state.direction is towards(terms.side):
        raise Refused(f"there is no position in {terms.instrument} that a {terms.side} order could reduce")
    check_not_gone(held, situation.portfolio.discrepancies)
    rest, rules = held.state.quantity, situation.rules(terms.instrument)
    if terms.quantity > closing_quantity(rest, rules):
        raise Refused(f"{held.id} holds {rest}: {terms.quantity} is more than that")
    if terms.quantity < min(rest, rules.min_quantity):
        raise Refused(
            f"a quantity of {terms.quantity} is less than the least quantity of an order in {terms.instrument}, "
            f"{rules.min_quantity:f}: only an order that closes all of {held.id}, {rest}, may be smaller"
        )


def _checked(terms: ManualTerms, situation: Situation, view: View) -> Case:
    """Checks each case of the entry; returns the higher-priced one."""
    judged = cases(terms, situation, view)
    for case in judged:
        check_entry(case)
    return max(judged, key=lambda case: case.entry.price)


def cases(terms: ManualTerms, situation: Situation, view: View) -> Sequence[Case]:
    """The entry at its price and, if it trades at once at another one, at the last price.

    Raises Refused where no price is known, InvalidInput for a stop or a target between two ticks.
    """
    rules, last = view.listed, situation.last_price(view.listed.id)
    price, limit = _named(terms, last), terms.limit_price
    for name, level in (("the stop", terms.stop), ("the target", terms.target)):
        if level is not None:
            check_digits(f"{name} on {rules.id}", level, rules.tick)
    trades_at = last if limit is not None and crosses(terms.side, limit, last) else price
    return [case_of(terms, one, view) for one in {price, trades_at}]


def crosses(side: Side, limit: Decimal, price: Decimal) -> bool:
    """Whether an order with this limit trades at this price."""
    return limit >= price if side is Side.BUY else limit <= price


def place(request: PlaceOrder, situation: Situation, chain: str) -> Sequence[Command]:
    """The entry with its reservation and its protection, or the reducing order."""
    order = meant(request.terms, situation)
    if order.case is None:
        return [order_commands.PlaceOrder(f"{chain}-x1", order.terms, order.rules)]
    check_alone(order.case.entry, situation)
    check_protected(request.terms, situation)
    held = situation.portfolio.positions.get(order.rules.id)
    if held is not None:
        check_no_position_of_a_grid(held, situation)
    entry_id, terms = f"{chain}-e1", request.terms
    return [
        ReserveFunds(entry_id, order.case.plan.margin),
        order_commands.PlaceOrder(entry_id, order.terms, order.rules),
        *bracket(chain, entry_id, order.terms, order.rules, terms.stop, terms.target),
        *(_grown(held, terms, situation) if held is not None else ()),
    ]


def check_protected(terms: ManualTerms, situation: Situation) -> None:
    """Raises Refused where the entry increases a position and brings a stop or a target: the position has its own."""
    held = situation.portfolio.positions.get(terms.instrument)
    if held is None or (terms.stop is None and terms.target is None):
        return
    if held.state.stop is None and held.state.target is None:
        raise Refused(
            f"{held.id} is open without a stop and a target, and an entry that increases it brings none: give the "
            "position its own first (moveProtection)"
        )
    raise Refused(
        f"{held.id} is open: its own stop and target cover the increase; move those instead (moveProtection)"
    )


def _grown(held: OpenPosition, terms: ManualTerms, situation: Situation) -> Sequence[Command]:
    """Increases the quantity of a position's protection by the quantity of the entry that increases the position.

    Of several stops or targets the first covers the increase.
    """
    rules = situation.rules(terms.instrument)
    of_purpose: dict[Purpose, str] = {}
    for order_id, working in protection(held, situation).items():
        of_purpose.setdefault(working.terms.purpose, order_id)
    return [
        order_commands.AmendOrder(
            order_id=order_id,
            quantity=EXACT.add(situation.portfolio.exits[order_id].terms.quantity, terms.quantity),
            limit_price=None,
            trigger_price=None,
            rules=rules,
        )
        for order_id in of_purpose.values()
    ]


def amend(request: AmendOrder, situation: Situation, _chain: str) -> Sequence[Command]:
    """Amends an order; new terms that add exposure are judged like a new order.

    An amended quantity of an entry is also requested for its protection. Raises Refused for an order of a grid.
    """
    working, order_id = _working(request.order_id, situation), request.order_id
    check_no_order_of_a_grid(order_id, situation)
    rules = situation.rules(working.terms.instrument)
    amendment = order_commands.AmendOrder(
        order_id=order_id,
        quantity=request.quantity,
        limit_price=request.limit_price,
        trigger_price=request.trigger_price,
        rules=rules,
    )
    terms = amended_by(amendment, working.terms)
    check_terms(terms, rules)
    if terms.quantity <= working.filled:
        raise Refused(f"order {order_id} has filled {working.filled} already: cancel the rest instead")
    if working.terms.reduce_only:
        _check_needed(working, situation)
        _check_way_out(terms, request, situation)
        return [amendment]
    return [*_reserved(order_id, terms, situation), amendment, *_followed(order_id, terms, situation)]


def _check_needed(working: Working, situation: Situation) -> None:
    """Raises Refused where the order reduces a position that the exchange is known not to have."""
    portfolio = situation.portfolio
    held = portfolio.positions.get(working.terms.instrument)
    if held is not None and any(one is working for one in reducing(held, portfolio)):
        check_not_gone(held, portfolio.discrepancies)


def _check_way_out(terms: OrderPlaced, request: AmendOrder, situation: Situation) -> None:
    if terms.purpose is Purpose.MANUAL:
        _check_reducing(_manual(terms, None, None), situation)
    elif request.quantity is not None:
        raise Refused(
            f"order {request.order_id} protects all of its position: its quantity follows the position"
        )
    check_protective(terms, situation)
    _check_awaited(terms, situation)


def _check_awaited(terms: OrderPlaced, situation: Situation) -> None:
    """Judges the entry that this order protects again, if the entry would risk more than before."""
    entry = situation.portfolio.entries.get(terms.parent or "")
    if entry is None or terms.parent is None:
        return
    stop = terms.trigger_price if terms.purpose is Purpose.STOP else entry.stop
    target = terms.limit_price if terms.purpose is Purpose.TARGET else entry.target
    view = situation.view(situation.rules(terms.instrument), without=terms.parent)
    if entry.price is None or with_levels(entry, stop=stop, target=target).risk > entry.risk:
        _checked(_manual(entry.order.terms, stop, target), situation, view)
        return
    check_levels(case_of(_manual(entry.order.terms, stop, target), entry.price, view))


def _working(order_id: str, situation: Situation) -> Working:
    portfolio = situation.portfolio
    entry = portfolio.entries.get(order_id)
    order = portfolio.exits.get(order_id) if entry is None else entry.order
    if isinstance(order, Working):
        return order
    known = order_stream(situation.identity.account, order_id) in situation.world.versions
    raise Refused(
        f"order {order_id} {'has ended' if known else 'was never placed here'}: nothing is left to amend"
    )


def _reserved(order_id: str, terms: OrderPlaced, situation: Situation) -> Sequence[Command]:
    """Reserves more funds if the new terms need more.

    After a refused amendment the surplus is released at the order's end. The order is judged in a view without this
    order, in which it would count twice.
    """
    portfolio = situation.portfolio
    entry, kept = portfolio.entries[order_id], portfolio.account.reserved.get(order_id, ZERO)
    view = situation.view(situation.rules(terms.instrument), without=order_id)
    margin = _checked(_manual(terms, entry.stop, entry.target), situation, view).plan.margin
    return [ReleaseFunds(order_id), ReserveFunds(order_id, margin)] if margin > kept else ()


def _manual(terms: OrderPlaced, stop: Decimal | None, target: Decimal | None) -> ManualTerms:
    return ManualTerms(
        instrument=terms.instrument,
        side=terms.side,
        type=terms.type,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        reduce_only=terms.reduce_only,
        stop=stop,
        target=target,
    )


def _followed(order_id: str, terms: OrderPlaced, situation: Situation) -> Sequence[Command]:
    rules = situation.rules(terms.instrument)
    return [
        order_commands.AmendOrder(
            order_id=child, quantity=terms.quantity, limit_price=None, trigger_price=None, rules=rules
        )
        for child, exit_ in situation.portfolio.exits.items()
        if exit_.terms.parent == order_id
    ]


def cancel(request: CancelOrder, situation: Situation, _chain: str) -> Sequence[Command]:
    """Cancels an order. Raises Refused for a filled order, for the stop of an open position or a waiting entry, and for
    the target of a grid's level.
    """
    _check_unfilled(request.order_id, situation)
    exit_ = situation.portfolio.exits.get(request.order_id)
    if exit_ is not None and exit_.terms.purpose is Purpose.TARGET:
        check_no_order_of_a_grid(request.order_id, situation)
    for held in situation.portfolio.positions.values():
        guarding = protection(held, situation).get(request.order_id)
        if guarding is None:
            continue
        if guarding.terms.purpose is Purpose.STOP:
            raise Refused(
                f"order {request.order_id} is the stop of {held.id}: move it, or close the position"
            )
        gone = MoveProtection(held.stream, held.state.stop, None)
        return [*(CancelOrder(one, request.reason) for one in _targets(held, situation)), gone]
    _check_not_awaited(request.order_id, situation)
    return [CancelOrder(request.order_id, request.reason)]


def _targets(held: OpenPosition, situation: Situation) -> Sequence[str]:
    """The ids of the position's targets: each entry that increased the position may have brought one."""
    found = protection(held, situation).items()
    return [order_id for order_id, working in found if working.terms.purpose is Purpose.TARGET]


def _check_unfilled(order_id: str, situation: Situation) -> None:
    state = situation.world.state(order_stream(situation.identity.account, order_id))
    if isinstance(state, Closed) and state.status is OrderStatus.FILLED:
        raise Refused(f"order {order_id} is filled already: nothing is left to cancel")


def _check_not_awaited(order_id: str, situation: Situation) -> None:
    """Raises Refused for the stop of a waiting entry, because the entry's risk was judged with this stop."""
    order = situation.portfolio.exits.get(order_id)
    if order is None or order.terms.purpose is not Purpose.STOP:
        return
    if order.terms.parent in situation.portfolio.entries:
        raise Refused(
            f"order {order_id} is the stop of {order.terms.parent}, which waits: move the stop, or cancel the entry"
        )
