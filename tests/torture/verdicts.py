"""What must hold after all kills: the exchange's own records and the log tell one story, each event of it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol
from uuid import UUID

from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import Position
from commands.identity import EXCHANGE
from commands.reconciliation import subject_of
from commands.world import World
from domain.direction import PROTECTION, Direction, Purpose
from domain.instrument import symbol_of
from domain.log import Envelope
from domain.order import Closed, OrderFilled, OrderPlaced, OrderStatus, Working
from domain.order_id import adopted_order_id
from domain.reconciliation import DiscrepancyFound
from domain.reconciliation.differences import BalanceDiffers
from domain.streams import parse
from tests.torture.venue import is_sent

_NEVER_THERE = frozenset(
    {OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.DENIED, OrderStatus.CANCELLED}
)
_SIGN = {Direction.LONG: 1, Direction.SHORT: -1}
_STOPS = frozenset({StopKind.PARTIAL_STOP_LOSS, StopKind.STOP_LOSS, StopKind.STOP})


class Records(Protocol):
    """What the account has at the exchange; see `tests.torture.venue.Exchange`."""

    def orders(self) -> Sequence[Order]: ...
    def executions(self) -> Sequence[Execution]: ...
    def held(self) -> Mapping[str, Position]: ...
    def balance(self) -> Decimal: ...


class ByHand(Protocol):
    """The exchange's ids of the orders that a person placed and cancelled there; see `tests.torture.hands.Hands`."""

    @property
    def placed(self) -> Collection[str]: ...
    @property
    def cancelled(self) -> Collection[str]: ...


class Wrong(NamedTuple):
    """What is not as it must be: `kind` is doubled, lost or differs."""

    kind: str
    text: str


def wrongs(
    events: Sequence[Envelope], world: World, exchange: Records, promised: Collection[UUID], hands: ByHand
) -> Iterator[Wrong]:
    """Everything that is not as it must be. `world` is folded from the `events`, which are all; `promised`
    are the ids of the events that answers to people named. `hands` are a person's acts at the exchange, each of which
    the log must explain: as an order of its own, or each of its trades as one.
    """
    executions = exchange.executions()
    yield from _orders(events, world, exchange.orders(), _adopted(executions, hands))
    yield from _fills(events, executions)
    yield from _positions(world, exchange)
    yield from _stops(world, exchange, hands)
    yield from _requests(events, promised)
    if world.portfolio.account.balance != exchange.balance():
        yield Wrong(
            "differs", f"the log has {world.portfolio.account.balance}, the exchange {exchange.balance()}"
        )
    unresolved = world.portfolio.discrepancies.unresolved
    for one in events:
        if isinstance(one.event, DiscrepancyFound) and not _is_explained(one.event, hands, unresolved):
            yield Wrong("differs", f"a discrepancy was recorded: {one.event}")


def _is_explained(found: DiscrepancyFound, hands: ByHand, unresolved: Collection[str]) -> bool:
    """A trade by hand is adopted after fills that it came before, so that the balance differs until the position is
    closed (decision 0071). The difference ends by itself then.
    """
    own = found.discrepancy_id
    return bool(hands.placed) and subject_of(own, BalanceDiffers) is not None and own not in unresolved


def intents_of(events: Sequence[Envelope]) -> Mapping[str, OrderPlaced]:
    """The orders that are orders of their own at the exchange, by client order id.

    A stop of the chain of its entry goes with that. One that was given to the position later does not, nor the stop of
    an adopted entry: nothing was sent for that.
    """
    placed = {parse(one.meta.stream).id: one for one in events if isinstance(one.event, OrderPlaced)}
    adopted = {name for name, one in placed.items() if one.meta.actor == EXCHANGE}
    terms = {name: one.event for name, one in placed.items() if isinstance(one.event, OrderPlaced)}
    return {
        name: one
        for name, one in terms.items()
        if one.purpose not in PROTECTION
        or one.parent is None
        or one.parent in adopted
        or _chain(name) != _chain(one.parent)
    }


def _chain(order_id: str) -> str:
    return order_id.rpartition("-")[0]


def _adopted(executions: Sequence[Execution], hands: ByHand) -> Mapping[str, Mapping[str, Decimal]]:
    """The trades of orders that were placed by hand, by the exchange's id of the order: the id of the order by which
    the log adopts the trade, and its quantity.
    """
    found: dict[str, dict[str, Decimal]] = {one: {} for one in hands.placed}
    for one in executions:
        if one.order_id in found:
            found[one.order_id][adopted_order_id(one.id)] = one.qty
    return found


def _orders(
    events: Sequence[Envelope],
    world: World,
    theirs: Sequence[Order],
    adopted: Mapping[str, Mapping[str, Decimal]],
) -> Iterator[Wrong]:
    """Exactly one order of the exchange for each intent, none where the log has proof that it never arrived."""
    intents, sent = intents_of(events), [one for one in theirs if is_sent(one)]
    placed = {one.link or one.id: one for one in sent}
    for link, number in Counter(one.link or one.id for one in sent).items():
        if number > 1:
            yield Wrong("doubled", f"order {link} was placed {number} times")
    states = {parse(name).id: state for name, state in world.states.items() if name.startswith("order-")}
    trades: dict[str, Decimal] = {}
    for name, order in placed.items():
        if name in intents:
            continue
        if order.id in adopted and not order.is_open:
            trades |= adopted[order.id]
        else:
            yield Wrong("lost", f"the exchange has an order {name!r} that the log does not")
    for name, quantity in trades.items():
        state = states.get(name)
        if not isinstance(state, Closed) or state.filled != quantity:
            yield Wrong("lost", f"a trade of {quantity} by hand is {state} in the log, as {name}")
    for name in intents:
        if name not in trades:
            yield from _order(name, states[name], placed.get(name))


def _order(name: str, state: object, placed: Order | None) -> Iterator[Wrong]:
    assert isinstance(state, Working | Closed)
    status, filled = state.status, state.filled
    if placed is None or placed.status is Status.REJECTED:
        if status not in _NEVER_THERE or filled:
            yield Wrong("lost", f"order {name} is {status} in the log and not at the exchange")
        return
    if filled != placed.filled:
        yield Wrong("lost", f"order {name}: {filled} is filled in the log, {placed.filled} at the exchange")
    if isinstance(state, Working) is not placed.is_open:
        yield Wrong("differs", f"order {name} is {status} in the log and {placed.status} at the exchange")


def _fills(events: Sequence[Envelope], executions: Sequence[Execution]) -> Iterator[Wrong]:
    """Every execution of the exchange once in the log, with its figures, and no other."""
    ours = Counter(one.event.execution_id for one in events if isinstance(one.event, OrderFilled))
    figures = {
        one.event.execution_id: (one.event.price, one.event.quantity, one.event.fee)
        for one in events
        if isinstance(one.event, OrderFilled)
    }
    for execution in executions:
        number = ours.pop(execution.id, 0)
        if number != 1:
            yield Wrong("doubled" if number else "lost", f"{execution} is {number} times in the log")
        elif figures[execution.id] != (execution.price, execution.qty, execution.fee):
            yield Wrong("differs", f"{figures[execution.id]} in the log, {execution} at the exchange")
    for name in ours:
        yield Wrong("doubled", f"execution {name} of the log is not at the exchange")


def _positions(world: World, exchange: Records) -> Iterator[Wrong]:
    ours = {
        symbol_of(name): one.state.quantity * _SIGN[one.state.direction]
        for name, one in world.portfolio.positions.items()
    }
    theirs = {symbol: one.holding.quantity for symbol, one in exchange.held().items()}
    if ours != theirs:
        yield Wrong("differs", f"positions differ: the log has {ours}, the exchange {theirs}")


def _stops(world: World, exchange: Records, hands: ByHand) -> Iterator[Wrong]:
    """Every open position has a stop that waits at the exchange, and where it has none, the log shows why.

    One that was opened by hand has none until somebody gives it one; one whose stop was cancelled by hand has none,
    and the log has no stop of it as working.
    """
    orders = exchange.orders()
    waiting = {one.symbol for one in orders if one.is_open and one.stop_kind in _STOPS}
    bared = {one.symbol for one in orders if one.id in hands.cancelled and one.stop_kind in _STOPS}
    ours = {
        symbol_of(one.terms.instrument)
        for one in world.portfolio.exits.values()
        if one.terms.purpose is Purpose.STOP
    }
    for name, held in world.portfolio.positions.items():
        symbol = symbol_of(name)
        unprotected = held.state.stop is None and bool(hands.placed)
        if symbol not in waiting and (symbol in ours or not (unprotected or symbol in bared)):
            yield Wrong("lost", f"the position in {name} has no stop at the exchange")


def _requests(events: Sequence[Envelope], promised: Collection[UUID]) -> Iterator[Wrong]:
    """Each request was carried out once at most, and what an answer named is in the log."""
    causes = Counter(
        one.meta.causation_id
        for one in events
        if isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.ENTRY
    )
    for cause, number in causes.items():
        if cause.startswith("command:") and number > 1:
            yield Wrong("doubled", f"{cause} was carried out {number} times")
    for name in set(promised) - {one.meta.event_id for one in events}:
        yield Wrong("lost", f"an answer named event {name}, which is not in the log")
