"""Performance: the results of closed positions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import RowMapping

from adapters.graphql.scalars import Ordinal
from domain.ratios import DEFINITION, NO_RATIOS, Ratios
from projections.questions.performance import Dimension, figures


@strawberry.type(
    description=(
        "The results of closed positions; money is in the account's currency. A trade is won if its net is above "
        "zero, and lost if it is below."
    )
)
class Performance:
    account: str = strawberry.field(description="The account.")
    by: Dimension = strawberry.field(description="How the trades are grouped.")
    value: str = strawberry.field(
        description="The instrument, strategy, day or hour (`08:00`) of the group; empty for all trades together."
    )
    trades: int = strawberry.field(description="The number of closed positions.")
    wins: int = strawberry.field(description="The number of won trades.")
    losses: int = strawberry.field(description="The number of lost trades.")
    win_rate: Decimal | None = strawberry.field(description="Wins / trades, to six decimals.")
    profit_factor: Decimal | None = strawberry.field(
        description="`grossProfit` / absolute `grossLoss`, to six decimals; null without a loss."
    )
    net: Decimal = strawberry.field(description="Gross - fees + funding.")
    gross: Decimal = strawberry.field(description="The sum of the results before fees and funding.")
    fees: Decimal = strawberry.field(description="The fees paid; negative is a rebate.")
    funding: Decimal = strawberry.field(description="The funding received; negative where it was paid.")
    gross_profit: Decimal = strawberry.field(
        description="The sum of the nets of the won trades, after fees and funding."
    )
    gross_loss: Decimal = strawberry.field(
        description="The sum of the nets of the lost trades, after fees and funding: zero or negative."
    )
    average_win: Decimal | None = strawberry.field(
        description="The average net of the won trades; null where there is none."
    )
    average_loss: Decimal | None = strawberry.field(
        description="The average net of the lost trades, negative; null where there is none."
    )
    largest_win: Decimal = strawberry.field(description="The net of the best trade; zero where none was won.")
    largest_loss: Decimal = strawberry.field(
        description="The net of the worst trade; zero where none was lost."
    )
    max_drawdown: Decimal = strawberry.field(
        description=(
            "The largest drop of the cumulative net of closed positions below its earlier peak. The drawdown of the "
            "account's equity is `account.maxDrawdown`."
        )
    )
    sharpe: float | None = strawberry.field(
        description=(
            f"For ALL: mean / standard deviation of the daily returns: {DEFINITION}. Null for any other dimension and "
            "without a deviation."
        )
    )
    sortino: float | None = strawberry.field(
        description=(
            "For ALL: mean of the daily returns / root of the sum of the squared returns below zero over n - 1: "
            f"{DEFINITION}. Null for any other dimension and without a losing day."
        )
    )
    last_closed_at: datetime = strawberry.field(description="When the last of these positions was closed.")
    ordinal: Ordinal = strawberry.field(description="The ordinal of the last event that is included.")


_PLAIN = (
    "account",
    "value",
    "trades",
    "wins",
    "losses",
    "net",
    "gross",
    "fees",
    "funding",
    "gross_profit",
    "gross_loss",
    "largest_win",
    "largest_loss",
    "max_drawdown",
    "last_closed_at",
    "ordinal",
)


def performance_of(row: RowMapping, ratios: Ratios = NO_RATIOS) -> Performance:
    """Makes the GraphQL object of a row of the read model; only rows of the dimension ALL have ratios."""
    columns: dict[str, Any] = {name: row[name] for name in _PLAIN} | dict(figures(row))
    return Performance(
        by=Dimension(row["dimension"]), sharpe=ratios.sharpe, sortino=ratios.sortino, **columns
    )
