"""One order for one coin, what we ask of it and what the exchange may report of it."""

from __future__ import annotations

from decimal import Decimal

from commands.exchange import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    Rejected,
    Submitted,
    Triggered,
    Unanswered,
)
from commands.order import DenyOrder, PlaceOrder, RequestAmend, RequestCancel
from domain.order import Liquidity, OrderFilled, OrderPlaced, OrderType
from tests.domain.history import NOW, D, an_instrument
from tests.domain.history import an_order as terms_of

ORDER = "abc-e1"
VENUE = "venue-1"
RULES = an_instrument()
PLACED: OrderPlaced = terms_of(quantity=D(1), type=OrderType.LIMIT, limit_price=D(100))
PLACE = PlaceOrder(ORDER, PLACED, RULES)
CANCEL = RequestCancel(ORDER, "a person asked")
DENY = DenyOrder(ORDER, "STREAM_RECONCILING")

SUBMITTED = Submitted(ORDER, NOW, "exchange:test:submitted", VENUE)
ACCEPTED = Accepted(ORDER, NOW, "exchange:test:accepted", VENUE)
TRIGGERED = Triggered(ORDER, NOW, "exchange:test:triggered", D(98))
CANCELLED = Cancelled(ORDER, NOW, "exchange:test:cancelled", "CancelByUser")
CANCEL_REFUSED = CancelRefused(ORDER, NOW, "exchange:test:refused", "EC_OrigClOrdIDDoesNotExist")
AMEND_REFUSED = AmendRefused(ORDER, NOW, "exchange:test:not-amended", "too late to replace")
REJECTED = Rejected(ORDER, NOW, "exchange:test:rejected", "110007")
EXPIRED = Expired(ORDER, NOW, "exchange:test:expired", "GTD")
UNANSWERED = Unanswered(ORDER, NOW, "exchange:test:silence", "timeout")


def filled(
    execution_id: str, quantity: str | Decimal, price: str | Decimal = "100", fee: str | Decimal = "0.05"
) -> Filled:
    fact = f"exchange:test:{execution_id}"
    figures = (D(price), D(quantity), D(fee))
    return Filled(ORDER, NOW, fact, execution_id, *figures, "USDT", Liquidity.TAKER)


def fill(
    execution_id: str, quantity: str | Decimal, price: str | Decimal = "100", fee: str | Decimal = "0.05"
) -> OrderFilled:
    return OrderFilled(execution_id, D(price), D(quantity), D(fee), "USDT", Liquidity.TAKER)


def amend(quantity: str | None = None, limit_price: str | None = None) -> RequestAmend:
    quantity_asked = None if quantity is None else D(quantity)
    price_asked = None if limit_price is None else D(limit_price)
    return RequestAmend(ORDER, quantity_asked, price_asked, None, RULES)


def amended(quantity: str | Decimal, limit_price: str | Decimal = "100") -> Amended:
    return Amended(ORDER, NOW, "exchange:test:amended", D(quantity), D(limit_price), None)
