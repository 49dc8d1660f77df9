"""Accounts: balance, reserved funds, exposure, trading day, kill switch and settings in force."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
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
    equity: Decimal | None = strawberry.field(
        description=(
            "Balance plus unrealised profit as of `equityAt`; null while a position is open and no hour was ever "
            "marked."
        )
    )
    unrealised: Decimal | None = strawberry.field(
        description=(
            "The profit of the open positions as of `equityAt`, before the fees of closing them; null where the equity "
            "is null."
        )
    )
    equity_at: datetime | None = strawberry.field(
        description=(
            "The close of the last candle of the last marked hour, or the last change of the balance while no position "
            "was open."
        )
    )
    open_gross: Decimal = strawberry.field(
        description="The profit before fees that partial exits of open positions realised; part of the balance."
    )
    open_fees: Decimal = strawberry.field(
        description="The fees paid on open positions so far; already deducted from the balance."
    )
    open_funding: Decimal = strawberry.field(
        description="The funding of open positions so far, negative where it was paid; part of the balance."
    )
    reserved: Decimal = strawberry.field(description="The amount reserved for entry orders.")
    available: Decimal = strawberry.field(
        description="Balance - reserved. The margin that open positions hold is not subtracted."
    )
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
    peak: Decimal = strawberry.field(
        description=(
            "The highest equity so far, at the last prices when each candle was taken in; of the balance in a log "
            "without marks, which an earlier version wrote."
        )
    )
    drawdown: float = strawberry.field(
        description="The fall of the equity below its peak, as a fraction of the peak, as of `equityAt`."
    )
    max_drawdown: float = strawberry.field(
        description=(
            "The largest drawdown so far, also within the marked hours: there every position counts at its candle's "
            "worst price."
        )
    )
    kill_switch: str = strawberry.field(
        description="Why the kill switch is tripped: no new exposure until a person resets it. Empty where it is not."
    )
    settings_version: int = strawberry.field(description="The version of the settings in force.")
    settings: JSON = strawberry.field(description="The settings in force: strategies, limits, sizing.")
    opened_at: datetime | None = strawberry.field(description="When the account was opened.")
    opened_by: str = strawberry.field(
        description=(
            "The kind of run that opened it: `live` trades at an exchange, `paper-live` is a demo on live prices, "
            "`paper` plays candles, `manual` trades by hand in a market at rest. Empty before the opening. The log "
            "does not state which place of an exchange it is; that is in the log of the program."
        )
    )
    updated_at: datetime = strawberry.field(description="When its last event occurred.")
    ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


ACCOUNTS = Nodes(NodeMaker(Account, {"kill_switch": "tripped"}), "accounts", ("account",))
