"""The analysis of one instrument: it takes levels and trades one by one, and keeps what figures read."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from domain.book.analysis.bins import BIN_MS, Bins, Flow
from domain.book.analysis.icebergs import Icebergs
from domain.book.analysis.ladder import FAR, NEAR, Ladder
from domain.book.analysis.manipulation import Suspicion, Watch
from domain.book.analysis.order_flow import OFI_LEVELS, WATCHED, SideFlow, ofi
from domain.book.analysis.profile import Profile
from domain.book.analysis.trades import Trades, Vpin
from domain.book.analysis.walls import Walls, Way
from domain.book.depth import Depth, PublicTrade
from domain.errors import InvalidInput

STALE_MS = 10_000
"""Without levels for so long, the book is no longer known, also where trades come: what was computed begins again."""
WALLS_MS = 100
"""Walls are looked for once in so many milliseconds."""
_DAY_MS = 86_400_000
_NAN = float("nan")
# A member of an enumeration is looked up by a function call; these are read for each message.
_BEST_CHANGES = Flow.BEST_CHANGES
_BOUGHT = Flow.BOUGHT
_MLOFI = Flow.MLOFI
_MONEY_FLOW = Flow.MONEY_FLOW
_NOTIONAL = Flow.NOTIONAL
_OFI = Flow.OFI
_SIGNED_NOTIONAL = Flow.SIGNED_NOTIONAL
_SOLD = Flow.SOLD
_SPREAD_PAID = Flow.SPREAD_PAID
_TRADES = Flow.TRADES
_UPDATES = Flow.UPDATES


class BookAnalysis:
    """One instrument's book and trades. Its time is that of the matching engine, so equal input gives equal rows.

    Figures of flow read closed half seconds. A half second is closed by the first message of a later one; a message
    that is received after that counts in the one that is open. Call `reset` at a gap: what was computed across it would
    be wrong. `order` is the value of the market order whose cost is computed, in quote currency; `bucket` is the volume
    of a bucket of VPIN in base currency (None: see `Vpin`).
    """

    def __init__(self, instrument: str, order: float = 10_000.0, bucket: float | None = None) -> None:
        """Raises InvalidInput for an order or a bucket that is not positive."""
        for name, value in (("order", order), ("bucket", bucket)):
            if value is not None and not 0.0 < value < float("inf"):
                raise InvalidInput(
                    f"analysis of {instrument}: {name} must be above 0 and finite, not {value}"
                )
        self.instrument, self.order, self._bucket = instrument, order, bucket
        self.reset()

    def reset(self) -> None:
        """Forgets everything: the next levels begin anew."""
        self.bins = Bins()
        self.trades, self.vpin, self.profile = Trades(), Vpin(self._bucket), Profile()
        self.bought = self.sold = 0.0
        self.delta, self._delta_day = 0.0, -1
        self.last_ms = 0
        self._lose()

    def _lose(self) -> None:
        """Forgets the book and all that follows from more than one state of it, but not the trades."""
        self.bins.reset()
        self.depth: Depth | None = None
        self._ladder: Ladder | None = None
        self.bids, self.asks = SideFlow(-1.0, Flow.HIDDEN_BIDS), SideFlow(1.0, Flow.HIDDEN_ASKS)
        self.bid_icebergs, self.ask_icebergs = Icebergs(), Icebergs()
        self.bid_walls, self.ask_walls = Walls(Way.BID), Walls(Way.ASK)
        self.bid_watch, self.ask_watch = Watch(Way.BID), Watch(Way.ASK)
        self.mid_since = 0
        self._number, self._walls_number, self._depth_ms = -1, -1, 0
        self._best = (0.0, 0.0)
        self._flow = [0.0] * len(Flow)
        self._high = self._low = self._close = _NAN

    def on_depth(self, depth: Depth) -> Sequence[Suspicion]:
        """Takes the next levels; returns the suspicions of manipulation that they complete.

        A book with an empty side, or a crossed one, is forgotten with all that was computed from earlier ones. Raises
        InvalidInput for levels of another instrument, and for levels older than the last ones.
        """
        self._check(depth)
        at = depth.matched_ms
        self._advance(at)
        if not len(depth.bid_prices) or not len(depth.ask_prices):
            self._lose()
            return ()
        bids, asks = depth.bid_prices[:WATCHED].tolist(), depth.ask_prices[:WATCHED].tolist()
        if bids[0] >= asks[0]:
            self._lose()
            return ()
        bid_sizes, ask_sizes = depth.bid_sizes[:WATCHED].tolist(), depth.ask_sizes[:WATCHED].tolist()
        if self.depth is None:
            self._begin(at)
        else:
            self._imbalances(bids, bid_sizes, asks, ask_sizes)
        flow = self._flow
        flow[_UPDATES] += 1.0
        if (bids[0], asks[0]) != self._best:
            if self.depth is not None:
                flow[_BEST_CHANGES] += 1.0
            self._best, self.mid_since = (bids[0], asks[0]), at
        self.bids.step(bids, bid_sizes, at, flow)
        self.asks.step(asks, ask_sizes, at, flow)
        self._hidden(at)
        self.depth, self._ladder, self._depth_ms = depth, None, at
        return self._walls(at)

    def on_trade(self, trade: PublicTrade) -> None:
        """Takes the next trade. Raises InvalidInput for one of another instrument, and for a size that is no size."""
        if trade.instrument != self.instrument:
            raise InvalidInput(f"analysis of {self.instrument}: a trade of {trade.instrument} was given")
        price, size, at, is_buy = trade.price, trade.size, trade.matched_ms, trade.is_buy
        if not (size > 0.0 and price > 0.0):
            raise InvalidInput(
                f"analysis of {self.instrument}: trade {trade.id} has size {size} at price {price}"
            )
        self._advance(at)
        self.trades.take(price, size, at, is_buy=is_buy)
        self.vpin.take(size, at, is_buy=is_buy)
        self.profile.take(price, size, at)
        day = at // _DAY_MS
        if day > self._delta_day:
            self.delta, self._delta_day = 0.0, day
        sign = 1.0 if is_buy else -1.0
        self.delta += sign * size
        if is_buy:
            self.bought += size
        else:
            self.sold += size
        if self.depth is not None:
            self._in_bin(trade, sign)

    @property
    def ladder(self) -> Ladder | None:
        """The last levels, prepared; None without a book."""
        if self._ladder is None and self.depth is not None:
            self._ladder = Ladder(self.depth, *self._best)
        return self._ladder

    def _check(self, depth: Depth) -> None:
        if depth.instrument != self.instrument:
            raise InvalidInput(f"analysis of {self.instrument}: levels of {depth.instrument} were given")
        if depth.matched_ms < self._depth_ms:
            raise InvalidInput(
                f"analysis of {self.instrument}: levels of {depth.matched_ms} ms follow those of {self._depth_ms} ms; "
                "give them in the order of the exchange"
            )

    def _begin(self, at: int) -> None:
        self._number = max(at, self.last_ms) // BIN_MS
        self._flow = [0.0] * len(Flow)

    def _imbalances(
        self, bids: list[float], bid_sizes: list[float], asks: list[float], ask_sizes: list[float]
    ) -> None:
        own, other, flow = self.bids, self.asks, self._flow
        below = ofi(-1.0, own.prices, own.sizes, bids, bid_sizes)
        above = ofi(1.0, other.prices, other.sizes, asks, ask_sizes)
        if below is above:
            return
        flow[_OFI] += below[0] + above[0]
        flow[_MLOFI] += (sum(below) + sum(above)) / OFI_LEVELS

    def _hidden(self, at: int) -> None:
        for side, icebergs in ((self.bids, self.bid_icebergs), (self.asks, self.ask_icebergs)):
            if side.refills:
                icebergs.take(side.refills, dict(zip(side.prices, side.sizes, strict=True)), at)

    def _walls(self, at: int) -> Sequence[Suspicion]:
        number, depth = at // WALLS_MS, self.depth
        if number == self._walls_number or depth is None:
            return ()
        self._walls_number = number
        mid = (self._best[0] + self._best[1]) / 2.0
        below = self.bid_walls.step(depth, mid, self.bought, self.sold)
        above = self.ask_walls.step(depth, mid, self.bought, self.sold)
        if not below and not above:
            return ()
        return (
            *self.bid_watch.take(below, self.bid_walls, self.ask_walls),
            *self.ask_watch.take(above, self.ask_walls, self.bid_walls),
        )

    def _in_bin(self, trade: PublicTrade, sign: float) -> None:
        flow, price, size = self._flow, trade.price, trade.size
        flow[_BOUGHT if trade.is_buy else _SOLD] += size
        flow[_NOTIONAL] += price * size
        flow[_SIGNED_NOTIONAL] += sign * price * size
        flow[_TRADES] += 1.0
        mid = (self._best[0] + self._best[1]) / 2.0
        flow[_SPREAD_PAID] += 2.0 * sign * (price - mid) * size
        if not price <= self._high:
            self._high = price
        if not price >= self._low:
            self._low = price
        self._close = price
        side = self.asks if trade.is_buy else self.bids
        side.trade(trade, self._depth_ms, flow)

    def _advance(self, at: int) -> None:
        """Closes the bins before this time."""
        number = at // BIN_MS
        if self.depth is not None and at - self._depth_ms >= STALE_MS:
            self._lose()
        self.last_ms = max(self.last_ms, at)
        if self.depth is None or number <= self._number:
            return
        state = self._state()
        for closed in range(self._number, number):
            self.bins.append(closed, self._closed_flow(), state)
            self._flow = [0.0] * len(Flow)
            self._high = self._low = self._close = _NAN
        self._number = number
        self.bid_walls.measure(self.depth)
        self.ask_walls.measure(self.depth)

    def _closed_flow(self) -> list[float]:
        flow, high, low = self._flow, self._high, self._low
        if high > low:
            flow[_MONEY_FLOW] = (
                (2.0 * self._close - high - low) / (high - low) * (flow[_BOUGHT] + flow[_SOLD])
            )
        return flow

    def _state(self) -> list[float]:
        """The columns of `State`, in their order."""
        ladder = self.ladder
        assert ladder is not None
        bids, asks = ladder.bids, ladder.asks
        below, above = bids.depth(FAR), asks.depth(FAR)
        hot_bid, hot_ask = bids.hot_spot, asks.hot_spot
        return [
            ladder.mid,
            log(ladder.mid),
            ladder.spread,
            _or_nan(ladder.imbalance(NEAR)),
            float(bids.sizes[0] + asks.sizes[0]) / 2.0,
            _NAN if below is None or above is None else below + above,
            _or_nan(ladder.cluster_share),
            _NAN if hot_bid is None else hot_bid[0],
            _NAN if hot_ask is None else hot_ask[0],
            _NAN if hot_bid is None or hot_ask is None else (hot_bid[1] + hot_ask[1]) / 2.0,
        ]


def _or_nan(value: float | None) -> float:
    return _NAN if value is None else value
