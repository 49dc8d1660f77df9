"""The equity curve: every change of an account's balance."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import told_by
from adapters.graphql.scalars import Ordinal


class EquityBy(StrEnum):
    """What the points of a curve are ordered by."""

    RECORDED = "RECORDED"
    BALANCE = "BALANCE"
    AMOUNT = "AMOUNT"
    DRAWDOWN = "DRAWDOWN"


class EquityReason(StrEnum):
    """OPENED: the starting balance. FILL: a fill's profit less its fee. FUNDING: funding paid or received."""

    OPENED = "OPENED"
    FILL = "FILL"
    FUNDING = "FUNDING"


told(EquityBy)
told(EquityReason)


@strawberry.type(description="A balance from one change to the next; nothing unrealised is in it.")
class EquityPoint:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="Whose balance.")
    at: datetime = strawberry.field(description="Since when.")
    day: str = strawberry.field(description="The day (UTC), as in `2025-06-30`.")
    reason: EquityReason = strawberry.field(description="What moved it.")
    amount: Decimal = strawberry.field(description="By how much, in the account's currency.")
    balance: Decimal = strawberry.field(description="What there is from here on, in the account's currency.")
    peak: Decimal = strawberry.field(description="The highest balance so far, in the account's currency.")
    drawdown: float = strawberry.field(description="How far below the peak, as a fraction of it.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that moved it.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")


@strawberry.input(description="Which points: those for which everything that is given holds.")
class EquityFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    day: str | None = strawberry.field(default=None, description="Of this day (UTC), as in `2025-06-30`.")
    reason: EquityReason | None = strawberry.field(default=None, description="Moved by this.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Moved by this chain.")
    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )


EQUITY = Nodes(told_by(EquityPoint, {"chain_id": "chain"}, reason=EquityReason), "equity", ("ordinal",))
