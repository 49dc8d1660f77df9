"""A weight that scales the entries of a strategy, and the event that put it in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from adapters.graphql.enums import register_enum
from adapters.graphql.scalars import Ordinal
from domain.regime import Regime
from domain.weights.scale import WeightScale
from domain.weights.settings import ANY

register_enum(Regime, "Regime")
register_enum(WeightScale, "WeightScale")


@strawberry.type(
    description="A weight in force: it scales the entries of a strategy, where no more specific one fits."
)
class WeightInForce:
    account: str = strawberry.field(description="The account.")
    strategy: str = strawberry.field(
        description="The id of the strategy instance, or of a source of signals."
    )
    instrument: str | None = strawberry.field(
        description="The instrument; null for every one that no other weight names."
    )
    regime: Regime | None = strawberry.field(
        description="The regime; null for every one that no other weight names, and for none."
    )
    weight: Decimal = strawberry.field(description="A multiple from 0, which enters nothing, to 2.")
    scales: WeightScale = strawberry.field(description="What it scales.")
    since: datetime = strawberry.field(description="Since when it has been in force with this scale.")
    event_id: strawberry.ID = strawberry.field(
        description="The event that put it in force, a `SettingsChanged`."
    )
    event_ordinal: Ordinal = strawberry.field(description="That event's ordinal in the log.")
    settings_version: int = strawberry.field(description="The version of the settings of that event.")


def weights_of(row: Mapping[Any, Any]) -> Sequence[WeightInForce]:
    """Makes the GraphQL objects of an account's row, in the order of its table."""
    return [_weight(row["account"], WeightScale(row["scales"]), one) for one in row["weights"]]


def _weight(account: str, scales: WeightScale, row: Mapping[str, Any]) -> WeightInForce:
    return WeightInForce(
        account=account,
        strategy=row["strategy"],
        instrument=None if row["instrument"] == ANY else row["instrument"],
        regime=None if row["regime"] == ANY else Regime(row["regime"]),
        weight=Decimal(row["weight"]),
        scales=scales,
        since=datetime.fromisoformat(row["since"]),
        event_id=strawberry.ID(row["event"]),
        event_ordinal=Ordinal(row["event_ordinal"]),
        settings_version=row["version"],
    )
