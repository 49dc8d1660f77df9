"""What an exchange does to its clients without being asked, one function each, for the admin port and for tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.simulated.bounds import is_off_step
from adapters.simulated.server.clock import VirtualClock
from adapters.simulated.server.hub import Push
from adapters.simulated.server.order_row import order_push
from adapters.simulated.server.server import VenueServer
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import UNKNOWN_TO_CANCEL, Declined
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import SIDES, AmendRequest, read
from domain.arithmetic import ONE, ZERO
from domain.errors import InvalidInput

_MOST = Decimal(10**12)
_LONGEST = 31 * 86_400_000
NOT_FOUND_BY_LINK = "EC_OrigClOrdIDDoesNotExist"
BY_ADMIN = "CancelByAdmin"


class Request(Struct, frozen=True, gc=False, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What an action may name; each takes what it needs. Times are in ms, prices in quote currency."""

    key: str = ""
    category: str = LINEAR
    symbol: str = "BTCUSDT"
    side: Literal["Buy", "Sell"] = "Buy"
    price: Decimal | None = None
    qty: Decimal | None = None
    rate: Decimal = Decimal("0.0001")
    mark: Decimal | None = None
    index: Decimal | None = None
    order_id: str = ""
    order_link_id: str = ""
    ms: int = 0


Action = Callable[[VenueServer, Request], Awaitable[None]]


async def act(server: VenueServer, name: str, body: Mapping[str, object]) -> None:
    """Performs the action and sends what it changed. Raises InvalidInput for an unknown action or parameter."""
    action = ACTIONS.get(name)
    if action is None:
        raise InvalidInput(f"no action {name}: there are {', '.join(ACTIONS)}")
    try:
        request = msgspec.convert(body, Request, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)) from None
    _check(server, request)
    await action(server, request)
    server.publish()


async def advance(server: VenueServer, request: Request) -> None:
    """Moves a clock that stands still by `ms`."""
    if not isinstance(server.clock, VirtualClock):
        raise InvalidInput("only a virtual clock can be advanced")
    server.clock.advance(request.ms)
    server.step()


async def skew(server: VenueServer, request: Request) -> None:
    """From now on the server's clock is wrong by `ms`."""
    server.clock.skew = request.ms


async def cut(server: VenueServer, _request: Request) -> None:
    """Cuts every WebSocket without a closing handshake."""
    server.sockets.cut()


async def silence(server: VenueServer, _request: Request) -> None:
    """Every open WebSocket stays open and is silent from now on: no frame, no pong."""
    server.sockets.silence()


async def refuse(server: VenueServer, request: Request) -> None:
    """Refuses connections for `ms`."""
    await server.refuse(request.ms / 1000)


async def restart(server: VenueServer, _request: Request) -> None:
    """Restarts the trading service: ended orders are only in the history, books begin at `u` 1."""
    server.restart()


async def restart_books(server: VenueServer, _request: Request) -> None:
    """Sends every subscribed book with `u` 1."""
    server.restart_books()


async def fund(server: VenueServer, request: Request) -> None:
    """Settles funding at `rate` now."""
    _check_contract(request)
    server.venue.fund(request.symbol, request.rate, server.clock.market())


async def prices(server: VenueServer, request: Request) -> None:
    """Sets `mark` and `index`; what is missing follows the last price."""
    _check_contract(request)
    now = server.clock.market()
    server.venue.set_prices(request.symbol, now, mark=request.mark, index=request.index)


async def trade(server: VenueServer, request: Request) -> None:
    """A taker of the market trades `qty` up to `price`."""
    price, quantity = _given("price", request.price), _given("qty", request.qty)
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
    account = _account(server, request)
    if not any(one.size for one in account.positions.get(request.symbol, {}).values()):
        raise InvalidInput(f"there is no position in {request.symbol}")
    server.venue.liquidate(account, request.symbol, server.clock.market())


async def cancel_by_hand(server: VenueServer, request: Request) -> None:
    """A person cancels an order on the exchange's own page."""
    server.venue.end(_open(server, request), "CancelByUser", server.clock.market())


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


def _check(server: VenueServer, request: Request) -> None:
    """Raises InvalidInput for a number that no market has, Declined for a symbol that is not listed."""
    rules = server.venue.market(request.symbol, request.category).contract.instrument
    for name, step in (("price", rules.tick), ("mark", None), ("index", None), ("qty", rules.lot)):
        value: Decimal | None = getattr(request, name)
        if value is None:
            continue
        if not value.is_finite() or not ZERO < value < _MOST:
            raise InvalidInput(f"{name} must be a number above 0")
        if step is not None and is_off_step(value, step):
            raise InvalidInput(f"{name} {value} is not a multiple of {step}")
    if not request.rate.is_finite() or abs(request.rate) > ONE:
        raise InvalidInput("rate must be a number from -1 to 1")
    if not 0 <= abs(request.ms) <= _LONGEST:
        raise InvalidInput(f"ms must be at most {_LONGEST}")


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


def _open(server: VenueServer, request: Request) -> Order:
    order = _order(server, request)
    if not order.is_open:
        raise Declined(UNKNOWN_TO_CANCEL)
    return order


def _resting(server: VenueServer, request: Request) -> Order:
    order = _order(server, request)
    if order.entry is None:
        raise InvalidInput(f"the order is {order.status} and does not rest in the book")
    return order


def _check_contract(request: Request) -> None:
    if request.category != LINEAR:
        raise InvalidInput(f"category {request.category} has no funding, mark price or liquidation")


def _given(name: str, value: Decimal | None) -> Decimal:
    if value is None:
        raise InvalidInput(f"{name} is missing")
    return value
