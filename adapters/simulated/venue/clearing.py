"""What a fill, a funding payment or a liquidation does to an account's money, position and other orders."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from adapters.simulated.margin import order_cost
from adapters.simulated.steps import to_tick
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.closing import Closing
from adapters.simulated.venue.execution import ExecType, Execution, of_order
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import PROTECTION, WHOLE, Order, Status, StopKind
from adapters.simulated.venue.outbox import Outbox, PublicLiquidation
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SIDE_NAMES
from adapters.simulated.venue.settlement import Settlement
from domain.arithmetic import ZERO
from domain.direction import Side

POSITION_GONE = "CancelByTpSlTsClear"
NOTHING_TO_REDUCE = "CancelByReduceOnly"
BEFORE_LIQUIDATION = "CancelAllBeforeLiq"


class Clearing(Settlement):
    """Margin is isolated. A fill may close a position and open the opposite one: it is one execution, whose `closed`
    is the part that closed. `relieve` is called where a fill may have left less than what spot orders reserve.
    """

    def __init__(self, outbox: Outbox, ids: Ids, relieve: Callable[[Account, int], None]) -> None:
        super().__init__(outbox, ids)
        self._relieve = relieve

    def fill(
        self, market: Market, order: Order, price: Decimal, quantity: Decimal, now: int, *, maker: bool
    ) -> None:
        """Fills the order, which is not in the book any more by this quantity, and everything that follows from it."""
        account = order.account
        position = account.position(market.contract, order.request.position_idx, now)
        fees = account.fees(market.contract)
        rate = fees.maker if maker else fees.taker
        fee = price * quantity * rate
        closed = min(quantity, position.reducible(order.side))
        open_fees = _released_fees(position, closed)
        gross = _trade(position, order.side, closed, quantity, price, fee)
        profit = gross - open_fees - fee * closed / quantity
        order.closed_pnl += profit
        if closed:
            _closing_of(order, position).add(closed, *_values(order.side, price * closed, gross), profit, now)
        self._record(order, price, quantity, (account.currency, fee), now)
        self._pay(market, account, position, gross - fee, now)
        execution = self._execution(market, order, price, quantity, fee, rate, now, maker, closed, gross)
        self._outbox.execution(account, execution)
        self._follow(market, account, position, now)
        self._relieve(account, now)

    def shown(self, account: Account, position: Position, now: int) -> None:
        """Marks the position as changed in what it shows."""
        position.updated, position.seq = now, self._ids.next_seq()
        self._outbox.position(account, position)

    def withdraw(self, market: Market, order: Order, now: int) -> None:
        """Ends an order as its owner requests; the position shows its stop orders, too."""
        super().withdraw(market, order, now)
        if order.stop_kind is not StopKind.NONE:
            position = order.account.position(market.contract, order.request.position_idx, now)
            self.shown(order.account, position, now)

    def available(self, order: Order) -> Decimal:
        return order.account.wallet.available

    def cost(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
        """The part that closes a position requires no balance."""
        if order.reduces:
            return ZERO
        account = order.account
        position = account.position(market.contract, order.request.position_idx, order.created)
        opening = max(ZERO, quantity - position.reducible(order.side))
        return order_cost(order.side, opening, price, position.leverage, position.fee_rate)

    def cut(self, market: Market, order: Order, now: int) -> None:
        """Limits a reduce-only order to the position; cancels it where nothing is left of it."""
        position = order.account.position(market.contract, order.request.position_idx, now)
        excess = order.leaves - position.reducible(order.side)
        if not order.reduces or excess <= 0:
            return
        if excess == order.leaves:
            self.end(market, order, Status.CANCELLED, now, NOTHING_TO_REDUCE)
            return
        market.book.lessen(order, excess)
        order.qty -= excess
        self.changed(order, now)

    def fit(self, market: Market, order: Order) -> None:
        """A stop order of the whole position, and one without a quantity, has the position's size."""
        position = order.account.position(market.contract, order.request.position_idx, order.created)
        if order.stop_kind in WHOLE or not order.qty:
            order.qty = position.reducible(order.side) or order.qty

    def triggered(self, order: Order, now: int) -> None:
        """A contract's order is not shown as `Triggered`; its next state follows at once."""

    def fund(self, market: Market, now: int) -> None:
        """Settles funding for every open position: value at the mark price x rate; longs pay a positive rate. None
        pays more than what is available and its own margin.
        """
        market.fundings.append((now, market.funding_rate))
        for account, position in market.held():
            value = position.size * market.mark_price
            paid = value * market.funding_rate
            owed = paid if position.side is Side.BUY else -paid
            fee = min(owed, max(ZERO, account.wallet.available) + max(ZERO, position.margin))
            self._pay(market, account, position, -fee, now)
            position.holding.drained += max(ZERO, min(fee, -account.wallet.available))
            self._outbox.execution(account, self._funding(market, position, value, fee, now))

    def liquidate(self, market: Market, account: Account, position: Position, now: int) -> None:
        """Cancels the orders of the position; the venue takes it over at its bankruptcy price. This is rounded to the
        tick and the fee is limited so that no more is lost than the position's margin.
        """
        for order in account.working(market.symbol):
            if order.request.position_idx == position.index:
                self.end(market, order, Status.CANCELLED, now, BEFORE_LIQUIDATION)
        holding, order_id = position.holding, self._ids.uuid()
        side, quantity = holding.closing_side, holding.size
        price = to_tick(position.bankruptcy_price or ZERO, side.opposite, market.contract.instrument.tick)
        margin, gross = position.margin, holding.trade(side, quantity, price)
        fee = min(quantity * price * position.fee_rate, max(ZERO, margin + gross))
        open_fees, position.open_fees = position.open_fees, ZERO
        self._pay(market, account, position, gross - fee, now)
        self._outbox.execution(
            account,
            Execution(
                id=self._ids.uuid(),
                type=ExecType.BUST,
                symbol=market.symbol,
                side=SIDE_NAMES[side],
                price=price,
                qty=quantity,
                value=price * quantity,
                fee=fee,
                fee_rate=position.fee_rate,
                fee_currency=account.currency,
                at=now,
                seq=position.seq,
                mark_price=market.mark_price,
                closed=quantity,
                pnl=gross,
                order_id=order_id,
                order_type="Market",
                order_price=price,
                order_qty=quantity,
                create_type="CreateByLiq",
            ),
        )
        closing = Closing(
            order_id=order_id,
            symbol=market.symbol,
            side=SIDE_NAMES[side],
            order_type="Market",
            exec_type=ExecType.BUST,
            leverage=position.leverage,
            order_price=price,
            qty=quantity,
            created=now,
        )
        values = _values(side, price * quantity, gross)
        account.closing(closing).add(quantity, *values, gross - fee - open_fees, now)
        shown = SIDE_NAMES[side.opposite]
        self._outbox.liquidation(PublicLiquidation(market.symbol, shown, quantity, price, now))

    def _pay(self, market: Market, account: Account, position: Position, amount: Decimal, now: int) -> None:
        account.wallet.add(amount)
        account.realised += amount
        position.realised += amount
        position.total_realised += amount
        market.hold(account, position)
        self.shown(account, position, now)
        self._outbox.wallet(account)

    def _execution(
        self,
        market: Market,
        order: Order,
        price: Decimal,
        quantity: Decimal,
        fee: Decimal,
        rate: Decimal,
        now: int,
        maker: bool,  # noqa: FBT001 - private
        closed: Decimal,
        gross: Decimal,
    ) -> Execution:
        return Execution(
            id=self._ids.uuid(),
            type=ExecType.TRADE,
            price=price,
            qty=quantity,
            value=price * quantity,
            fee=fee,
            fee_rate=rate,
            fee_currency=order.account.currency,
            at=now,
            seq=self._ids.seq,
            mark_price=market.mark_price,
            is_maker=maker,
            closed=closed,
            pnl=gross,
            **of_order(order),
            create_type=order.create_type,
        )

    def _funding(
        self, market: Market, position: Position, value: Decimal, fee: Decimal, now: int
    ) -> Execution:
        side = position.side or Side.BUY
        return Execution(
            id=self._ids.uuid(),
            type=ExecType.FUNDING,
            symbol=market.symbol,
            side=SIDE_NAMES[side],
            price=market.mark_price,
            qty=position.size,
            value=value,
            fee=fee,
            fee_rate=market.funding_rate,
            fee_currency=market.contract.instrument.quote,
            at=now,
            seq=position.seq,
            mark_price=market.mark_price,
            order_id=self._ids.uuid(),
            order_qty=position.size,
            order_price=market.mark_price,
        )

    def _follow(self, market: Market, account: Account, position: Position, now: int) -> None:
        for order in account.working(market.symbol):
            if order.request.position_idx == position.index:
                self._follow_one(market, order, position, now)

    def _follow_one(self, market: Market, order: Order, position: Position, now: int) -> None:
        if order.stop_kind in PROTECTION and not position.reducible(order.side):
            self.end(market, order, Status.CANCELLED, now, POSITION_GONE)
        elif order.waits:
            return
        elif order.reduces:
            self.cut(market, order, now)
        else:
            self.lock(market, order)


def _closing_of(order: Order, position: Position) -> Closing:
    return order.account.closing(
        Closing(
            order_id=order.id,
            symbol=order.symbol,
            side=order.request.side,
            order_type=order.request.order_type,
            exec_type=ExecType.TRADE,
            leverage=position.leverage,
            order_price=order.price,
            qty=order.qty,
            created=order.created,
        )
    )


def _values(side: Side, left: Decimal, gross: Decimal) -> tuple[Decimal, Decimal]:
    """The values at entry and exit of a closed part."""
    return (left - gross if side is Side.SELL else left + gross), left


def _released_fees(position: Position, closed: Decimal) -> Decimal:
    if not closed:
        return ZERO
    released = position.open_fees * closed / position.size
    position.open_fees -= released
    return released


def _trade(
    position: Position, side: Side, closed: Decimal, quantity: Decimal, price: Decimal, fee: Decimal
) -> Decimal:
    """Changes the holding; returns the profit before fees of the closed part."""
    opened = quantity - closed
    if closed:
        position.holding.drained -= position.holding.drained * closed / position.size
    gross = position.holding.trade(side, closed, price) if closed else ZERO
    if opened:
        if not position.size:
            position.realised = ZERO
        position.holding.trade(side, opened, price)
        position.open_fees += fee * opened / quantity
    return gross
