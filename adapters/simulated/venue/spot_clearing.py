"""What a fill does to the coins of an account: spot has balances, and no positions."""

from __future__ import annotations

from copy import copy
from decimal import ROUND_CEILING, Decimal

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.execution import ExecType, Execution, of_order
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.settlement import NO_REASON, OTHER_TRIGGERED, UNKNOWN, Settlement
from adapters.simulated.venue.triggers import RISES
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side
from domain.instrument import Instrument

PROFIT_GONE = "CancelByOCOTpCanceledBySlTriggered"
NOT_CARRIED = "CancelByPrepareLiq"
LOSS_GONE = "CancelByOCOSlCanceledByTpTriggered"


class SpotClearing(Settlement):
    """A buyer receives base currency less the fee, a seller quote currency less the fee; a rebate is paid in the other
    one (Bybit's documentation, "Spot Fee Currency Instruction"). An open order reserves what it would pay.
    """

    def fill(
        self, market: Market, order: Order, price: Decimal, quantity: Decimal, now: int, *, maker: bool
    ) -> None:
        account, rules = order.account, market.contract.instrument
        rates = account.fees(market.contract)
        rate = rates.maker if maker else rates.taker
        value = price * quantity
        coin, fee = _fee(rules, order.side, quantity, value, rate)
        for changed, amount in _legs(rules, order.side, quantity, value):
            account.purse(changed).add(amount)
        account.purse(coin).add(-fee)
        self._record(order, price, quantity, (coin, fee), now)
        self.lock(market, order)
        self._outbox.wallet(account, rules.base, rules.quote)
        execution = Execution(
            id=self._ids.number(),
            type=ExecType.TRADE,
            price=price,
            qty=quantity,
            value=value,
            fee=fee,
            fee_rate=rate,
            fee_currency=coin,
            at=now,
            seq=self._ids.seq,
            mark_price=ZERO,
            is_maker=maker,
            **of_order(order),
            market_unit=order.request.market_unit,
        )
        self._outbox.execution(account, execution)

    def end(
        self,
        market: Market,
        order: Order,
        status: Status,
        now: int,
        cancel: str = UNKNOWN,
        reason: str = NO_REASON,
    ) -> None:
        """Where the order has a partner that still waits, the partner reserves from now on what both are for."""
        if order.locked:
            self._outbox.wallet(order.account)
        super().end(market, order, status, now, cancel, reason)
        if order.partner is not None and order.partner.waits:
            self.lock(market, order.partner)

    def available(self, order: Order) -> Decimal:
        return order.account.purse(order.coin).available

    def reserves(self, order: Order) -> bool:
        """A conditional order reserves nothing before its trigger, a TP/SL order does."""
        return not order.waits or order.stop_kind is StopKind.SPOT_STOP

    def covers(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Of a pair of which one ends the other, only the larger cost is reserved."""
        partner = _waiting_partner(order)
        if partner is None:
            return super().covers(market, order, quantity, price)
        needed = max(self.cost(market, order, quantity, price), self._reserve(market, partner))
        return needed - order.locked - partner.locked <= max(ZERO, self.available(order))

    def cost(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> Decimal:
        """Quote currency of a buyer, base currency of a seller, as if all of it traded at the limit."""
        if order.side is Side.BUY:
            return quantity if order.by_value else quantity * price
        lot = market.contract.instrument.lot
        return _lots_above(quantity / price, lot) if order.by_value else quantity

    def lock(self, market: Market, order: Order) -> None:
        partner, account = _waiting_partner(order), order.account
        before = account.occupied.get(order.coin)
        if partner is None:
            super().lock(market, order)
        else:
            account.lock(partner, ZERO)
            account.lock(order, max(self._reserve(market, one) for one in (order, partner)))
        if account.occupied.get(order.coin) != before:
            self._outbox.wallet(account)

    def triggered(self, order: Order, now: int) -> None:
        """Shows the order once as `Triggered`."""
        shown = copy(order)
        shown.status, shown.updated, shown.seq = Status.TRIGGERED, now, self._ids.next_seq()
        self._outbox.triggered(shown)

    def fit(self, market: Market, order: Order) -> None:
        """A spot order keeps its quantity."""

    def liquidate(self, market: Market, account: Account, position: Position, now: int) -> None:
        """Spot has no positions."""

    def cut(self, market: Market, order: Order, now: int) -> None:
        """No spot order is reduce-only."""

    def other_triggered(self, order: Order) -> str:
        """Of a pair, the one that waits for the better price is the take profit."""
        if order.partner is None:
            return OTHER_TRIGGERED
        rises = order.request.trigger_direction == RISES
        return PROFIT_GONE if rises is (order.side is Side.SELL) else LOSS_GONE

    def _final(self, order: Order, status: Status) -> Status:
        if order.filled and status is Status.CANCELLED:
            return Status.PARTLY_CANCELLED
        return super()._final(order, status)


def _waiting_partner(order: Order) -> Order | None:
    return order.partner if order.partner is not None and order.partner.waits else None


def coin_of(rules: Instrument, side: Side) -> str:
    """The currency that an order of this side pays with."""
    return rules.quote if side is Side.BUY else rules.base


def _legs(
    rules: Instrument, side: Side, quantity: Decimal, value: Decimal
) -> tuple[tuple[str, Decimal], tuple[str, Decimal]]:
    """What is received and what is paid, by coin."""
    if side is Side.BUY:
        return (rules.base, quantity), (rules.quote, -value)
    return (rules.quote, value), (rules.base, -quantity)


def _fee(
    rules: Instrument, side: Side, quantity: Decimal, value: Decimal, rate: Decimal
) -> tuple[str, Decimal]:
    """The fee and its coin: that which is received, or for a rebate the other one."""
    in_base = (side is Side.BUY) is (rate >= ZERO)
    return (rules.base, quantity * rate) if in_base else (rules.quote, value * rate)


def _lots_above(quantity: Decimal, lot: Decimal) -> Decimal:
    return EXACT.multiply((quantity / lot).to_integral_value(ROUND_CEILING), lot)
