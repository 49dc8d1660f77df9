"""The order by hand of an engine that is stopped while it sends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.mailbox import Mailbox
from adapters.simulated.steps import to_tick
from commands.request import ManualTerms, PlaceOrder, Requested
from domain.direction import Side
from domain.order import OrderType

BTC = "BTCUSDT-LINEAR.BYBIT"


def placed(door: Mailbox, account: str, price: Decimal) -> None:
    """Requests a limit order below the price. Whoever requests it sees no answer: the engine is stopped."""
    limit = to_tick(price * Decimal("0.95"), Side.SELL, Decimal("0.1"))
    terms = ManualTerms(
        instrument=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.01"),
        limit_price=limit,
        stop=limit - 500,
        target=limit + 2_000,
    )
    until = datetime.now(UTC) + timedelta(seconds=5)
    made = Requested(id="one", account=account, actor="eve", valid_until=until, request=PlaceOrder(terms))
    door.ask(made, 300)
