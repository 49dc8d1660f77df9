"""Isolated margin of linear contracts, in quote currency.

Formulas: Bybit help centre, "Order Cost (USDT Contract)" and "Liquidation Price Calculation under Isolated Mode
(Unified Trading Account)", for the first risk tier (no maintenance margin deduction), without added margin:

    initial margin     = value / leverage
    fee to close       = value at the bankruptcy price * taker fee
    order cost         = initial margin + value * taker fee + fee to close
    maintenance margin = value * maintenance margin rate
    bankruptcy price   = entry -/+ margin / quantity                        (long / short)
    liquidation price  = entry -/+ (margin - maintenance margin) / quantity (long / short)

where `margin` is the initial margin less the part that funding has used up. The last traded price is used as the mark
price.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.holding import Holding
from domain.arithmetic import ONE
from domain.direction import Side
from domain.instrument import Instrument


def order_cost(side: Side, quantity: Decimal, price: Decimal, leverage: Decimal, fee: Decimal) -> Decimal:
    """The available balance required to open `quantity` at `price`; `fee` is the taker's fee as a fraction."""
    value = quantity * price
    return value / leverage + value * fee + _fee_to_close(side, value, leverage, fee)


def position_margin(holding: Holding, leverage: Decimal, fee: Decimal) -> Decimal:
    """The part of the balance that the position reserves: its margin and the fee to close it."""
    side = holding.closing_side.opposite
    return _margin(holding, leverage) + _fee_to_close(side, holding.cost, leverage, fee)


def bankruptcy_price(holding: Holding, leverage: Decimal) -> Decimal:
    """The price at which the margin is used up; the exchange takes over a liquidated position at this price."""
    return _price_after_loss(holding, _margin(holding, leverage))


def liquidation_price(holding: Holding, instrument: Instrument, leverage: Decimal) -> Decimal:
    """The price at which the remaining margin equals the maintenance margin."""
    maintenance = holding.cost * instrument.maintenance_margin
    return _price_after_loss(holding, _margin(holding, leverage) - maintenance)


def _margin(holding: Holding, leverage: Decimal) -> Decimal:
    return holding.cost / leverage - holding.drained


def _price_after_loss(holding: Holding, loss: Decimal) -> Decimal:
    worth = holding.cost - loss if holding.quantity > 0 else holding.cost + loss
    return worth / holding.size


def _fee_to_close(side: Side, value: Decimal, leverage: Decimal, fee: Decimal) -> Decimal:
    lost = ONE / leverage
    return value * (ONE - lost if side is Side.BUY else ONE + lost) * fee
