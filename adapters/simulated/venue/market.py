"""One market of the venue: its contract, book, prices, trades and waiting orders."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from msgspec import Struct

from adapters.simulated.bounds import band_bound
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.candles import MINUTE, Candles
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.order_book import OrderBook
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SideName, TriggerBy
from domain.arithmetic import ZERO
from domain.direction import Side

TRADES_KEPT = 1_000
FUNDINGS_KEPT = 200


class PublicTrade(Struct, frozen=True, gc=False):
    """A trade as everybody sees it; `side` is the taker's, `tick` Bybit's tick direction, `at` in ms."""

    id: str
    symbol: str
    side: SideName
    price: Decimal
    qty: Decimal
    tick: str
    at: int
    seq: int
    category: str = LINEAR


@dataclass(slots=True, eq=False, repr=False)
class Market:
    """`mark` and `index` are None where the market that is played does not name them: the last price is used then.

    `waiting` are the orders, of all accounts, whose trigger has not been reached. `funding_rate` is settled at
    `next_funding` (ms); `fundings` are the last settlements, time and rate. `displaced` is the price to which the
    market was moved, until what plays it has gone on from there.
    """

    contract: Contract
    next_funding: int
    book: OrderBook = field(default_factory=OrderBook)
    candles: Candles = field(default_factory=Candles)
    trades: deque[PublicTrade] = field(default_factory=lambda: deque[PublicTrade](maxlen=TRADES_KEPT))
    fundings: deque[tuple[int, Decimal]] = field(
        default_factory=lambda: deque[tuple[int, Decimal]](maxlen=FUNDINGS_KEPT)
    )
    waiting: dict[str, Order] = field(default_factory=dict[str, Order])
    holders: dict[tuple[int, int], tuple[Account, Position]] = field(
        default_factory=dict[tuple[int, int], tuple[Account, Position]]
    )
    last: Decimal | None = None
    mark: Decimal | None = None
    index: Decimal | None = None
    displaced: Decimal | None = None
    funding_rate: Decimal = ZERO
    tick_direction: str = "ZeroPlusTick"

    @property
    def category(self) -> str:
        return self.contract.category

    @property
    def symbol(self) -> str:
        return self.contract.symbol

    @property
    def mark_price(self) -> Decimal:
        """Zero before the first price."""
        return self.mark or self.reference or ZERO

    @property
    def reference(self) -> Decimal | None:
        """The last price; before the first trade the best bid of the book, else the best ask."""
        return self.last or self.book.best(Side.BUY) or self.book.best(Side.SELL)

    @property
    def quoted_price(self) -> Decimal | None:
        """The last price, or where it lies outside of the quotes of the market that is played, the nearest of them."""
        bid, ask = (self.book.shown(side) for side in (Side.BUY, Side.SELL))
        price = self.last or bid or ask
        if price is not None and ask is not None:
            price = min(price, ask)
        if price is not None and bid is not None:
            price = max(price, bid)
        return price

    @property
    def index_price(self) -> Decimal:
        return self.index or self.mark_price

    def price(self, by: TriggerBy) -> Decimal | None:
        """The price that a trigger is compared with; None before the first."""
        return {TriggerBy.LAST: self.last, TriggerBy.MARK: self.mark or self.last}.get(
            by, self.index or self.mark or self.last
        )

    def hold(self, account: Account, position: Position) -> None:
        """Records whether the account has a position here."""
        key = account.uid, position.index
        if position.size:
            self.holders[key] = account, position
        else:
            self.holders.pop(key, None)

    def held(self) -> list[tuple[Account, Position]]:
        """The open positions of all accounts in this market."""
        return list(self.holders.values())

    def band_limit(self, side: Side, last: Decimal) -> Decimal:
        """The worst price of a market order: the last price +/- the band, rounded inward to the tick."""
        buys = side is Side.BUY
        tick = self.contract.instrument.tick
        worst = band_bound(side, last, self.contract.band)
        return (worst / tick).to_integral_value(ROUND_FLOOR if buys else ROUND_CEILING) * tick

    def not_before(self, at: int) -> int:
        """`at` (ms), or the time of the last trade where that is later: what is played late changes no past."""
        return max(at, self.trades[-1].at) if self.trades else at

    def moved(self, price: Decimal) -> str:
        """Makes `price` the last price; returns the tick direction."""
        if self.last is not None and price != self.last:
            self.tick_direction = "PlusTick" if price > self.last else "MinusTick"
        elif not self.tick_direction.startswith("Zero"):
            self.tick_direction = f"Zero{self.tick_direction}"
        self.last = price
        return self.tick_direction


def next_funding(contract: Contract, now: int) -> int:
    """The first funding time after `now`, in ms: multiples of the interval since midnight UTC."""
    interval = contract.funding_interval * MINUTE
    return now - now % interval + interval
