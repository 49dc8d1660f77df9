"""Buy and hold of the traded instruments, beside the equity of the account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from projections.questions import holding as question


@strawberry.type(description="An instrument that is held from its first price in the log on.")
class HeldInstrument:
    instrument: str = strawberry.field(description="The instrument.")
    bought_at: datetime = strawberry.field(description="When it is bought: the time of its first price.")
    bought_price: Decimal = strawberry.field(description="Its first price, in quote currency.")
    priced_at: datetime = strawberry.field(
        description="The time of its last price; its value does not change after it."
    )
    price: Decimal = strawberry.field(description="Its last price, in quote currency.")


@strawberry.type(description="The value of all holdings at a time, in the account's currency.")
class HeldValue:
    at: datetime = strawberry.field(description="The time.")
    value: Decimal = strawberry.field(description="The value.")


@strawberry.type(
    description=(
        "What the account's opening equity would be worth in the instruments that it has traded: equal shares, each "
        "bought at the first price of its instrument, without fees and funding. Deposits and withdrawals are not "
        "followed. The prices are those of the account's own signals and fills."
    )
)
class BuyAndHold:
    equity: Decimal = strawberry.field(description="The opening equity, in the account's currency.")
    instruments: list[HeldInstrument] = strawberry.field(description="The holdings, by instrument.")
    values: list[HeldValue] = strawberry.field(
        description="In order of time, the last value of each hour (UTC) that has a price."
    )


def buy_and_hold_of(held: question.Held) -> BuyAndHold:
    """Makes the GraphQL object of the values."""
    return BuyAndHold(
        equity=held.equity,
        instruments=[
            HeldInstrument(
                instrument=one.instrument,
                bought_at=one.bought.at,
                bought_price=one.bought.price,
                priced_at=one.last.at,
                price=one.last.price,
            )
            for one in held.holdings
        ],
        values=[HeldValue(at=at, value=value) for at, value in held.values],
    )
