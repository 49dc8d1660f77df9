"""What an exchange does of its own accord, one function each, for the admin port and for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.simulated.bounds import is_off_step
from adapters.simulated.server.action_fields import NOTHING, TAKES
from adapters.simulated.server.call import Row
from adapters.simulated.server.clock import VirtualClock
from adapters.simulated.server.hub import Push
from adapters.simulated.server.numbers import exact
from adapters.simulated.server.order_row import order_push
from adapters.simulated.server.server import VenueServer
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR, SERVED
from adapters.simulated.venue.codes import UNKNOWN_TO_CANCEL, Declined
from adapters.simulated.venue.displacement import displace
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.requests import SIDES, AmendRequest, read
from domain.arithmetic import ZERO
from domain.errors import InvalidInput

NOT_FOUND_BY_LINK = "EC_OrigClOrdIDDoesNotExist"
BY_ADMIN = "CancelByAdmin"


_MOST_MS = 10**11
_LONGEST_REFUSAL = 3_600_000
_MOST_RATE = Decimal(1)
_MOST_DIGITS = 15


class Request(Struct, frozen=True, gc=False, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an action may name; each takes what it needs. Times are in ms, prices in quote currency and multiples of the
    tick, quantities multiples of the lot.
    """

    key: str = ""
    category: str = ""
    symbol: str = ""
    side: Literal["Buy", "Sell"] = "Buy"
    price: Decimal | None = None
    qty: Decimal | None = None
    rate: Decimal = Decimal("0.0001")
    mark: Decimal | None = None
    index: Decimal | None = None
    order_id: str = ""
    order_link_id: str = ""
    ms: int = 0


Action = Callable[[VenueServer, Request], Awaitable[Row | None]]


async def act(server: VenueServer, name: str, body: Mapping[str, object]) -> Row:
    """Performs the action and sends what it changed, which is returned: `orders` and `executions` of the accounts,
    `sockets` that were cut or silenced; empty where nothing changed.

    Raises InvalidInput for an unknown action or parameter, and for a number that no market has; Declined for an unknown
    symbol.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise InvalidInput(f"no action {name}: there are {', '.join(ACTIONS)}")
    request = _named(server, _read(name, body))
    _check(server, request)
    server.notices.add("action", " ".join((name, *(f"{key}={value}" for key, value in body.items()))))
    changes: list[Changes] = []
    server.hub.listeners.append(changes.extend)
    try:
        did = await action(server, request)
        server.publish()
    finally:
        server.hub.listeners.remove(changes.extend)
    return {**(did or {}), **_changed(changes)}


async def advance(server: VenueServer, request: Request) -> None:
    """Moves a clock that stands still by `ms`."""
    if not isinstance(server.clock, VirtualClock):
        raise InvalidInput("only a virtual clock can be advanced")
    server.clock.advance(request.ms)
    server.step()


async def skew(server: VenueServer, request: Request) -> None:
    """From now on the server's clock is wrong by `ms`."""
    server.clock.skew = request.ms


async def cut(server: VenueServer, _request: Request) -> Row:
    """Cuts every WebSocket without a closing handshake."""
    return {"sockets": server.sockets.cut()}


async def silence(server: VenueServer, _request: Request) -> Row:
    """Every open WebSocket stays open and is silent from now on: no frame, no pong."""
    return {"sockets": server.sockets.silence()}


async def refuse(server: VenueServer, request: Request) -> Row:
    """Refuses connections for `ms`."""
    if not 0 < request.ms <= _LONGEST_REFUSAL:
        raise InvalidInput(f"ms must be above 0 and at most {_LONGEST_REFUSAL}")
    return {"sockets": await server.refuse(request.ms / 1000)}


async def restart(server: VenueServer, _request: Request) -> Row:
    """Restarts the trading service: ended orders are only in the history, books begin at `u` 1."""
    return {"sockets": server.restart()}


async def restart_books(server: VenueServer, _request: Request) -> None:
    """Sends every subscribed book with `u` 1."""
    server.restart_books()


async def fund(server: VenueServer, request: Request) -> None:
    """Settles funding at `rate` now; the rate stays the market's funding rate."""
    _check_contract(request)
    server.venue.fund(request.symbol, request.rate, server.clock.market())


async def prices(server: VenueServer, request: Request) -> None:
    """Sets `mark` and `index`, which then stand still; what is missing follows the last price again."""
    _check_contract(request)
    now = server.clock.market()
    server.venue.set_prices(request.symbol, now, mark=request.mark, index=request.index)


async def move(server: VenueServer, request: Request) -> None:
    """The market jumps to `price`: book and last price, with stops, orders in its way and liquidations that follow. The
    synthetic market goes on from there, a recording with its next row.
    """
    market = server.venue.market(request.symbol, request.category)
    displace(server.venue, market, _given("price", request.price), server.clock.market())


async def trade(server: VenueServer, request: Request) -> None:
    """A taker of the market trades `qty` up to `price`; what finds nobody there is printed as a trade at `price`."""
    price, quantity = _given("price", request.price), _given("qty", request.qty)
    if not quantity:
        raise InvalidInput("qty must be above 0")
    now = server.clock.market()
    server.venue.trade(request.symbol, SIDES[request.side], price, quantity, now, request.category)


async def show(server: VenueServer, request: Request) -> None:
    """The market shows `qty` at `price`."""
    price, quantity = _given("price", request.price), _given("qty", request.qty)
    now = server.clock.market()
    server.venue.show(request.symbol, SIDES[request.side], price, quantity, now, request.category)


async def fill(server: VenueServer, request: Request) -> None:
    """Somebody trades `qty` (all of it where it is missing) with a resting order."""
    order = _resting(server, request)
    server.venue.fill(order, order.leaves if request.qty is None else request.qty, server.clock.market())


async def fill_and_cancel(server: VenueServer, request: Request) -> None:
    """`qty` of a resting order is filled, and the venue cancels the rest."""
    await fill(server, request)
    server.venue.end(_order(server, request), BY_ADMIN, server.clock.market())


async def fill_twice(server: VenueServer, request: Request) -> None:
    """The race of a cancel with a fill: `Filled` is pushed a second time, as the answer to the late cancel."""
    order = _resting(server, request)
    await fill(server, request)
    server.publish()
    contract = server.venue.market_of(order).contract
    row = order_push(order, contract) | {"cancelType": "CancelByUser", "rejectReason": NOT_FOUND_BY_LINK}
    now = server.clock.market()
    name = f"{order.account.uid}_{order.symbol}_{server.venue.ids.next_seq()}"
    server.hub.deliver([Push(order.account.uid, "order", name, now, [row])])


async def liquidate(server: VenueServer, request: Request) -> None:
    """Liquidates the account's position, whatever the mark price is."""
    _check_contract(request)
    account, market = _account(server, request), server.venue.market(request.symbol)
    if not any(holder is account for holder, _position in market.held()):
        raise InvalidInput(f"the account has no position in {market.symbol}")
    server.venue.liquidate(account, market.symbol, server.clock.market())


async def cancel_by_hand(server: VenueServer, request: Request) -> None:
    """A person cancels an order on the exchange's own page."""
    order = _order(server, request)
    if not order.is_open:
        raise InvalidInput(f"the order has ended: it is {order.status}")
    server.venue.end(order, "CancelByUser", server.clock.market())


async def amend_by_hand(server: VenueServer, request: Request) -> None:
    """A person changes price or quantity of an order on the exchange's own page."""
    order = _order(server, request)
    body = {"category": order.category, "symbol": order.symbol, "orderId": order.id}
    change = read(AmendRequest, {**body, "price": request.price, "qty": request.qty})
    server.venue.amend(order.account, change, server.clock.market())


ACTIONS: Mapping[str, Action] = {
    action.__name__: action
    for action in (
        advance,
        skew,
        cut,
        silence,
        refuse,
        restart,
        restart_books,
        fund,
        prices,
        move,
        trade,
        show,
        fill,
        fill_and_cancel,
        fill_twice,
        liquidate,
        cancel_by_hand,
        amend_by_hand,
    )
}


def _read(name: str, body: Mapping[str, object]) -> Request:
    takes = TAKES.get(name, NOTHING)
    unknown = [field for field in body if field not in takes.names]
    if unknown:
        raise InvalidInput(f"{name} takes no {unknown[0]}: it takes {', '.join(takes.names) or 'nothing'}")
    missing = [field for field in takes.required if field not in body]
    if missing:
        raise InvalidInput(f"{missing[0]} is missing: {name} needs it")
    try:
        return msgspec.convert(body, Request, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None


def _named(server: VenueServer, request: Request) -> Request:
    """With the category of its order, else linear, and the symbol of the first market, where the request names none."""
    category = request.category or _category(server, request)
    listed = server.venue.listed(category)
    return msgspec.structs.replace(
        request, category=category, symbol=request.symbol or next(iter(listed), "")
    )


def _category(server: VenueServer, request: Request) -> str:
    if not (request.order_id or request.order_link_id):
        return LINEAR
    account = _account(server, request)
    found = (one for one in SERVED if account.find(request.order_id, request.order_link_id, one) is not None)
    return next(found, LINEAR)


def _changed(changes: Sequence[Changes]) -> Row:
    orders = {order.id: order for one in changes for order in one.orders.values()}
    rows: Row = {
        "orders": [_order_row(order) for order in orders.values()],
        "executions": [_execution_row(made) for one in changes for made in one.executions],
    }
    return {name: value for name, value in rows.items() if value}


def _order_row(order: Order) -> Row:
    return {
        "orderId": order.id,
        "orderLinkId": order.link,
        "orderStatus": order.status,
        "cumExecQty": exact(order.filled),
    }


def _execution_row(one: Execution) -> Row:
    return {
        "execType": one.type,
        "symbol": one.symbol,
        "side": one.side,
        "execQty": exact(one.qty),
        "execPrice": exact(one.price),
        "orderId": one.order_id,
    }


def _account(server: VenueServer, request: Request) -> Account:
    accounts = server.venue.accounts
    account = accounts.get(request.key) if request.key else next(iter(accounts.values()), None)
    if account is None:
        raise InvalidInput("no such account")
    return account


def _order(server: VenueServer, request: Request) -> Order:
    order = _account(server, request).find(request.order_id, request.order_link_id, request.category)
    if order is None:
        raise Declined(UNKNOWN_TO_CANCEL)
    return order


def _resting(server: VenueServer, request: Request) -> Order:
    order = _order(server, request)
    if order.entry is None:
        raise InvalidInput(f"the order does not rest in the book: it is {order.status}")
    if request.qty is not None and not 0 < request.qty <= order.leaves:
        raise InvalidInput(f"qty must be above 0 and at most {order.leaves}")
    return order


def _check_contract(request: Request) -> None:
    if request.category != LINEAR:
        raise InvalidInput(f"category {request.category} has no funding, mark price or liquidation")


def _given(name: str, value: Decimal | None) -> Decimal:
    if value is None:
        raise InvalidInput(f"{name} is missing")
    return value


def _check(server: VenueServer, request: Request) -> None:
    if abs(request.ms) > _MOST_MS:
        raise InvalidInput(f"ms must be at most {_MOST_MS}")
    if not request.rate.is_finite() or abs(request.rate) > _MOST_RATE:
        raise InvalidInput("rate must be from -1 to 1")
    numbers = (request.price, request.mark, request.index, request.qty)
    if any(value is not None for value in numbers):
        rules = _market(server, request).contract.instrument
        for name, value, step, least in (
            ("price", request.price, rules.tick, rules.tick),
            ("mark", request.mark, None, rules.tick),
            ("index", request.index, None, rules.tick),
            ("qty", request.qty, rules.lot, ZERO),
        ):
            _check_number(name, value, step, least)


def _market(server: VenueServer, request: Request) -> Market:
    """That of the order that is named, else that of the symbol."""
    if request.order_id or request.order_link_id:
        return server.venue.market_of(_order(server, request))
    return server.venue.market(request.symbol, request.category)


def _check_number(name: str, value: Decimal | None, step: Decimal | None, least: Decimal) -> None:
    if value is None:
        return
    if not value.is_finite() or value < least or value.adjusted() > _MOST_DIGITS:
        raise InvalidInput(f"{name} must be a number of at least {least}, below 1e{_MOST_DIGITS + 1}")
    if step is not None and is_off_step(value, step):
        raise InvalidInput(f"{name} must be a multiple of {step}")
