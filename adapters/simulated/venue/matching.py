"""Matches orders by price and time, and activates the orders whose trigger the price reaches."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market, PublicTrade
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.order_book import Entry
from adapters.simulated.venue.outbox import Outbox
from adapters.simulated.venue.requests import SIDE_NAMES, Prevention, TimeInForce
from adapters.simulated.venue.settlement import PREVENTED, Settlement
from adapters.simulated.venue.triggers import due
from domain.arithmetic import ZERO
from domain.direction import Side

POST_ONLY_TAKES = "EC_PostOnlyWillTakeLiquidity"
NO_QUANTITY = "EC_NoImmediateQtyToFill"
NOT_WHOLE = "EC_CancelForNoFullFill"
CANNOT_AFFORD = "EC_ReachRiskPriceLimit"
VALUE_SPENT = "EC_CancelByOrderValueZero"

_RESTS = frozenset({TimeInForce.GTC, TimeInForce.POST_ONLY})


class Brackets(Protocol):
    """Sets the take profit and stop loss that an order carries."""

    def attach(self, market: Market, order: Order, now: int) -> None:
        """After each fill of the order."""


class Matching:
    """The matching of one category. An order trades at the price of the order that it meets. Whatever follows from a
    trade has happened when a call returns: triggers, further trades, liquidations.
    """

    def __init__(self, clearing: Settlement, protection: Brackets, outbox: Outbox, ids: Ids) -> None:
        self._clearing, self._protection, self._outbox, self._ids = clearing, protection, outbox, ids

    def arrive(self, market: Market, order: Order, now: int) -> None:
        """Trades an order that is new, amended or triggered; rests, cancels or rejects what is left."""
        self._trade_or_rest(market, order, now)
        self.follow_price(market, now)

    def foreign(
        self, market: Market, side: Side, limit: Decimal, quantity: Decimal, now: int, *, rests: bool
    ) -> Decimal:
        """An order of the market that is played: trades as far as `limit`, and rests there if it is to.

        Returns the quantity that did not trade.
        """
        left = self._take(market, side, limit, quantity, None, now)
        if left and rests:
            market.book.add_foreign(side, limit, left)
        self.follow_price(market, now)
        return left

    def print_trade(self, market: Market, side: Side, price: Decimal, quantity: Decimal, now: int) -> None:
        """A trade of the market between others, which no order of the book takes part in."""
        self._print(market, side, price, quantity, now)
        self.follow_price(market, now)

    def fill(self, market: Market, order: Order, quantity: Decimal, now: int) -> None:
        """Somebody trades with this resting order, at its price, whatever stands before it in its queue."""
        if order.entry is None or quantity <= 0:
            return
        if quantity == order.leaves:
            market.book.withdraw(order)
        else:
            market.book.lessen(order, quantity)
        self._print(market, order.side.opposite, order.price, quantity, now)
        self._clearing.fill(market, order, order.price, quantity, now, maker=True)
        self._protection.attach(market, order, now)
        self.follow_price(market, now)

    def follow_price(self, market: Market, now: int) -> None:
        """Activates what the prices have reached and liquidates, until nothing more happens."""
        while self._liquidate(market, now) or self._activate(market, now):
            continue

    def _trade_or_rest(self, market: Market, order: Order, now: int) -> None:
        reason = self._obstacle(market, order)
        if reason is None:
            self._take(market, order.side, order.price, order.leaves, order, now)
            self._protection.attach(market, order, now)
            self._finish(market, order, now)
        else:
            self._clearing.end(market, order, Status.CANCELLED, now, reason=reason)

    def _obstacle(self, market: Market, order: Order) -> str | None:
        if order.time_in_force is TimeInForce.POST_ONLY and market.book.crosses(order.side, order.price):
            return POST_ONLY_TAKES
        whole = order.time_in_force is TimeInForce.FOK
        if whole and market.book.fillable(order) < order.leaves:
            return NOT_WHOLE
        return None

    def _finish(self, market: Market, order: Order, now: int) -> None:
        if not order.is_open:
            return
        if order.time_in_force in _RESTS:
            market.book.rest(order, order.leaves)
            self._clearing.lock(market, order)
            self._clearing.changed(order, now)
            return
        nothing = order.is_market and not order.filled
        status = Status.REJECTED if nothing else Status.CANCELLED
        met = market.book.crosses(order.side, order.price)
        self._clearing.end(market, order, status, now, reason=VALUE_SPENT if met else NO_QUANTITY)

    def _take(
        self, market: Market, side: Side, limit: Decimal, quantity: Decimal, taker: Order | None, now: int
    ) -> Decimal:
        while (entry := market.book.first(side, limit)) is not None:
            wanted = quantity if taker is None else taker.room(entry.price)
            if wanted <= ZERO:
                break
            if self._prevented(market, entry, taker, now):
                continue
            traded = min(wanted, entry.size)
            self._trade(market, side, entry, traded, taker, now)
            quantity -= traded
        return quantity

    def _trade(
        self, market: Market, side: Side, entry: Entry, quantity: Decimal, taker: Order | None, now: int
    ) -> None:
        maker, price = entry.order, entry.price
        market.book.take(side, entry, quantity)
        self._print(market, side, price, quantity, now)
        if taker is not None:
            self._clearing.fill(market, taker, price, quantity, now, maker=False)
        if maker is not None:
            self._clearing.fill(market, maker, price, quantity, now, maker=True)
            self._protection.attach(market, maker, now)

    def _print(self, market: Market, side: Side, price: Decimal, quantity: Decimal, now: int) -> None:
        tick, seq = market.moved(price), self._ids.next_seq()
        market.candles.trade(price, quantity, now)
        trade = PublicTrade(
            self._ids.uuid(),
            market.symbol,
            SIDE_NAMES[side],
            price,
            quantity,
            tick,
            now,
            seq,
            market.category,
        )
        market.trades.append(trade)
        self._outbox.trade(trade)

    def _prevented(self, market: Market, entry: Entry, taker: Order | None, now: int) -> bool:
        """Ends what the taker's `smpType` names where it would trade with its own account."""
        maker = None if taker is None else entry.of(taker.account)
        if taker is None or maker is None:
            return False
        prevention = taker.request.smp_type
        if prevention in (Prevention.CANCEL_MAKER, Prevention.CANCEL_BOTH):
            self._clearing.end(market, maker, Status.CANCELLED, now, PREVENTED)
        if prevention in (Prevention.CANCEL_TAKER, Prevention.CANCEL_BOTH):
            self._clearing.end(market, taker, Status.CANCELLED, now, PREVENTED)
        return prevention is not Prevention.NONE

    def _activate(self, market: Market, now: int) -> bool:
        order = due(market)
        if order is None:
            return False
        del market.waiting[order.id]
        self._clearing.triggered(order, now)
        self._cancel_partner(market, order, now)
        self._clearing.fit(market, order)
        order.status = Status.NEW
        if order.is_market and market.reference is not None:
            order.price = market.band_limit(order.side, market.reference)
        self._clearing.cut(market, order, now)
        if order.is_open and self._affordable(market, order, now):
            self._trade_or_rest(market, order, now)
        return True

    def _affordable(self, market: Market, order: Order, now: int) -> bool:
        if self._clearing.covers(market, order, order.leaves, order.price):
            return True
        self._clearing.end(market, order, Status.REJECTED, now, reason=CANNOT_AFFORD)
        return False

    def _cancel_partner(self, market: Market, order: Order, now: int) -> None:
        if order.partner is not None:
            reason = self._clearing.other_triggered(order.partner)
            self._clearing.end(market, order.partner, Status.CANCELLED, now, reason)

    def _liquidate(self, market: Market, now: int) -> bool:
        """A market without a price, as that of a venue that was just restored, liquidates nothing."""
        mark = market.mark_price
        for account, position in market.held() if mark else ():
            if position.is_due(mark):
                self._clearing.liquidate(market, account, position, now)
                return True
        return False
