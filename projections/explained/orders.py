"""The orders of a story: the decision price, what the exchange answered, the fills, fees and slippage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from string import digits
from typing import NamedTuple

from domain import order
from domain.arithmetic import EXACT, ZERO
from domain.closing import BY_MANAGER
from domain.committees import book
from domain.direction import Purpose
from domain.grid import Grid, entry_number
from domain.log import Recorded, id_text
from domain.managed import ManagedBy, PositionManaged
from domain.order import OrderEvent, OrderFilled, OrderPlaced, OrderState, OrderType
from domain.position import PositionClosing
from domain.signal import DecisionMade, ReversalDecided, SignalDetected, Verdict
from domain.slippage import Slippage, slippage
from domain.streams import parse
from projections.mean import mean
from projections.sentences import sentence

_OURS = (order.OrderPlaced, order.OrderCancelRequested, order.OrderAmendRequested, order.OrderDenied)
_OF_A_SIGNAL = frozenset({Purpose.ENTRY, Purpose.REVERSAL})


class Answer(NamedTuple):
    """One event by which the exchange answered. `cause` is the exchange's report, `after` the time since the order was
    placed.
    """

    recorded: Recorded
    line: str
    cause: str
    after: timedelta


class DecisionPrice(NamedTuple):
    """The price that an order was decided at, in quote currency.

    `price` is None where none is recorded; `source` states where the price is from, or why there is none.
    """

    price: Decimal | None
    source: str


class ExplainedOrder(NamedTuple):
    """One order.

    `terms` are those in force at the first fill, else the last ones. `average` (quote currency, rounded to twelve
    decimals) is None without a fill; `fees` are sums by currency. `slippage` is None where nothing was filled, and
    where no decision price is recorded. `expected` is the slippage of an entry that the order book let expect, in
    1/10,000 of the decision price; None where the entry was not judged by a book.
    """

    account: str
    order_id: str
    placed: Recorded
    terms: OrderPlaced
    status: str
    reason: str
    venue_order_ids: Sequence[str]
    filled: Decimal
    average: Decimal | None
    fees: Mapping[str, Decimal]
    decided: DecisionPrice
    slippage: Slippage | None
    answers: Sequence[Answer]
    fills: Sequence[Recorded]
    expected: Decimal | None = None


def orders_of(events: Iterable[Recorded]) -> Sequence[ExplainedOrder]:
    """One for each order of these events, in the order of their placement."""
    streams: dict[str, list[Recorded]] = {}
    prices: dict[str, DecisionPrice] = {}
    grids: dict[str, Grid | None] = {}
    managed: dict[str, DecisionPrice] = {}
    events = list(events)
    for recorded in events:
        event, meta = recorded.envelope.event, recorded.envelope.meta
        match event:
            case SignalDetected(price=price, grid=grid):
                grids[meta.correlation_id] = grid
                prices[meta.correlation_id] = DecisionPrice(price, "the price of the signal")
            case ReversalDecided(verdict=Verdict.ENTER, price=price) if price is not None:
                prices[f"{meta.correlation_id} {Purpose.ENTRY}"] = DecisionPrice(
                    price, "the price at which the entry of the reversal was judged"
                )
            case PositionManaged(action=ManagedBy.CLOSE, price=price) if price is not None:
                managed[meta.stream] = DecisionPrice(
                    price, "the price that the manager closed the position by"
                )
            case PositionManaged(action=ManagedBy.REDUCE, price=price) if price is not None:
                managed[id_text(meta.event_id)] = DecisionPrice(
                    price, "the price that the manager closed a part by"
                )
            case OrderPlaced() if meta.causation_id in managed:
                prices[parse(meta.stream).id.rstrip(digits)] = managed[meta.causation_id]
                streams.setdefault(meta.stream, []).append(recorded)
            case PositionClosing(reason=reason, orders=orders) if reason in BY_MANAGER:
                if meta.stream in managed:
                    prices[orders] = managed[meta.stream]
            case _ if isinstance(event, OrderEvent):
                streams.setdefault(meta.stream, []).append(recorded)
            case _:
                pass
    expected = _expected(events)
    return [
        _order(own, prices, grids, expected)
        for own in streams.values()
        if isinstance(own[0].envelope.event, OrderPlaced)
    ]


def _order(
    own: Sequence[Recorded],
    prices: Mapping[str, DecisionPrice],
    grids: Mapping[str, Grid | None],
    expected: Mapping[str, Decimal],
) -> ExplainedOrder:
    placed = own[0]
    state: OrderState = order.UNPLACED
    terms: OrderPlaced | None = None
    for recorded in own:
        event = recorded.envelope.event
        assert isinstance(event, OrderEvent)
        state = order.evolve(state, event)
        if terms is None and isinstance(event, OrderFilled):
            terms = _terms(state)
    assert not isinstance(state, order.Unplaced)
    terms = terms or state.terms
    meta = placed.envelope.meta
    fills = _distinct(own)
    order_id = parse(meta.stream).id
    decided = (
        prices.get(order_id.rstrip(digits))
        or _at_level(order_id, terms, grids.get(meta.correlation_id))
        or _decided(terms, meta.correlation_id, prices)
    )
    return ExplainedOrder(
        account=meta.account,
        order_id=order_id,
        placed=placed,
        terms=terms,
        status=state.status.value,
        reason=state.reason if isinstance(state, order.Closed) else "",
        venue_order_ids=_venue_order_ids(own),
        filled=state.filled,
        average=mean(EXACT.divide(state.notional, state.filled)) if state.filled else None,
        fees=_fees(fills),
        decided=decided,
        slippage=None
        if decided.price is None
        else slippage(terms.side, decided.price, state.filled, state.notional),
        answers=[_answer(one, placed) for one in own if not isinstance(one.envelope.event, _OURS)],
        fills=fills,
        expected=expected.get(meta.correlation_id) if terms.purpose is Purpose.ENTRY else None,
    )


def _expected(events: Iterable[Recorded]) -> Mapping[str, Decimal]:
    """The slippage that the book let expect, by the chain of the entry."""
    found: dict[str, Decimal] = {}
    for recorded in events:
        event = recorded.envelope.event
        if isinstance(event, DecisionMade) and (points := expected_by(event)) is not None:
            found[recorded.envelope.meta.correlation_id] = points
    return found


def expected_by(decision: DecisionMade) -> Decimal | None:
    """The slippage that the book let expect of the entry, in 1/10,000; None where no book has judged it."""
    votes = (one for one in decision.votes if one.member == book.NAME)
    found = next((one.figures.get(book.EXPECTED_SLIPPAGE) for one in votes), None)
    return Decimal(found) if found else None


def _terms(state: OrderState) -> OrderPlaced | None:
    return None if isinstance(state, order.Unplaced) else state.terms


def _venue_order_ids(own: Iterable[Recorded]) -> Sequence[str]:
    """Each id that the exchange gave the order, once."""
    events = (one.envelope.event for one in own)
    given = (
        one.venue_order_id for one in events if isinstance(one, order.OrderSubmitted | order.OrderAccepted)
    )
    return [one for one in dict.fromkeys(given) if one]


def _answer(recorded: Recorded, placed: Recorded) -> Answer:
    meta = recorded.envelope.meta
    return Answer(
        recorded,
        sentence(recorded.envelope.event),
        meta.causation_id,
        meta.occurred_at - placed.envelope.meta.occurred_at,
    )


def _distinct(own: Iterable[Recorded]) -> Sequence[Recorded]:
    """The fills, each execution once, as a fill that is reported twice counts once."""
    fills: dict[str, Recorded] = {}
    for recorded in own:
        event = recorded.envelope.event
        if isinstance(event, OrderFilled):
            fills.setdefault(event.execution_id, recorded)
    return list(fills.values())


def _fees(fills: Iterable[Recorded]) -> Mapping[str, Decimal]:
    fees: dict[str, Decimal] = {}
    for recorded in fills:
        event = recorded.envelope.event
        assert isinstance(event, OrderFilled)
        fees[event.fee_currency] = EXACT.add(fees.get(event.fee_currency, ZERO), event.fee)
    return fees


def _at_level(order_id: str, terms: OrderPlaced, grid: Grid | None) -> DecisionPrice | None:
    """Of an entry of a grid the price of its level; None of other orders."""
    if grid is None or terms.purpose is not Purpose.ENTRY:
        return None
    rounds, level = divmod(entry_number(order_id) - 1, len(grid.levels))
    source = f"the price of level {level + 1} of {len(grid.levels)}, round {rounds + 1}"
    return DecisionPrice(terms.limit_price, source)


def _decided(terms: OrderPlaced, chain: str, prices: Mapping[str, DecisionPrice]) -> DecisionPrice:
    """Of an entry or exit for a signal the price that the committees judged; else the order's own trigger or limit."""
    if terms.purpose in _OF_A_SIGNAL:
        found = prices.get(f"{chain} {terms.purpose}") or prices.get(chain)
        if found is not None:
            return found
    if terms.type is OrderType.STOP:
        return DecisionPrice(terms.trigger_price, "the trigger price of the order")
    if terms.type is OrderType.LIMIT:
        return DecisionPrice(terms.limit_price, "the limit price of the order")
    return DecisionPrice(None, "not recorded: a market order without a signal has no decision price")
