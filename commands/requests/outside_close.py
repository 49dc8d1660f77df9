"""The close of a position at the exchange that no report explains, at the price that a person states.

A person has closed it by hand there, another program has, or the exchange, and its executions are not adopted: the
settings do not permit that, or the exchange's list does not reach back to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.account import check_money
from commands.adopting import market_order
from commands.in_flight import UNANSWERED, working
from commands.order import PlaceOrder
from commands.reconciliation import ResolveDiscrepancy, check_known, recorded, subject_of, unnumbered
from commands.remedies import filled
from commands.requests.situation import Situation
from commands.routes import Command
from commands.way_out import resting
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Purpose, exit_side
from domain.errors import Refused
from domain.fee_bound import check_fee
from domain.instrument import check_positive
from domain.order import Liquidity
from domain.order_id import adopted_order_id
from domain.plain_text import counted
from domain.portfolio import OpenPosition, Portfolio, closes_at_once
from domain.reconciliation.differences import (
    ExecutionBeyondOrder,
    ExecutionMistaken,
    FilledDiffers,
    PositionUnknownToThem,
    StatusDiffers,
    UnknownTrade,
    unknown_trade,
)
from domain.reconciliation.statement import StatedPosition
from domain.steps import clean
from domain.venue import Execution

_FAR = Decimal("1.25")
"""A stated price may be so many times above, or below, the known prices of its position: a wrong digit is not."""
_DIGITS_OFF = Decimal("0.001")
"""A stated price may be off the average of the executions by this fraction: an exchange prints an average with fewer
digits than it has."""


def closed_outside(request: ResolveDiscrepancy, price: Decimal, situation: Situation) -> Sequence[Command]:
    """Records that the position of the discrepancy was closed outside at `price` (quote currency), and resolves it.

    The close is an adopted order with one execution of the whole held quantity, so that nothing is sent for it; its fee
    is the stated one, or none. Orders of people that rest to reduce the position are cancelled, as at a close.

    Raises InvalidInput for a price that is none, and for a fee that none can be (`domain/fee_bound.py`). Raises Refused
    together with a transfer, for another discrepancy than an unresolved `PositionUnknownToThem`, for a position that is
    not held as the discrepancy states it, for a price that unresolved executions contradict or that is far from all
    that are known of it, while the log is being compared with the exchange, and while an order that could fill into it
    has a request without an answer, or has filled at the exchange without its executions.
    """
    check_positive("closedAt", price)
    check_money("closedAt", price)
    if request.transfer is not None:
        raise Refused("closedAt and transfer explain different discrepancies: state one of them")
    if reason := situation.portfolio.discrepancies.reconciling:
        raise Refused(f"the log is being compared with the exchange ({reason}): state the close after that")
    held = _held(request.discrepancy_id, situation.portfolio)
    _check_near(price, held, situation)
    fee = _fee(request.fee, price, held)
    if undecided := _undecided(held, situation.portfolio):
        raise Refused(
            f"{', '.join(undecided)} may have filled into {held.id}, or may still: wait until its executions "
            "and its end are known: the log closes the position by them"
        )
    return [*resting(held, situation.portfolio), *_executed(held, price, fee, situation), request]


def _fee(stated: Decimal | None, price: Decimal, held: OpenPosition) -> Decimal:
    if not stated:
        return ZERO
    check_money("fee", stated)
    check_fee("fee", stated, price, held.state.quantity)
    return stated


def _held(name: str, portfolio: Portfolio) -> OpenPosition:
    instrument = subject_of(name, PositionUnknownToThem)
    if instrument is None:
        raise Refused(
            f"{name} is no discrepancy of the kind PositionUnknownToThem: closedAt does not explain it"
        )
    check_known(name, portfolio.discrepancies)
    if name not in portfolio.discrepancies.unresolved:
        raise Refused(f"{name} is resolved already: closedAt changes nothing")
    held = portfolio.positions.get(instrument)
    if held is None or _discrepancy_id(held) != unnumbered(name):
        found = "nothing" if held is None else f"{held.state.direction} {held.state.quantity}"
        raise Refused(f"the log holds {found} in {instrument} now: the next comparison resolves {name}")
    return held


def _check_near(price: Decimal, held: OpenPosition, situation: Situation) -> None:
    """Raises Refused for a price off the average of the executions that closed the position.

    Where none are known, for one that is `_FAR` times above, or below, all known prices of the position.
    """
    closes = _closes(held, situation.portfolio)
    if closes:
        _check_executions(price, closes, held)
    else:
        _check_known(price, held, situation)


def _closes(held: OpenPosition, portfolio: Portfolio) -> Sequence[UnknownTrade]:
    """The unresolved executions of unknown orders in its instrument, where together they close exactly the position."""
    state = held.state
    read = (unknown_trade(one.found) for one in portfolio.discrepancies.found.values())
    trades = [one for one in read if one is not None and one.instrument == state.instrument]
    closing = exit_side(state.direction)
    explains = total(one.quantity for one in trades) == state.quantity
    return trades if explains and all(one.side is closing for one in trades) else ()


def _check_executions(price: Decimal, closes: Sequence[UnknownTrade], held: OpenPosition) -> None:
    paid = total(EXACT.multiply(one.quantity, one.price) for one in closes)
    average = EXACT.divide(paid, held.state.quantity)
    off = EXACT.subtract(price, average).copy_abs()
    if off <= EXACT.multiply(average, _DIGITS_OFF):
        return
    stated = f"{counted(len(closes), 'execution')} of unknown orders"
    raise Refused(
        f"closedAt {price:f} is not the price at which {held.id} was closed: {stated} in {held.state.instrument} "
        f"closed exactly its quantity, at {clean(average):f} on average; state that (0.1 % of it are allowed for "
        "digits). If they are not its close, resolve them first"
    )


def _check_known(price: Decimal, held: OpenPosition, situation: Situation) -> None:
    state = held.state
    known = {
        "entry": state.average_price,
        "last": situation.prices.get(state.instrument),
        "stop": state.stop,
        "target": state.target,
    }
    prices = {name: one for name, one in known.items() if one is not None}
    least = EXACT.divide(min(prices.values()), _FAR)
    most = EXACT.multiply(max(prices.values()), _FAR)
    if not least <= price <= most:
        listed = ", ".join(f"{name} {clean(one):f}" for name, one in prices.items())
        raise Refused(
            f"closedAt {price:f} is far from every known price of {held.id} ({listed}): is a digit wrong? "
            f"From {clean(least):f} to {clean(most):f} is accepted; for a close beyond, state a price inside, and the "
            "rest as the transfer of the BalanceDiffers that follows"
        )


def _discrepancy_id(held: OpenPosition) -> str:
    """The id of the discrepancy that the exchange does not have the position as it is held now."""
    state = held.state
    ours = StatedPosition(state.instrument, state.direction, state.quantity)
    return recorded(PositionUnknownToThem(subject=state.instrument, ours=ours)).discrepancy_id


_MAY_FILL = (ExecutionBeyondOrder, ExecutionMistaken, FilledDiffers, StatusDiffers)
"""The discrepancies of an order of which a fill may still be recorded."""


def _undecided(held: OpenPosition, portfolio: Portfolio) -> Sequence[str]:
    """The orders in its instrument of which a fill may still be reported."""
    closing = {one for one, exit_ in portfolio.exits.items() if closes_at_once(exit_, held.state)}
    unresolved = portfolio.discrepancies.unresolved
    closing |= {found for one in unresolved if (found := subject_of(one, *_MAY_FILL)) is not None}
    return [
        order_id
        for order_id, order in working(portfolio).items()
        if order.terms.instrument == held.state.instrument
        and (order.status in UNANSWERED or order_id in closing)
    ]


def _executed(held: OpenPosition, price: Decimal, fee: Decimal, situation: Situation) -> Sequence[Command]:
    fact, state = f"closed-outside:{held.stream}", held.state
    order_id = adopted_order_id(fact)
    trade = Execution(
        execution_id=order_id,
        order_id=None,
        venue_order_id="",
        instrument=state.instrument,
        side=exit_side(state.direction),
        price=price,
        quantity=state.quantity,
        fee=fee,
        fee_currency=situation.portfolio.account.currency,
        liquidity=Liquidity.TAKER,
        at=situation.at,
    )
    terms = market_order(trade, Purpose.MANUAL, reduces=True)
    return [PlaceOrder(order_id, terms, rules=None), filled(trade, order_id, fact)]
