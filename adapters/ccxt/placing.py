"""The requests that place tickets, and the order in which they are sent.

A stop is a conditional reduce-only order of its own and is sent before its entry, so that it rests at the exchange
before the position exists. A target is a conditional reduce-only order, too, and is sent after its entry; that of a
limit entry after the entry's first fill (`waiting_targets.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from adapters.ccxt.dialect import Dialect
from adapters.ccxt.markets import Market, Markets
from adapters.ccxt.order_row import OrderRow
from adapters.instruments.document import Table
from adapters.order_terms import Terms
from commands.exchange import Ticket
from domain.direction import Purpose, Side
from domain.errors import ExchangeRefused
from domain.order import OrderPlaced, OrderType

Params = dict[str, object]
_SIDES: Mapping[Side, str] = {Side.BUY: "buy", Side.SELL: "sell"}
_DIRECTIONS: Mapping[Side, str] = {Side.BUY: "ascending", Side.SELL: "descending"}
_RANKS: Mapping[Purpose, int] = {Purpose.STOP: 0, Purpose.TARGET: 2}
_ENTRY_RANK = 1


class Placement(Struct, frozen=True, gc=False, kw_only=True):
    """The arguments of ccxt's `create_order`."""

    symbol: str
    type: str
    side: str
    amount: str
    price: str | None
    params: Params


def in_sending_order(tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """The tickets in their order, with each stop before its entry and each target after it."""
    place = {ticket.order_id: number for number, ticket in enumerate(tickets)}

    def rank(ticket: Ticket) -> tuple[int, int, int]:
        own = place[ticket.order_id]
        family = place.get(ticket.terms.parent or "", own)
        return family, _RANKS.get(ticket.terms.purpose, _ENTRY_RANK) if family != own else _ENTRY_RANK, own

    return sorted(tickets, key=rank)


def is_conditional(terms: OrderPlaced) -> bool:
    """Whether the order waits at the exchange until its price trades."""
    return terms.type is OrderType.STOP or is_target(terms)


def is_target(terms: OrderPlaced) -> bool:
    """Whether the order is the target of an entry."""
    return terms.purpose is Purpose.TARGET and terms.parent is not None


def placement(
    ticket: Ticket,
    link: str,
    market: Market,
    markets: Markets,
    dialect: Dialect,
    feature: Table,
    *,
    is_resting: bool = False,
) -> Placement:
    """The request for a ticket; `feature` is what ccxt states of the exchange's `create_order`.

    With `is_resting` a target is a limit order that does not wait for its price.

    Raises ExchangeRefused where ccxt would truncate or round a figure, and for a conditional order that the exchange
    does not have.
    """
    terms = ticket.terms
    params: Params = {"clientOrderId": link}
    if terms.reduce_only:
        params["reduceOnly"] = True
    waits = is_conditional(terms) and not is_resting
    if waits:
        params |= _trigger(terms, markets.price(market, _level(terms)), feature)
        if dialect.trigger_id:
            params[dialect.trigger_id] = link
    is_limit = terms.type is OrderType.LIMIT and not waits
    return Placement(
        symbol=market.symbol,
        type="limit" if is_limit else "market",
        side=_SIDES[terms.side],
        amount=markets.amount(market, terms.quantity),
        price=markets.price(market, terms.limit_price) if is_limit and terms.limit_price else None,
        params=params,
    )


def _trigger(terms: OrderPlaced, price: str, feature: Table) -> Params:
    """The parameters by which an order waits for a price."""
    named = "takeProfitPrice" if is_target(terms) else "stopLossPrice"
    if terms.reduce_only and feature.get(named):
        return {named: price}
    if not feature.get("triggerPrice"):
        raise ExchangeRefused("not sent: the exchange has no such conditional order in ccxt")
    rises = terms.side if not is_target(terms) else terms.side.opposite
    return {"triggerPrice": price, "triggerDirection": _DIRECTIONS[rises]}


def amendment(
    row: OrderRow, placed: OrderPlaced | None, terms: Terms, markets: Markets
) -> tuple[str, str, str, str | None, str | None, Params]:
    """The arguments of ccxt's `edit_order` after the id; a quantity of 0 and a price of None are not changed.

    Raises ExchangeRefused where ccxt would truncate or round a figure.
    """
    market = markets.of(row.instrument)
    waits = row.trigger is not None
    level = (terms.trigger_price or terms.limit_price) if waits else None
    price = None if waits else terms.limit_price
    is_limit = not waits and row.type(placed) is OrderType.LIMIT
    return (
        row.symbol,
        "limit" if is_limit else "market",
        _SIDES[row.side],
        markets.amount(market, terms.quantity) if terms.quantity else None,
        None if price is None else markets.price(market, price),
        {} if level is None else {"triggerPrice": markets.price(market, level)},
    )


def _level(terms: OrderPlaced) -> Decimal:
    level = terms.trigger_price if terms.limit_price is None else terms.limit_price
    if level is None:
        raise ExchangeRefused("not sent: a conditional order needs a trigger price")
    return level
