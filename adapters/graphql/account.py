"""Accounts: balance, reserved funds, exposure, trading day, kill switch and settings in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import node_maker
from adapters.graphql.scalars import JSON, Ordinal


@strawberry.type(description="An account's money and limits; amounts are in its currency.")
class Account:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account's name.")
    currency: str = strawberry.field(description="The currency of all amounts.")
    leverage: Decimal = strawberry.field(
        description="The largest ratio of a position's notional to its margin."
    )
    starting_balance: Decimal = strawberry.field(description="The balance it was opened with.")
    balance: Decimal = strawberry.field(description="The balance, without unrealised profit and loss.")
    reserved: Decimal = strawberry.field(description="The amount reserved for entry orders.")
    available: Decimal = strawberry.field(description="Balance - reserved.")
    exposure: Decimal = strawberry.field(description="The cost of all open positions.")
    open_positions: int = strawberry.field(description="The number of open positions.")
    open_risk: Decimal | None = strawberry.field(
        description="The loss if every stop were hit, before fees; null where a position has no stop."
    )
    day: str = strawberry.field(
        description="The trading day (UTC), as in `2025-06-30`; empty before the first."
    )
    day_balance: Decimal = strawberry.field(description="The balance that the day began with.")
    day_realised: Decimal = strawberry.field(
        description="The profit realised this day so far; negative is a loss."
    )
    peak: Decimal = strawberry.field(description="The highest balance so far.")
    drawdown: float = strawberry.field(
        description="The fall of the balance below its peak, as a fraction of the peak."
    )
    max_drawdown: float = strawberry.field(description="The largest drawdown so far.")
    kill_switch: str = strawberry.field(
        description="Why the kill switch is tripped: no new exposure until a person resets it. Empty where it is not."
    )
    settings_version: int = strawberry.field(description="The version of the settings in force.")
    settings: JSON = strawberry.field(description="The settings in force: strategies, limits, sizing.")
    opened_at: datetime | None = strawberry.field(description="When the account was opened.")
    updated_at: datetime = strawberry.field(description="When its last event occurred.")
    ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


ACCOUNTS = Nodes(node_maker(Account, {"kill_switch": "tripped"}), "accounts", ("account",))
