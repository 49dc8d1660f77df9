"""A venue of one market, and the short words in which its tests speak."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.venue import Venue, contract_of, pairs
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.execution import Execution
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import (
    AmendRequest,
    CancelRequest,
    LeverageRequest,
    ModeRequest,
    OrderRequest,
    StopRequest,
    read,
)
from domain.catalogue import known
from domain.direction import Side

START = 1_750_000_000_000
BTC, ETH = "BTCUSDT", "ETHUSDT"
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}


class Scene:
    """One account at a venue whose books are empty until the market shows something. Numbers are given as text."""

    def __init__(self, balance: str = "10000", symbol: str = BTC, category: str = LINEAR) -> None:
        listed = [one.instrument for one in known()]
        contracts = [contract_of(one, number) for number, one in enumerate(listed, 1)]
        self.venue = Venue([*contracts, *pairs()], START)
        self.account: Account = self.venue.open_account("key", "secret", Decimal(balance))
        self.symbol, self.category, self.now = symbol, category, START

    @property
    def market(self) -> Market:
        return self.venue.listed(self.category)[self.symbol]

    @property
    def balance(self) -> Decimal:
        return self.account.wallet.balance

    def position(self, index: int = 0) -> Position:
        return self.account.position(self.market.contract, index, self.now)

    def executions(self) -> list[Execution]:
        return list(self.account.executions)

    def shows(self, side: str, price: str, size: str = "1") -> None:
        """The market's quantity at a price is `size`."""
        self.venue.show(self.symbol, SIDES[side], Decimal(price), Decimal(size), self.now, self.category)

    def trades(self, side: str, price: str, size: str = "0.001") -> None:
        """A taker of the market trades up to this price."""
        self.venue.trade(self.symbol, SIDES[side], Decimal(price), Decimal(size), self.now, self.category)

    def quotes(self, price: str = "50000", size: str = "1") -> None:
        """One level on each side of `price`, a tick away, and a last price of `price`."""
        tick = self.market.contract.instrument.tick
        self.trades("Buy", price)
        self.shows("Buy", str(Decimal(price) - tick), size)
        self.shows("Sell", str(Decimal(price) + tick), size)

    def places(self, side: str, qty: str, price: str | None = None, **more: object) -> Order:
        """A limit order, or a market order where no price is given."""
        kind = {"orderType": "Market"} if price is None else {"orderType": "Limit", "price": price}
        body = {"category": self.category, "symbol": self.symbol, "side": side, "qty": qty, **kind, **more}
        return self.venue.create(self.account, read(OrderRequest, body), self.now)

    def amends(self, order: Order, **changes: object) -> Order:
        return self.venue.amend(self.account, read(AmendRequest, {**self._named(order), **changes}), self.now)

    def cancels(self, order: Order) -> Order:
        return self.venue.cancel(self.account, read(CancelRequest, self._named(order)), self.now)

    def has(self, coin: str, amount: str) -> None:
        """Gives the account an amount of a coin."""
        self.account.purse(coin).add(Decimal(amount))

    def sets_stop(self, **stop: object) -> None:
        body = {"category": "linear", "symbol": self.symbol, **stop}
        self.venue.set_stop(self.account, read(StopRequest, body), self.now)

    def sets_leverage(self, leverage: str) -> None:
        body = {
            "category": "linear",
            "symbol": self.symbol,
            "buyLeverage": leverage,
            "sellLeverage": leverage,
        }
        self.venue.set_leverage(self.account, read(LeverageRequest, body), self.now)

    def switches_mode(self, mode: int, coin: str = "") -> None:
        """Of the scene's market, or of every market of `coin` where it is named."""
        scope = {"coin": coin} if coin else {"symbol": self.symbol}
        body = {"category": "linear", "mode": mode, **scope}
        self.venue.switch_mode(self.account, read(ModeRequest, body), self.now)

    def waiting(self) -> dict[str, str]:
        """The triggers of the account's waiting orders, by kind."""
        found = [one for one in self.account.working(self.symbol, self.category) if one.waits]
        return {str(one.stop_kind): str(one.trigger_price) for one in found}

    def _named(self, order: Order) -> dict[str, object]:
        return {"category": self.category, "symbol": self.symbol, "orderId": order.id}


def refusal(error: Declined) -> int:
    """The return code of a refusal."""
    return error.number
