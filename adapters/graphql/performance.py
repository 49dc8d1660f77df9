"""Performance: how trading went."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import RowMapping

from adapters.graphql.scalars import Ordinal
from projections.questions.performance import NO_RATIOS, Dimension, Ratios, figures


@strawberry.type(
    description=(
        "How trading went, of closed positions; money is in the account's currency. A trade is won when its net is "
        "above zero, lost when it is below."
    )
)
class Performance:
    account: str = strawberry.field(description="Whose trading.")
    by: Dimension = strawberry.field(description="What the trades are added up by.")
    value: str = strawberry.field(
        description="Which instrument, strategy or day it is; empty for all together."
    )
    trades: int = strawberry.field(description="Positions closed.")
    wins: int = strawberry.field(description="How many of them were won.")
    losses: int = strawberry.field(description="How many of them were lost.")
    win_rate: Decimal | None = strawberry.field(description="Wins / trades, to six digits.")
    profit_factor: Decimal | None = strawberry.field(
        description="What was won / what was lost, to six digits; null where nothing was lost."
    )
    net: Decimal = strawberry.field(description="Gross - fees + funding.")
    gross: Decimal = strawberry.field(description="Before fees and funding.")
    fees: Decimal = strawberry.field(description="What the exchange took.")
    funding: Decimal = strawberry.field(description="Funding; negative when we paid.")
    gross_profit: Decimal = strawberry.field(description="The nets of the won trades together.")
    gross_loss: Decimal = strawberry.field(
        description="The nets of the lost trades together: zero or negative."
    )
    average_win: Decimal | None = strawberry.field(description="Of the won trades; null where there is none.")
    average_loss: Decimal | None = strawberry.field(
        description="Of the lost trades, negative; null where there is none."
    )
    largest_win: Decimal = strawberry.field(description="The best trade's net; zero where none was won.")
    largest_loss: Decimal = strawberry.field(description="The worst trade's net; zero where none was lost.")
    max_drawdown: Decimal = strawberry.field(
        description="The deepest fall of the running net below its peak."
    )
    sharpe: float | None = strawberry.field(
        description=(
            "Of ALL: mean / standard deviation of the daily returns, times the root of 365, without a riskless return. "
            "Null under two days, and by any other dimension."
        )
    )
    sortino: float | None = strawberry.field(
        description=(
            "Of ALL: mean of the daily returns / root mean square of those below zero, times the root of 365. Null "
            "under two days, without a losing day, and by any other dimension."
        )
    )
    last_closed_at: datetime = strawberry.field(description="When the last of them was closed.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")


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
    """The object of a row of the read model; its account's ratios belong to ALL alone."""
    told: dict[str, Any] = {name: row[name] for name in _PLAIN} | dict(figures(row))
    return Performance(by=Dimension(row["dimension"]), sharpe=ratios.sharpe, sortino=ratios.sortino, **told)
