"""The venue: its markets and accounts, and everything that can be done at it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.clearing import Clearing
from adapters.simulated.venue.codes import (
    LEVERAGE_UNCHANGED,
    MODE_ORDERS,
    MODE_POSITION,
    MODE_UNCHANGED,
    PARAMETER,
    UNKNOWN_SYMBOL,
    Declined,
)
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.desk import Desk
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market, next_funding
from adapters.simulated.venue.matching import Matching
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
from adapters.simulated.wallet import Wallet
from domain.arithmetic import EXACT, ONE, ZERO
from domain.direction import Side

HEDGE, ONE_WAY = 3, 0
"""The values of `mode` in POST /v5/position/switch-mode."""


class Venue:
    """`now` is the time of a call in ms; it never goes back. `outbox` collects what the calls changed.

    Raises Declined, with Bybit's code, for a request that the venue refuses; such a request changes nothing.
    """

    def __init__(self, contracts: Iterable[Contract], now: int, seed: int = 0) -> None:
        self.markets = {one.symbol: Market(one, next_funding(one, now)) for one in contracts}
        self.accounts: dict[str, Account] = {}
        self.outbox = Outbox()
        self.ids = Ids(seed)
        clearing = Clearing(self.outbox, self.ids)
        protection = Protection(clearing, self.ids)
        self._clearing, self._protection = clearing, protection
        self._matching = Matching(clearing, protection, self.outbox, self.ids)
        self._desk = Desk(self._matching, clearing, protection, self.ids)

    def open_account(
        self, key: str, secret: str, balance: Decimal, currency: str = "USDT", level: str = "VIP 0"
    ) -> Account:
        """An account with money and one API key."""
        uid = 100_001 + len(self.accounts)
        account = Account(uid, key, secret, currency, Wallet(balance), level)
        self.accounts[key] = account
        return account

    def market(self, symbol: str) -> Market:
        """The market of a symbol. Raises Declined (10029) where it is not listed."""
        market = self.markets.get(symbol)
        if market is None:
            raise Declined(UNKNOWN_SYMBOL)
        return market

    def create(self, account: Account, request: OrderRequest, now: int) -> Order:
        """POST /v5/order/create."""
        with localcontext(EXACT):
            return self._desk.create(self.market(request.symbol), account, request, now)

    def amend(self, account: Account, request: AmendRequest, now: int) -> Order:
        """POST /v5/order/amend."""
        with localcontext(EXACT):
            return self._desk.amend(self.market(request.symbol), account, request, now)

    def cancel(self, account: Account, request: CancelRequest, now: int) -> Order:
        """POST /v5/order/cancel."""
        with localcontext(EXACT):
            return self._desk.cancel(self.market(request.symbol), account, request, now)

    def cancel_all(self, account: Account, request: CancelAllRequest, now: int) -> list[Order]:
        """POST /v5/order/cancel-all: one symbol, a base or a settlement currency."""
        markets = [market for market in self.markets.values() if _is_meant(market, request)]
        if request.symbol and not markets:
            raise Declined(UNKNOWN_SYMBOL)
        if not (request.symbol or request.base_coin or request.settle_coin):
            raise Declined(PARAMETER, "symbol, baseCoin or settleCoin is missing")
        with localcontext(EXACT):
            return self._desk.cancel_all(markets, account, request, now)

    def set_leverage(self, account: Account, request: LeverageRequest, now: int) -> None:
        """POST /v5/position/set-leverage: for every position of the account in the market."""
        market = self.market(request.symbol)
        _check_leverage(market.contract, request)
        leverage = request.buy_leverage
        with localcontext(EXACT):
            positions = [
                account.position(market.contract, index, now) for index in account.indexes(market.symbol)
            ]
            if all(position.leverage == leverage for position in positions):
                raise Declined(LEVERAGE_UNCHANGED)
            account.leverage[market.symbol] = leverage
            for position in positions:
                position.leverage = leverage
                self._clearing.shown(account, position, now)
            for order in account.working(market.symbol):
                self._clearing.lock(market, order)
            self._matching.follow_price(market, now)

    def switch_mode(self, account: Account, request: ModeRequest, now: int) -> None:
        """POST /v5/position/switch-mode, for a symbol or every contract of a settlement currency."""
        if request.mode not in (ONE_WAY, HEDGE) or not (request.symbol or request.coin):
            raise Declined(PARAMETER, "mode must be 0 or 3, of a symbol or a coin")
        symbols = [request.symbol] if request.symbol else self._settled_in(request.coin)
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
            self._matching.follow_price(market, now)

    def arrive(
        self, symbol: str, side: Side, price: Decimal, quantity: Decimal, now: int, *, rests: bool
    ) -> Decimal:
        """An order of the market that is played; returns what did not trade."""
        with localcontext(EXACT):
            return self._matching.foreign(self.markets[symbol], side, price, quantity, now, rests=rests)

    def show(self, symbol: str, side: Side, price: Decimal, quantity: Decimal, now: int) -> None:
        """The market shows `quantity` at a price of its book (zero: nothing); orders in its way trade first."""
        market = self.markets[symbol]
        with localcontext(EXACT):
            left = (
                self._matching.foreign(market, side, price, quantity, now, rests=False) if quantity else ZERO
            )
            market.book.set_foreign(side, price, left)

    def trade(self, symbol: str, side: Side, price: Decimal, quantity: Decimal, now: int) -> None:
        """A recorded trade: fills what rests at its price or better, and is printed for the rest of its quantity."""
        market = self.markets[symbol]
        with localcontext(EXACT):
            left = self._matching.foreign(market, side, price, quantity, now, rests=False)
            if left:
                self._matching.print_trade(market, side, price, left, now)

    def set_prices(
        self, symbol: str, now: int, *, mark: Decimal | None = None, index: Decimal | None = None
    ) -> None:
        """Sets mark and index price; None lets them follow the last price."""
        market = self.markets[symbol]
        market.mark, market.index = mark, index
        with localcontext(EXACT):
            self._matching.follow_price(market, now)

    def advance(self, now: int) -> None:
        """Settles funding that is due and begins the candles up to `now`."""
        with localcontext(EXACT):
            for market in self.markets.values():
                market.candles.move(now)
                while market.next_funding <= now:
                    self._clearing.fund(market, market.next_funding)
                    market.next_funding += market.contract.funding_interval * 60_000
                    self._matching.follow_price(market, now)

    def fund(self, symbol: str, rate: Decimal, now: int) -> None:
        """Settles funding at this rate now, outside its times."""
        market = self.markets[symbol]
        market.funding_rate = rate
        with localcontext(EXACT):
            self._clearing.fund(market, now)
            self._matching.follow_price(market, now)

    def fill(self, order: Order, quantity: Decimal, now: int) -> None:
        """Somebody trades with this resting order, at its price, whatever stands before it in its queue."""
        with localcontext(EXACT):
            self._matching.fill(self.markets[order.symbol], order, min(quantity, order.leaves), now)

    def end(self, order: Order, reason: str, now: int) -> None:
        """The venue itself cancels an order; `reason` is the `cancelType`."""
        with localcontext(EXACT):
            self._clearing.end(self.markets[order.symbol], order, Status.CANCELLED, now, reason)

    def liquidate(self, account: Account, symbol: str, now: int) -> None:
        """Liquidates the account's positions in a market, whatever its mark price is."""
        market = self.market(symbol)
        with localcontext(EXACT):
            for holder, position in market.held():
                if holder is account:
                    self._clearing.liquidate(market, account, position, now)

    def readmit(self, account: Account, order: Order, now: int) -> None:
        """Takes over an open order of a venue that was saved: it waits for its trigger, trades or rests again."""
        with localcontext(EXACT):
            self._desk.readmit(self.markets[order.symbol], account, order, now)

    def restart(self) -> None:
        """A restart of the trading service: it forgets the orders that had ended; the order history has them."""
        for account in self.accounts.values():
            account.recent.clear()

    def _settled_in(self, coin: str) -> list[str]:
        return [one.symbol for one in self.markets.values() if one.contract.instrument.quote == coin]

    def _check_mode(self, account: Account, symbol: str) -> None:
        self.market(symbol)
        if any(position.size for position in account.positions.get(symbol, {}).values()):
            raise Declined(MODE_POSITION)
        if account.working(symbol):
            raise Declined(MODE_ORDERS)


def _is_meant(market: Market, request: CancelAllRequest) -> bool:
    rules = market.contract.instrument
    named = (
        (request.symbol, market.symbol),
        (request.base_coin, rules.base),
        (request.settle_coin, rules.quote),
    )
    return next((wanted == has for wanted, has in named if wanted), False)


def _check_leverage(contract: Contract, request: LeverageRequest) -> None:
    if request.buy_leverage != request.sell_leverage:
        raise Declined(PARAMETER, "buyLeverage and sellLeverage must be equal")
    if not ONE <= request.buy_leverage <= contract.instrument.max_leverage:
        raise Declined(PARAMETER, f"leverage must be from 1 to {contract.instrument.max_leverage}")
