"""The equity curve: every mark of an account and every change of its balance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal


class EquityBy(StrEnum):
    """The sort key of the points of a curve."""

    RECORDED = "RECORDED"
    BALANCE = "BALANCE"
    AMOUNT = "AMOUNT"
    DRAWDOWN = "DRAWDOWN"


class EquityReason(StrEnum):
    """OPENED: the starting balance. FILL: a fill's profit less its fee. FUNDING: funding paid or received.

    TRANSFER: a deposit or a withdrawal that a person stated.
    MARKED: the balance did not change; the equity at the end of an hour in which candles closed.
    """

    OPENED = "OPENED"
    FILL = "FILL"
    FUNDING = "FUNDING"
    TRANSFER = "TRANSFER"
    MARKED = "MARKED"


register_enum(EquityBy)
register_enum(EquityReason)


@strawberry.type(description="The account at the end of a marked hour, or after one change of its balance.")
class EquityPoint:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account.")
    at: datetime = strawberry.field(
        description="When the balance changed, or the close of the last candle of the marked hour."
    )
    day: str = strawberry.field(description="The day (UTC), as in `2025-06-30`.")
    reason: EquityReason = strawberry.field(description="Why the balance changed, or `MARKED`.")
    amount: Decimal = strawberry.field(
        description="The amount of the change, in the account's currency; 0 for a mark."
    )
    balance: Decimal = strawberry.field(
        description="The balance after the change, in the account's currency."
    )
    equity: Decimal | None = strawberry.field(
        description=(
            "Balance plus unrealised profit, in the account's currency; null for a change of the balance while a "
            "position is open, because the log then has no prices."
        )
    )
    unrealised: Decimal | None = strawberry.field(
        description=(
            "The profit of the open positions at the last prices when the candle was taken in, before the fees of "
            "closing them; null where the equity is null."
        )
    )
    peak: Decimal = strawberry.field(
        description=(
            "The highest equity so far, in the account's currency; of the balance in a log without marks, which an "
            "earlier version wrote."
        )
    )
    drawdown: float = strawberry.field(
        description=(
            "The fall of the equity below the peak, as a fraction of the peak; of a mark, the largest within its hour."
        )
    )
    chain_id: strawberry.ID = strawberry.field(description="The chain of the event.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")


@strawberry.input(description="Only points that meet every given condition.")
class EquityFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    day: str | None = strawberry.field(default=None, description="Of this day (UTC), as in `2025-06-30`.")
    reason: EquityReason | None = strawberry.field(default=None, description="Changed for this reason.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Changed by this chain.")
    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )


EQUITY = Nodes(NodeMaker(EquityPoint, {"chain_id": "chain"}, reason=EquityReason), "equity", ("ordinal",))
