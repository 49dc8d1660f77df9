"""The venue: its markets and accounts, and everything that can be done at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import chain

from adapters.simulated.bounds import is_off_step
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.admission import ContractAdmission
from adapters.simulated.venue.categories import LINEAR, SERVED, SPOT
from adapters.simulated.venue.clearing import Clearing
from adapters.simulated.venue.codes import (
    LEVERAGE_LIQUIDATES,
    LEVERAGE_TOO_EXPENSIVE,
    LEVERAGE_UNCHANGED,
    MODE_ORDERS,
    MODE_POSITION,
    MODE_UNCHANGED,
    PARAMETER,
    SPOT_UNKNOWN_SYMBOL,
    UNKNOWN_SYMBOL,
    Code,
    Declined,
)
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.desk import Admission, Desk
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.fees import NO_LEVEL
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market, next_funding
from adapters.simulated.venue.matching import Brackets, Matching
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.outbox import Outbox
from adapters.simulated.venue.protection import Protection
from adapters.simulated.venue.requests import (
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    LeverageRequest,
    ModeRequest,
    OrderRequest,
    StopRequest,
)
from adapters.simulated.venue.settlement import Settlement
from adapters.simulated.venue.spot_admission import SpotAdmission
from adapters.simulated.venue.spot_clearing import NOT_CARRIED, SpotClearing
from adapters.simulated.venue.spot_protection import SpotProtection
from adapters.simulated.wallet import Wallet
from domain.arithmetic import EXACT, ONE, ZERO
from domain.direction import Side

_NEVER = 0
_LEVERAGE_STEP = Decimal("0.01")
HEDGE, ONE_WAY = 3, 0
"""The values of `mode` in POST /v5/position/switch-mode."""


@dataclass(frozen=True, slots=True)
class Room:
    """The rules of one category: what a fill does, how orders match, what is admitted."""

    clearing: Settlement
    matching: Matching
    desk: Desk


class Venue:
    """`markets` are the linear contracts and `spot` the pairs, by symbol. `now` is the time of a call in ms; it never
    goes back. `outbox` collects what the calls changed.

    Raises Declined, with Bybit's code, for a request that the venue refuses; such a request changes nothing.
    """

    def __init__(self, contracts: Iterable[Contract], now: int, seed: int = 0) -> None:
        listed = list(contracts)
        self.markets = {
            one.symbol: Market(one, next_funding(one, now)) for one in listed if one.category == LINEAR
        }
        self.spot = {one.symbol: Market(one, _NEVER) for one in listed if one.category == SPOT}
        self.accounts: dict[str, Account] = {}
        self.outbox = Outbox()
        self.ids = Ids(seed)
        self._clearing = Clearing(self.outbox, self.ids, self._relieve)
        self._protection = Protection(self._clearing, self.ids)
        self._spot_clearing = spot_clearing = SpotClearing(self.outbox, self.ids)
        self._rooms = {
            LINEAR: self._room(self._clearing, self._protection, ContractAdmission(self.ids)),
            SPOT: self._room(spot_clearing, SpotProtection(spot_clearing, self.ids), SpotAdmission(self.ids)),
        }

    def _room(self, clearing: Settlement, brackets: Brackets, admission: Admission) -> Room:
        matching = Matching(clearing, brackets, self.outbox, self.ids)
        return Room(clearing, matching, Desk(matching, clearing, admission))

    def open_account(
        self, key: str, secret: str, balance: Decimal, currency: str = "USDT", level: str = NO_LEVEL
    ) -> Account:
        """An account with money and one API key."""
        uid = 100_001 + len(self.accounts)
        account = Account(uid, key, secret, currency, Wallet(balance), level)
        self.accounts[key] = account
        return account

    def listed(self, category: str) -> Mapping[str, Market]:
        """The markets of a category by symbol. Raises Declined (10001) for a category that is not served."""
        if category not in SERVED:
            served = " and ".join(SERVED)
            raise Declined(PARAMETER, f"category {category or 'is missing'}: this venue serves {served}")
        return self.spot if category == SPOT else self.markets

    def market(self, symbol: str, category: str = LINEAR) -> Market:
        """The market of a symbol. Raises Declined (10029, or 170121 of spot) where it is not listed."""
        market = self.listed(category).get(symbol)
        if market is None:
            raise Declined(SPOT_UNKNOWN_SYMBOL if category == SPOT else UNKNOWN_SYMBOL)
        return market

    def market_of(self, one: Order | Execution) -> Market:
        """The market of an order or an execution."""
        return (self.spot if one.category == SPOT else self.markets)[one.symbol]

    def every_market(self) -> Iterator[Market]:
        return chain(self.markets.values(), self.spot.values())

    def create(self, account: Account, request: OrderRequest, now: int) -> Order:
        """POST /v5/order/create."""
        with localcontext(EXACT):
            market = self.market(request.symbol, request.category)
            return self._rooms[market.category].desk.create(market, account, request, now)

    def amend(self, account: Account, request: AmendRequest, now: int) -> Order:
        """POST /v5/order/amend."""
        with localcontext(EXACT):
            market = self.market(request.symbol, request.category)
            return self._rooms[market.category].desk.amend(market, account, request, now)

    def cancel(self, account: Account, request: CancelRequest, now: int) -> Order:
        """POST /v5/order/cancel."""
        with localcontext(EXACT):
            market = self.market(request.symbol, request.category)
            return self._rooms[market.category].desk.cancel(market, account, request, now)

    def cancel_all(self, account: Account, request: CancelAllRequest, now: int) -> list[Order]:
        """POST /v5/order/cancel-all: one symbol, a base or a settlement currency; in spot also every pair."""
        listed, is_named = self.listed(request.category), _is_named(request)
        if request.symbol:
            self.market(request.symbol, request.category)
        if not is_named and request.category == LINEAR:
            raise Declined(PARAMETER, "symbol, baseCoin or settleCoin is missing")
        markets = [market for market in listed.values() if not is_named or _is_meant(market, request)]
        with localcontext(EXACT):
            return self._rooms[request.category].desk.cancel_all(markets, account, request, now)

    def set_leverage(self, account: Account, request: LeverageRequest, now: int) -> None:
        """POST /v5/position/set-leverage: for every position of the account in the market."""
        market = self.market(request.symbol)
        _check_leverage(market.contract, request)
        leverage = request.buy_leverage
        with localcontext(EXACT):
            shown = [
                account.position(market.contract, index, now) for index in account.indexes(market.symbol)
            ]
            if all(position.leverage == leverage for position in shown):
                raise Declined(LEVERAGE_UNCHANGED)
            self._take_leverage(market, account, leverage)
            for position in shown:
                self._clearing.shown(account, position, now)

    def switch_mode(self, account: Account, request: ModeRequest, now: int) -> None:
        """POST /v5/position/switch-mode, for a symbol or every contract of a settlement currency."""
        if request.mode not in (ONE_WAY, HEDGE) or not (request.symbol or request.coin):
            raise Declined(PARAMETER, "mode must be 0 or 3, of a symbol or a coin")
        symbols = [request.symbol] if request.symbol else self._settled_in(request.coin)
        if not symbols:
            raise Declined(PARAMETER, f"no contract is settled in {request.coin}")
        for symbol in symbols:
            self._check_mode(account, symbol)
        before = set(account.hedged)
        change = account.hedged.update if request.mode == HEDGE else account.hedged.difference_update
        change(symbols)
        if account.hedged == before:
            raise Declined(MODE_UNCHANGED)

    def set_stop(self, account: Account, request: StopRequest, now: int) -> None:
        """POST /v5/position/trading-stop."""
        market = self.market(request.symbol)
        with localcontext(EXACT):
            self._protection.change(market, account, request, now)
            self._rooms[LINEAR].matching.follow_price(market, now)

    def arrive(
        self,
        symbol: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
        *,
        rests: bool,
        category: str = LINEAR,
    ) -> Decimal:
        """An order of the market that is played; returns what did not trade."""
        market = self.listed(category)[symbol]
        with localcontext(EXACT):
            return self._rooms[category].matching.foreign(market, side, price, quantity, now, rests=rests)

    def show(
        self,
        symbol: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
        category: str = LINEAR,
    ) -> None:
        """The market shows `quantity` at a price of its book (zero: nothing); orders in its way trade first."""
        market, matching = self.listed(category)[symbol], self._rooms[category].matching
        with localcontext(EXACT):
            left = matching.foreign(market, side, price, quantity, now, rests=False) if quantity else ZERO
            market.book.set_foreign(side, price, left)

    def trade(
        self,
        symbol: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
        category: str = LINEAR,
    ) -> None:
        """A recorded trade: fills what rests at its price or better, and is printed for the rest of its quantity."""
        market, matching = self.listed(category)[symbol], self._rooms[category].matching
        with localcontext(EXACT):
            left = matching.foreign(market, side, price, quantity, now, rests=False)
            if left:
                matching.print_trade(market, side, price, left, now)

    def print_trade(
        self,
        symbol: str,
        side: Side,
        price: Decimal,
        quantity: Decimal,
        now: int,
        category: str = LINEAR,
    ) -> None:
        """A trade that the book shows already: it moves the last price and fills nothing."""
        with localcontext(EXACT):
            market = self.market(symbol, category)
            self._rooms[category].matching.print_trade(market, side, price, quantity, now)

    def follow_book(self, symbol: str, now: int, category: str = LINEAR) -> None:
        """The market is played without trades: its last price goes with its quotes where it lies outside of them."""
        market = self.market(symbol, category)
        last = market.quoted_price
        if last is not None and last != market.last:
            market.moved(last)
            market.candles.trade(last, ZERO, now)
            with localcontext(EXACT):
                self._rooms[category].matching.follow_price(market, now)

    def set_prices(
        self, symbol: str, now: int, *, mark: Decimal | None = None, index: Decimal | None = None
    ) -> None:
        """Sets mark and index price; None lets them follow the last price."""
        market = self.market(symbol)
        market.mark, market.index = mark, index
        with localcontext(EXACT):
            self._rooms[LINEAR].matching.follow_price(market, now)

    def advance(self, now: int) -> None:
        """Settles funding that is due and begins the candles up to `now`."""
        with localcontext(EXACT):
            for market in self.every_market():
                market.candles.move(now)
            for market in self.markets.values():
                while market.next_funding <= now:
                    self._clearing.fund(market, market.next_funding)
                    market.next_funding += market.contract.funding_interval * 60_000
                    self._rooms[LINEAR].matching.follow_price(market, now)

    def fund(self, symbol: str, rate: Decimal, now: int) -> None:
        """Settles funding at this rate now, outside its times."""
        market = self.market(symbol)
        market.funding_rate = rate
        with localcontext(EXACT):
            self._clearing.fund(market, now)
            self._rooms[LINEAR].matching.follow_price(market, now)

    def fill(self, order: Order, quantity: Decimal, now: int) -> None:
        """Somebody trades with this resting order, at its price, whatever stands before it in its queue."""
        with localcontext(EXACT):
            matching = self._rooms[order.category].matching
            matching.fill(self.market_of(order), order, min(quantity, order.leaves), now)

    def end(self, order: Order, reason: str, now: int) -> None:
        """The venue itself cancels an order; `reason` is the `cancelType`."""
        with localcontext(EXACT):
            clearing = self._rooms[order.category].clearing
            clearing.end(self.market_of(order), order, Status.CANCELLED, now, reason)

    def liquidate(self, account: Account, symbol: str, now: int) -> None:
        """Liquidates the account's positions in a market, whatever its mark price is."""
        market = self.market(symbol)
        with localcontext(EXACT):
            for holder, position in market.held():
                if holder is account:
                    self._clearing.liquidate(market, account, position, now)

    def readmit(self, account: Account, orders: Sequence[Order], now: int) -> None:
        """Takes over the open orders of a venue that was saved: each waits for its trigger or rests again. A market
        that has come back beyond the price of an order trades with it, at the order's price, and one that has come back
        beyond a trigger triggers it.
        """
        with localcontext(EXACT):
            beyond = [one for order in orders if not order.waits for one in self._lifted(order)]
            for order in orders:
                self._rooms[order.category].desk.readmit(self.market_of(order), account, order)
            for market, side, price, size in beyond:
                self.show(market.symbol, side, price, size, now, market.category)
            for market in dict.fromkeys(market for market, *_level in beyond):
                self.follow_book(market.symbol, now, market.category)
            for market in dict.fromkeys(map(self.market_of, orders)):
                if market.last is not None:
                    self._rooms[market.category].matching.follow_price(market, now)

    def _lifted(self, order: Order) -> list[tuple[Market, Side, Decimal, Decimal]]:
        """Takes out of the book what the market shows at the order's price or better; the order's account has nothing
        in the book yet.
        """
        market, side = self.market_of(order), order.side.opposite
        levels = [(one.price, one.foreign) for one in market.book.sides[side].within(order.price)]
        for price, _size in levels:
            market.book.set_foreign(side, price, ZERO)
        return [(market, side, price, size) for price, size in levels]

    def restart(self) -> None:
        """A restart of the trading service: it forgets the orders that had ended; the order history has them."""
        for account in self.accounts.values():
            account.recent.clear()

    def _relieve(self, account: Account, now: int) -> None:
        """Ends spot orders, the newest first, until the balance carries what they reserve."""
        if not account.is_overdrawn():
            return
        for order in reversed([one for one in account.orders.values() if one.coin == account.currency]):
            if not account.is_overdrawn():
                return
            if self._spot_clearing.reserves(order):
                self._spot_clearing.end(self.market_of(order), order, Status.CANCELLED, now, NOT_CARRIED)

    def _take_leverage(self, market: Market, account: Account, leverage: Decimal) -> None:
        """Raises Declined where the balance does not cover the margin, or a position would be liquidated at once."""
        before = {index: one.leverage for index, one in account.positions[market.symbol].items()}
        available = account.wallet.available
        self._lever(market, account, dict.fromkeys(before, leverage))
        refusal = _refusal_of_leverage(market, account, available)
        if refusal is not None:
            self._lever(market, account, before)
            raise Declined(refusal)
        account.leverage[market.symbol] = leverage

    def _lever(self, market: Market, account: Account, leverages: Mapping[int, Decimal]) -> None:
        for index, position in account.positions[market.symbol].items():
            position.leverage = leverages[index]
        for order in account.working(market.symbol):
            self._clearing.lock(market, order)

    def _settled_in(self, coin: str) -> list[str]:
        return [one.symbol for one in self.markets.values() if one.contract.instrument.quote == coin]

    def _check_mode(self, account: Account, symbol: str) -> None:
        self.market(symbol)
        if any(position.size for position in account.positions.get(symbol, {}).values()):
            raise Declined(MODE_POSITION)
        if account.working(symbol):
            raise Declined(MODE_ORDERS)


def _is_named(request: CancelAllRequest) -> bool:
    return bool(request.symbol or request.base_coin or request.settle_coin)


def _is_meant(market: Market, request: CancelAllRequest) -> bool:
    rules = market.contract.instrument
    named = (
        (request.symbol, market.symbol),
        (request.base_coin, rules.base),
        (request.settle_coin, rules.quote),
    )
    return next((wanted == has for wanted, has in named if wanted), False)


def _refusal_of_leverage(market: Market, account: Account, before: Decimal) -> Code | None:
    """Why the leverage that the positions have now is refused; `before` is the balance that was available."""
    if account.wallet.available < min(ZERO, before):
        return LEVERAGE_TOO_EXPENSIVE
    positions = account.positions[market.symbol].values()
    return LEVERAGE_LIQUIDATES if any(one.is_due(market.mark_price) for one in positions) else None


def _check_leverage(contract: Contract, request: LeverageRequest) -> None:
    if request.buy_leverage != request.sell_leverage:
        raise Declined(PARAMETER, "buyLeverage and sellLeverage must be equal")
    if is_off_step(request.buy_leverage, _LEVERAGE_STEP):
        raise Declined(PARAMETER, f"leverage must be a multiple of {_LEVERAGE_STEP}")
    if not ONE <= request.buy_leverage <= contract.instrument.max_leverage:
        raise Declined(PARAMETER, f"leverage must be from 1 to {contract.instrument.max_leverage}")
