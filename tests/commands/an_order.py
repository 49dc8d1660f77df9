"""One order for one coin, its commands, and the reports that an exchange may send about the order."""

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
    NotSent,
    OutcomeUnclear,
    Rejected,
    Submitted,
    Triggered,
)
from commands.order import AmendOrder, CancelOrder, DenyOrder, PlaceOrder
from domain.order import Liquidity, OrderFilled, OrderPlaced, OrderType
from tests.domain.history import NOW, D, an_instrument
from tests.domain.history import an_order as terms_of

ORDER = "abc-e1"
VENUE = "venue-1"
RULES = an_instrument()
PLACED: OrderPlaced = terms_of(quantity=D(1), type=OrderType.LIMIT, limit_price=D(100))
PLACE = PlaceOrder(ORDER, PLACED, RULES)
CANCEL = CancelOrder(ORDER, "requested by a person")
DENY = DenyOrder(ORDER, "STREAM_RECONCILING")

SUBMITTED = Submitted(order_id=ORDER, at=NOW, fact="exchange:test:submitted", venue_order_id=VENUE)
ACCEPTED = Accepted(order_id=ORDER, at=NOW, fact="exchange:test:accepted", venue_order_id=VENUE)
TRIGGERED = Triggered(order_id=ORDER, at=NOW, fact="exchange:test:triggered", price=D(98))
CANCELLED = Cancelled(order_id=ORDER, at=NOW, fact="exchange:test:cancelled", reason="CancelByUser")
CANCEL_REFUSED = CancelRefused(
    order_id=ORDER, at=NOW, fact="exchange:test:refused", reason="EC_OrigClOrdIDDoesNotExist"
)
AMEND_REFUSED = AmendRefused(
    order_id=ORDER, at=NOW, fact="exchange:test:not-amended", reason="too late to replace"
)
REJECTED = Rejected(order_id=ORDER, at=NOW, fact="exchange:test:rejected", reason="110007")
EXPIRED = Expired(order_id=ORDER, at=NOW, fact="exchange:test:expired", reason="GTD")
UNCLEAR = OutcomeUnclear(order_id=ORDER, at=NOW, fact="exchange:test:silence", reason="timeout")

NOT_SENT = NotSent(
    order_id=ORDER, at=NOW, fact="clock:2025-04-03T12:00:00.000000+00:00", reason="not sent: stale"
)


def filled(
    execution_id: str, quantity: str | Decimal, price: str | Decimal = "100", fee: str | Decimal = "0.05"
) -> Filled:
    fact = f"exchange:test:{execution_id}"
    return Filled(
        order_id=ORDER,
        at=NOW,
        fact=fact,
        execution_id=execution_id,
        price=D(price),
        quantity=D(quantity),
        fee=D(fee),
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
    )


def fill(
    execution_id: str, quantity: str | Decimal, price: str | Decimal = "100", fee: str | Decimal = "0.05"
) -> OrderFilled:
    return OrderFilled(
        execution_id=execution_id,
        price=D(price),
        quantity=D(quantity),
        fee=D(fee),
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
    )


def amend(quantity: str | None = None, limit_price: str | None = None) -> AmendOrder:
    new_quantity = None if quantity is None else D(quantity)
    new_price = None if limit_price is None else D(limit_price)
    return AmendOrder(
        order_id=ORDER, quantity=new_quantity, limit_price=new_price, trigger_price=None, rules=RULES
    )


def amended(quantity: str | Decimal, limit_price: str | Decimal = "100") -> Amended:
    return Amended(
        order_id=ORDER,
        at=NOW,
        fact="exchange:test:amended",
        quantity=D(quantity),
        limit_price=D(limit_price),
        trigger_price=None,
    )
