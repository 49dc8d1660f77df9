"""Accounts: money, what of it is spoken for, exposure, the day, the switch, and the settings in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import told_by
from adapters.graphql.scalars import JSON, Ordinal


@strawberry.type(description="An account's money and limits; amounts are in its currency.")
class Account:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="Its name.")
    currency: str = strawberry.field(description="What its money is in.")
    leverage: Decimal = strawberry.field(description="How many times its margin a position may be.")
    starting_balance: Decimal = strawberry.field(description="The balance it was opened with.")
    balance: Decimal = strawberry.field(description="The money there is; what is not realised is not in it.")
    reserved: Decimal = strawberry.field(description="What is set aside for entry orders.")
    available: Decimal = strawberry.field(description="Balance - reserved.")
    exposure: Decimal = strawberry.field(description="The cost of what is held.")
    open_positions: int = strawberry.field(description="How many positions are open.")
    open_risk: Decimal | None = strawberry.field(
        description="What the stops would lose of what is held, before fees; null where something has no stop."
    )
    day: str = strawberry.field(
        description="The trading day (UTC), as in `2025-06-30`; empty before the first."
    )
    day_balance: Decimal = strawberry.field(description="The balance that the day began with.")
    day_realised: Decimal = strawberry.field(
        description="What the day has brought so far; negative is a loss."
    )
    peak: Decimal = strawberry.field(description="The highest balance so far.")
    drawdown: float = strawberry.field(
        description="How far the balance is below its peak, as a fraction of it."
    )
    max_drawdown: float = strawberry.field(description="The farthest it ever was.")
    kill_switch: str = strawberry.field(
        description="Why there is no new exposure until a person resets the switch; empty where it is not tripped."
    )
    settings_version: int = strawberry.field(description="The version of the settings in force.")
    settings: JSON = strawberry.field(description="The settings in force: strategies, limits, sizing.")
    opened_at: datetime | None = strawberry.field(description="When it was opened.")
    updated_at: datetime = strawberry.field(description="When something last happened to it.")
    ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


ACCOUNTS = Nodes(told_by(Account, {"kill_switch": "tripped"}), "accounts", ("account",))
