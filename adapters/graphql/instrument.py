"""Instruments with their rules in force: what a price and a quantity are rounded to and bounded by."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from adapters.graphql.scalars import Ordinal
from projections.questions.instruments import InForce
from projections.rules import kind_of, source_of


@strawberry.type(
    description="The rules of an instrument that an account has recorded last. An order is judged by them."
)
class InstrumentRules:
    account: str = strawberry.field(description="The account.")
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    base: str = strawberry.field(description="Its base currency.")
    quote: str = strawberry.field(description="Its quote currency.")
    tick: Decimal = strawberry.field(description="The step of prices, in quote currency.")
    lot: Decimal = strawberry.field(description="The step of quantities, in base currency.")
    min_quantity: Decimal = strawberry.field(description="The smallest quantity, in base currency.")
    max_quantity: Decimal = strawberry.field(description="The largest quantity, in base currency.")
    min_notional: Decimal = strawberry.field(
        description="The least notional of an order that adds exposure, in quote currency."
    )
    maker_fee: Decimal = strawberry.field(description="The maker's fee, a fraction of the notional.")
    taker_fee: Decimal = strawberry.field(description="The taker's fee, a fraction of the notional.")
    max_leverage: Decimal = strawberry.field(description="The largest leverage.")
    maintenance_margin: Decimal = strawberry.field(
        description="The maintenance margin, a fraction of the notional."
    )
    origin: str = strawberry.field(
        description="`real`, `guessed`, or `not recorded` in the log of an earlier version."
    )
    source: str = strawberry.field(
        description="Where the rules come from, with their date; empty where that was not recorded."
    )
    ordinal: Ordinal = strawberry.field(description="The ordinal of the event that recorded them.")
    at: datetime = strawberry.field(description="When that event occurred.")


def rules_of(found: InForce) -> InstrumentRules:
    """Makes the GraphQL object of the rules."""
    rules, origin = found.event.instrument, found.event.origin
    return InstrumentRules(
        account=found.account,
        instrument=rules.id,
        base=rules.base,
        quote=rules.quote,
        tick=rules.tick,
        lot=rules.lot,
        min_quantity=rules.min_quantity,
        max_quantity=rules.max_quantity,
        min_notional=rules.min_notional,
        maker_fee=rules.maker_fee,
        taker_fee=rules.taker_fee,
        max_leverage=rules.max_leverage,
        maintenance_margin=rules.maintenance_margin,
        origin=kind_of(origin),
        source=source_of(origin),
        ordinal=Ordinal(found.ordinal),
        at=found.at,
    )
