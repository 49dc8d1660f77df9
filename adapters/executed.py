"""An execution of the account as any exchange states it, and what it is in the port (`commands/exchange.py`)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from commands.exchange import Filled, Liquidated
from domain.direction import Side
from domain.order import Liquidity
from domain.venue import Execution


class Executed(Protocol):
    """`fee` is what was paid, negative for a rebate; `quantity` is in base currency."""

    @property
    def id(self) -> str: ...
    @property
    def venue_order_id(self) -> str: ...
    @property
    def instrument(self) -> str: ...
    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def fee(self) -> Decimal: ...
    @property
    def fee_currency(self) -> str: ...
    @property
    def liquidity(self) -> Liquidity: ...
    @property
    def at(self) -> datetime: ...


def filled(row: Executed, order_id: str, fact: str) -> Filled:
    """The report of a trade of an order of the account."""
    return Filled(
        order_id=order_id,
        at=row.at,
        fact=fact,
        execution_id=row.id,
        price=row.price,
        quantity=row.quantity,
        fee=row.fee,
        fee_currency=row.fee_currency,
        liquidity=row.liquidity,
        instrument=row.instrument,
        side=row.side,
    )


def liquidated(row: Executed, fact: str) -> Liquidated:
    """The report of a trade by which the exchange closed a position."""
    return Liquidated(
        instrument=row.instrument,
        at=row.at,
        fact=fact,
        side=row.side,
        execution_id=row.id,
        price=row.price,
        quantity=row.quantity,
        fee=row.fee,
        fee_currency=row.fee_currency,
    )


def execution(row: Executed, order_id: str | None) -> Execution:
    """The answer to a query for executions."""
    return Execution(
        execution_id=row.id,
        order_id=order_id,
        venue_order_id=row.venue_order_id,
        instrument=row.instrument,
        side=row.side,
        price=row.price,
        quantity=row.quantity,
        fee=row.fee,
        fee_currency=row.fee_currency,
        liquidity=row.liquidity,
        at=row.at,
    )
