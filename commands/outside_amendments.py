"""Outside amendments: a person or another program has given an order of this log other terms at the exchange.

The order trades by its new terms, so they are recorded as they are. Nobody has judged its risk by them, so that a
discrepancy names each term, ours and theirs, and denies entries. A stop that was moved to a worse price than the log
decided is moved back: size and risk of the entry were judged with it (0077). A person judges the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from commands.exchange import Amended
from commands.order import AmendOrder
from commands.reconciliation import recorded, renumbered, unnumbered
from commands.routes import Command
from commands.world import World
from domain.arithmetic import EXACT
from domain.direction import PROTECTION, Purpose, Side
from domain.order import LIFE, PENDING, Closed, OrderAmendRequested, OrderPlaced, Working
from domain.order_id import is_of_an_engine
from domain.portfolio import Portfolio
from domain.reconciliation.differences import OrderAmendedOutside
from domain.streams import order_stream

_BEGIN = f"difference:{OrderAmendedOutside.__name__}:"


def after_amendment(report: Amended, world: World, account: str) -> Sequence[Command]:
    """What follows the report where nobody here has requested the amendment: the discrepancy, and the stop's way back.

    Nothing follows where a request of ours is pending, which it may answer; where the report changes nothing; for
    orders of others that were adopted; and for the quantity of a reducing order, which the exchange itself cuts with
    the position and lets grow with its entry.
    """
    state = world.state(order_stream(account, report.order_id))
    if not isinstance(state, Working) or state.status in PENDING or not is_of_an_engine(report.order_id):
        return ()
    terms = state.terms
    changes = {name: (ours, theirs) for name, ours, theirs in _terms(report, terms) if ours != theirs}
    if not changes:
        return ()
    found = recorded(
        OrderAmendedOutside(
            subject=report.order_id,
            ours=tuple((name, ours) for name, (ours, _) in changes.items()),
            theirs=tuple((name, theirs) for name, (_, theirs) in changes.items()),
        )
    )
    named = renumbered(found, world.portfolio.discrepancies, _always)
    return [named, *_moved_back(report, state, world.portfolio)]


def _always(_discrepancy_id: str) -> bool:
    """Each amendment is one of its own."""
    return True


def is_undone(discrepancy_id: str, state_of: Callable[[str], object]) -> bool:
    """Whether it is the discrepancy of an order that has other terms than the exchange's again, or of protection that
    has ended. `state_of` gives the state of an order id.
    """
    if not discrepancy_id.startswith(_BEGIN):
        return False
    order_id, *named = unnumbered(discrepancy_id).removeprefix(_BEGIN).split(":")
    state = state_of(order_id)
    if isinstance(state, Closed):
        return state.terms.purpose in PROTECTION
    return isinstance(state, Working) and not any(
        value is not None and Decimal(theirs) == value
        for name, _, theirs in (one.partition("=") for one in named)
        for value in (_BY_NAME[name](state.terms),)
    )


_BY_NAME: Mapping[str, Callable[[OrderPlaced], Decimal | None]] = {
    "quantity": lambda terms: terms.quantity,
    "limit": lambda terms: terms.limit_price,
    "trigger": lambda terms: terms.trigger_price,
}


def _terms(report: Amended, terms: OrderPlaced) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Each term that both sides have: its name, ours, theirs."""
    theirs = {"quantity": report.quantity, "limit": report.limit_price, "trigger": report.trigger_price}
    for name, of in _BY_NAME.items():
        our, their = of(terms), theirs[name]
        if our is not None and their is not None and not (name == "quantity" and terms.reduce_only):
            yield name, our, their


def _moved_back(report: Amended, state: Working, portfolio: Portfolio) -> Iterator[Command]:
    """A price that does not fit the instrument's present rules is not requested: the exchange would refuse it."""
    terms, rules = state.terms, portfolio.instruments[state.terms.instrument]
    planned, moved = state.decided_trigger, report.trigger_price
    if terms.purpose is not Purpose.STOP or state.status not in LIFE[OrderAmendRequested]:
        return
    if planned is None or moved is None or not _is_worse(moved, planned, terms.side):
        return
    if EXACT.remainder(planned, rules.tick):
        return
    yield AmendOrder(
        order_id=report.order_id,
        quantity=None,
        limit_price=None,
        trigger_price=planned,
        rules=rules,
    )


def _is_worse(moved: Decimal, planned: Decimal, side: Side) -> bool:
    """A stop that sells loses more at a lower price, one that buys at a higher one."""
    return moved < planned if side is Side.SELL else moved > planned
