"""Adopts what others trade on the account: orders, trades and positions at the exchange become the log's own.

The settings `reconciliation.external_orders` and `reconciliation.external_positions` permit it. Nobody decided these
orders here, so nothing is sent for them; what they have done at the exchange is recorded, with ids that depend on the
exchange's ids alone, and the owner is `domain.owner.PERSON`:

- an open order, under its client order id or else the exchange's id: placed and accepted in one unit;
- the trades of orders that are not open: each as a market order with its execution, so that profit, fee and balance are
  those of the trade. Only where those that no person has accepted explain the difference of the position exactly, or
  all of it but the part that a person has accepted;
- a position that no known trade explains, where this log holds none: as an execution at the exchange's entry price
  without a fee. Its result counts from that price, and the balance does not change.

Never adopted are orders of another log (`domain/order_id.py`) and anything else in an instrument that another log
trades (`commands/other_logs.py`), instruments that this log does not list, an order whose terms the instrument's rules
do not allow, and an order whose earlier executions are not listed. They remain differences and are recorded as
discrepancies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from commands.account import ReserveFunds
from commands.exchange import Accepted
from commands.identity import EXCHANGE
from commands.order import PlaceOrder, check_terms
from commands.reconciliation import recorded, renumbered
from commands.remedies import filled
from commands.routes import Command
from commands.stimulus import Ask
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction, Purpose, entry_side, towards
from domain.errors import InvalidInput
from domain.instrument import Instrument
from domain.order import Liquidity, OrderPlaced, OrderType
from domain.order_id import adopted_order_id, is_of_an_engine
from domain.portfolio import Portfolio
from domain.reconciliation.comparing import position_difference
from domain.reconciliation.differences import (
    Difference,
    ExecutionOfUnknownOrder,
    OrderOfAnotherLog,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)
from domain.reconciliation.statement import StatedOrder, StatedPosition
from domain.settings import ExternalRule
from domain.sizing.size import leverage_of, margin_required
from domain.venue import Execution

_D = TypeVar("_D", bound=Difference)


class Found(Struct, frozen=True, kw_only=True):
    """The differences of one comparison at `at` (UTC); `confirmed` are the ids of those that may be adopted now.

    `others` are the instruments that another log trades.
    """

    differences: Sequence[Difference]
    confirmed: Collection[str]
    portfolio: Portfolio
    venue: str
    at: datetime
    others: Collection[str] = ()

    def of(self, kind: type[_D], instrument: str) -> Sequence[_D]:
        """The differences of this kind about the instrument."""
        return [one for one in self.differences if isinstance(one, kind) and _instrument(one) == instrument]

    def is_confirmed(self, difference: Difference) -> bool:
        """Whether the difference may be adopted now."""
        is_shared = _instrument(difference) in self.others
        return not is_shared and recorded(difference).discrepancy_id in self.confirmed

    def is_accepted(self, difference: Difference) -> bool:
        """Whether a person has resolved the difference, and it was not over since then (0080)."""
        state = self.portfolio.discrepancies
        name = renumbered(recorded(difference), state, state.over.__contains__).discrepancy_id
        return name in state.known and name not in state.unresolved


class Adopted(Struct, frozen=True):
    """An order that the log has from now on, with the exchange's id of it."""

    order_id: str
    venue_order_id: str
    terms: OrderPlaced


class Adoption(Struct, frozen=True):
    """The commands of one adoption; its reports may be recorded already by facts that begin with one of `facts`.

    `order` is the open order that is adopted, None for trades and positions; `difference` is the id of its difference.
    """

    asks: tuple[Ask, ...]
    facts: tuple[str, ...]
    order: Adopted | None = None
    difference: str = ""


def adoption(found: Found) -> Adoption | None:
    """The next adoption; the caller compares again before the one after it. None where nothing may be adopted.

    Orders that open and partly filled orders come first, because their executions are theirs; the stops that reduce
    come last, so that they protect a position that is known by then.
    """
    rules = found.portfolio.settings.settings.reconciliation
    orders = rules.external_orders is ExternalRule.ADOPT
    positions = rules.external_positions is ExternalRule.ADOPT
    phases: Sequence[tuple[bool, Callable[[Found], Iterator[Adoption]]]] = (
        (orders, _first_orders),
        (positions, _trades),
        (positions, _positions),
        (orders, _orders),
    )
    return next((made for allowed, phase in phases if allowed for made in phase(found)), None)


# -- orders


def _first_orders(found: Found) -> Iterator[Adoption]:
    return (
        _order(found, one, rules)
        for one, rules in _adoptable(found)
        if one.theirs.filled or not one.theirs.reduce_only
    )


def _orders(found: Found) -> Iterator[Adoption]:
    return (_order(found, one, rules) for one, rules in _adoptable(found))


def _adoptable(found: Found) -> Iterator[tuple[OrderUnknownToUs, Instrument]]:
    for one in found.differences:
        if not isinstance(one, OrderUnknownToUs) or not found.is_confirmed(one):
            continue
        rules = found.portfolio.instruments.get(one.theirs.instrument)
        if rules is not None and _fits(_terms(one.theirs, found.at), rules) and _is_listed(found, one.theirs):
            yield one, rules


def _is_listed(found: Found, order: StatedOrder) -> bool:
    """Whether all executions of the order are known, so that it will have its filled quantity here, too."""
    trades = found.of(ExecutionOfUnknownOrder, order.instrument)
    own = (one.theirs.quantity for one in trades if _order_of(one.theirs) == order.order_id)
    return total(own) == order.filled


def _order_of(trade: Execution) -> str:
    return trade.order_id or trade.venue_order_id


def _order(found: Found, difference: OrderUnknownToUs, rules: Instrument) -> Adoption:
    order = difference.theirs
    terms = _terms(order, found.at)
    own = f"exchange:{found.venue}:{order.venue_order_id or order.order_id}-"
    fact = f"{own}adopted"
    accepted = Accepted(order_id=order.order_id, at=found.at, fact=fact, venue_order_id=order.venue_order_id)
    commands: list[Command] = [
        *_reserved(order.order_id, terms, rules, found.portfolio),
        PlaceOrder(order.order_id, terms, rules=None),
        accepted,
    ]
    adopted = Adopted(order.order_id, order.venue_order_id, terms)
    return Adoption(_asks(commands, fact, found.at), (own,), adopted, recorded(difference).discrepancy_id)


def _terms(order: StatedOrder, at: datetime) -> OrderPlaced:
    return OrderPlaced(
        instrument=order.instrument,
        side=order.side,
        type=order.type,
        quantity=order.quantity,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        reduce_only=order.reduce_only,
        purpose=_purpose(order),
        parent=None,
        fresh_until=at,
    )


def _purpose(order: StatedOrder) -> Purpose:
    if not order.reduce_only:
        return Purpose.ENTRY
    return Purpose.STOP if order.type is OrderType.STOP else Purpose.MANUAL


def _reserved(
    order_id: str, terms: OrderPlaced, rules: Instrument, portfolio: Portfolio
) -> Sequence[ReserveFunds]:
    """The margin of an entry, at most what is available: the exchange has accepted the order in any case."""
    price, account = terms.limit_price or terms.trigger_price, portfolio.account
    if terms.reduce_only or price is None:
        return ()
    margin = margin_required(
        rules, terms.quantity, price, leverage_of(rules, portfolio.leverage_in_force(rules.id))
    )
    amount = min(margin, account.available)
    return [ReserveFunds(order_id, amount)] if amount > 0 else ()


# -- trades of orders that are not open


def _trades(found: Found) -> Iterator[Adoption]:
    trades = [one for one in found.differences if isinstance(one, ExecutionOfUnknownOrder)]
    for instrument in dict.fromkeys(one.theirs.instrument for one in trades):
        if instrument in found.portfolio.instruments and (chosen := _explaining(found, instrument)):
            yield _traded(found, instrument, chosen)


def _explaining(found: Found, instrument: str) -> Sequence[ExecutionOfUnknownOrder]:
    """The unknown trades of the instrument that may be adopted and lead to the exchange's position exactly; else none.

    A trade that a person has accepted is never adopted: a transfer or a stated close may have booked it already. The
    others are adopted where they explain the whole difference of the position, or all of it but the part that a person
    has accepted.
    """
    trades, excess = found.of(ExecutionOfUnknownOrder, instrument), _excess(found, instrument)
    if not all(found.is_confirmed(one) and not is_of_an_engine(one.theirs.order_id or "") for one in trades):
        return ()
    fresh = [one for one in trades if not found.is_accepted(one)]
    left = EXACT.subtract(excess, _sum(fresh))
    return fresh if left == 0 or (excess != 0 and _is_accepted(found, instrument, left)) else ()


def _is_accepted(found: Found, instrument: str, part: Decimal) -> bool:
    """Whether a person has accepted that the exchange's position differs from ours by `part` (signed)."""
    ours = _held(found.portfolio, instrument)
    sides = (_stated(instrument, quantity) for quantity in (ours, EXACT.add(ours, part)))
    difference = position_difference(instrument, *sides)
    # The other differences of a position cannot be accepted: its side, and one that the exchange does not have.
    return isinstance(difference, PositionUnknownToUs | PositionQuantityDiffers) and found.is_accepted(
        difference
    )


def _sum(trades: Sequence[ExecutionOfUnknownOrder]) -> Decimal:
    return total(_signed(towards(one.theirs.side), one.theirs.quantity) for one in trades)


def _traded(found: Found, instrument: str, trades: Sequence[ExecutionOfUnknownOrder]) -> Adoption:
    held, asks, facts = _held(found.portfolio, instrument), list[Ask](), list[str]()
    for one in trades:
        trade, fact = one.theirs, f"exchange:{found.venue}:{one.theirs.execution_id}"
        signed = _signed(towards(trade.side), trade.quantity)
        reduces = held * signed < 0 and abs(signed) <= abs(held)
        terms = market_order(trade, Purpose.MANUAL if reduces else Purpose.ENTRY, reduces=reduces)
        asks += _executed(adopted_order_id(trade.execution_id), terms, trade, fact)
        facts.append(fact)
        held = EXACT.add(held, signed)
    return Adoption(tuple(asks), tuple(facts))


def market_order(trade: Execution, purpose: Purpose, *, reduces: bool) -> OrderPlaced:
    """The terms of the order that records an adopted trade."""
    return OrderPlaced(
        instrument=trade.instrument,
        side=trade.side,
        type=OrderType.MARKET,
        quantity=trade.quantity,
        limit_price=None,
        trigger_price=None,
        reduce_only=reduces,
        purpose=purpose,
        parent=None,
        fresh_until=trade.at,
    )


def _excess(found: Found, instrument: str) -> Decimal:
    """The exchange's position less ours, signed; negative is short."""
    ours = _held(found.portfolio, instrument)
    for one in found.differences:
        if one.subject != instrument:
            continue
        match one:
            case PositionUnknownToUs() | PositionSideDiffers():
                return EXACT.subtract(_position(one.theirs), ours)
            case PositionUnknownToThem():
                return EXACT.minus(ours)
            case PositionQuantityDiffers():
                return one.excess if ours > 0 else EXACT.minus(one.excess)
            case _:
                continue
    return ZERO


# -- positions that no known trade explains


def _positions(found: Found) -> Iterator[Adoption]:
    for one in found.differences:
        if isinstance(one, PositionUnknownToUs) and found.is_confirmed(one) and _is_alone(found, one.subject):
            yield from _opened(found, one.theirs)


def _is_alone(found: Found, instrument: str) -> bool:
    """Whether neither trades that may belong to the position nor another log's orders are in its instrument."""
    return not found.of(ExecutionOfUnknownOrder, instrument) and not found.of(OrderOfAnotherLog, instrument)


def _opened(found: Found, position: StatedPosition) -> Iterator[Adoption]:
    if position.instrument not in found.portfolio.instruments:
        return
    if position.entry_price is None or position.entry_price <= 0:
        return
    number = found.portfolio.next_position(position.instrument, position.direction)
    fact = f"exchange:{found.venue}:adopted-{position.instrument}-{position.direction}-{number}"
    trade = Execution(
        execution_id=adopted_order_id(fact),
        order_id=None,
        venue_order_id="",
        instrument=position.instrument,
        side=entry_side(position.direction),
        price=position.entry_price,
        quantity=position.quantity,
        fee=ZERO,
        fee_currency=found.portfolio.account.currency,
        liquidity=Liquidity.TAKER,
        at=found.at,
    )
    terms = market_order(trade, Purpose.ENTRY, reduces=False)
    yield Adoption(tuple(_executed(adopted_order_id(fact), terms, trade, fact)), ())


# -- shared


def _executed(order_id: str, terms: OrderPlaced, trade: Execution, fact: str) -> Sequence[Ask]:
    return _asks([PlaceOrder(order_id, terms, rules=None), filled(trade, order_id, fact)], fact, trade.at)


def _asks(commands: Sequence[Command], fact: str, at: datetime) -> tuple[Ask, ...]:
    return tuple(Ask(command=one, cause=fact, occurred_at=at, actor=EXCHANGE) for one in commands)


def _fits(terms: OrderPlaced, rules: Instrument) -> bool:
    try:
        check_terms(terms, rules)
    except InvalidInput:
        return False
    return True


def _instrument(difference: Difference) -> str:
    match difference:
        case OrderUnknownToUs() | OrderOfAnotherLog() | ExecutionOfUnknownOrder():
            return difference.theirs.instrument
        case _:
            return difference.subject


def _held(portfolio: Portfolio, instrument: str) -> Decimal:
    held = portfolio.positions.get(instrument)
    return ZERO if held is None else _signed(held.state.direction, held.state.quantity)


def _stated(instrument: str, quantity: Decimal) -> StatedPosition | None:
    """The position of this signed quantity."""
    direction = Direction.LONG if quantity > 0 else Direction.SHORT
    return StatedPosition(instrument, direction, abs(quantity), None) if quantity else None


def _position(position: StatedPosition) -> Decimal:
    return _signed(position.direction, position.quantity)


def _signed(direction: Direction, quantity: Decimal) -> Decimal:
    return quantity if direction is Direction.LONG else EXACT.minus(quantity)
