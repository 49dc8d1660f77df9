"""The trading state of an account: whether entries are sent, and what keeps them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from adapters.graphql.enums import register_enum
from adapters.graphql.scalars import Ordinal
from domain.breaker import Mode, Service
from projections.questions.trading import halts

register_enum(Mode, "BreakerMode")
register_enum(Service, "BreakerService")


@strawberry.type(
    description="A circuit breaker: while it is open, calls that add exposure wait until the exchange answers."
)
class CircuitBreaker:
    service: Service = strawberry.field(description="The kind of call to the exchange.")
    mode: Mode = strawberry.field(description="Whether it holds calls back.")
    since: datetime = strawberry.field(description="When this mode began.")
    reason: str = strawberry.field(description="What the last failed call met; empty where it is not open.")


@strawberry.type(description="A pause of entries after losing positions in a row.")
class LossPause:
    strategy: str | None = strawberry.field(
        description="The strategy whose entries are paused; null where it is the account."
    )
    losses: int = strawberry.field(description="The losing positions in a row.")
    net: Decimal = strawberry.field(
        description="Their net results together, after fees and funding, in the account's currency."
    )
    positions: list[str] = strawberry.field(
        description="The streams of the last of these positions, the latest last."
    )
    since: datetime = strawberry.field(description="When the last of them was closed.")
    until: datetime | None = strawberry.field(
        description="When the pause is over; null where a person has to end it."
    )


@strawberry.type(
    description="The leverage of an instrument of which another one was requested at least once."
)
class InstrumentLeverage:
    instrument: str = strawberry.field(description="The instrument.")
    leverage: Decimal = strawberry.field(
        description="The leverage by which it is traded: the largest ratio of a position's notional to its margin."
    )
    requested: Decimal | None = strawberry.field(
        description="The leverage that was requested and whose outcome is not known; no entry is made meanwhile. Null "
        "where no request waits."
    )
    since: datetime = strawberry.field(description="When its last event occurred.")


@strawberry.type(description="A change of a setting that waits for a review; values are text.")
class HeldSetting:
    name: str = strawberry.field(description="The dotted name of the setting.")
    before: str = strawberry.field(description="The value in force.")
    after: str = strawberry.field(description="The value that waits.")
    by: str = strawberry.field(
        description="Who requested it: a person, or `settings` for an edit of the settings file."
    )
    reason: str = strawberry.field(description="Why; empty where no reason was given.")
    since: datetime = strawberry.field(description="When it was requested.")
    closes: int = strawberry.field(
        description="How many open positions it could have closed at once when it was requested."
    )


@strawberry.type(description="The changes of settings that wait until a person reviews them.")
class HeldSettings:
    id: strawberry.ID = strawberry.field(description="The id that `reviewSettings` takes.")
    changes: list[HeldSetting] = strawberry.field(description="The changes.")
    since: datetime = strawberry.field(description="When the oldest of them was requested.")


@strawberry.type(description="Whether an account takes new exposure, and everything that keeps it out.")
class TradingState:
    account: str = strawberry.field(description="The account.")
    is_halted: bool = strawberry.field(
        description="Whether entries are kept out. Exits and protective stops go on all the same."
    )
    reasons: list[str] = strawberry.field(
        description="Why, by the reasons of the risk committee: `KILL_SWITCH`, `RECONCILING`, "
        "`UNRESOLVED_DISCREPANCY`, `CIRCUIT_BREAKER_OPEN`, `ACCOUNT_PAUSED_AFTER_LOSSES`."
    )
    kill_switch: str = strawberry.field(description="Why the kill switch is tripped; empty where it is not.")
    kill_switch_at: datetime | None = strawberry.field(
        description="When it was tripped; null where it is not."
    )
    kill_switch_by: str | None = strawberry.field(
        description="Who tripped it: `engine`, or a person's name; null where it is not tripped."
    )
    reconciling: str = strawberry.field(
        description="Why the log is being compared with the exchange; empty where it is not."
    )
    reconciling_since: datetime | None = strawberry.field(
        description="Since when; null where it is not being compared."
    )
    compared_at: datetime | None = strawberry.field(
        description="When the last recorded reconciliation ended; null before the first. A comparison that "
        "finds nothing has no event and does not change it."
    )
    open_discrepancies: list[strawberry.ID] = strawberry.field(
        description="The ids of the open discrepancies; `discrepancies` has their details."
    )
    paused: list[str] = strawberry.field(description="The ids of the paused strategies.")
    pauses: list[LossPause] = strawberry.field(
        description="The pauses of entries after losses that are in force, that of the account first."
    )
    leverages: list[InstrumentLeverage] = strawberry.field(
        description="The leverage of each instrument of which another one was ever requested; others have that of the "
        "account."
    )
    held_settings: HeldSettings | None = strawberry.field(
        description="The changes of settings that wait for a review; null where none waits."
    )
    breakers: list[CircuitBreaker] = strawberry.field(
        description="Every circuit breaker that ever changed its mode."
    )
    updated_at: datetime = strawberry.field(description="When its last event occurred.")
    ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


def trading_state_of(row: Mapping[Any, Any]) -> TradingState:
    """Makes the GraphQL object of a row."""
    reasons = list(halts(row))
    return TradingState(
        account=row["account"],
        is_halted=bool(reasons),
        reasons=reasons,
        kill_switch=row["tripped"],
        kill_switch_at=row["tripped_at"],
        kill_switch_by=row["tripped_by"],
        reconciling=row["reconciling"],
        reconciling_since=row["reconciling_since"],
        compared_at=row["compared_at"],
        open_discrepancies=[strawberry.ID(one) for one in row["unresolved"]],
        paused=list(row["paused"]),
        pauses=[_pause(owner, one) for owner, one in sorted(row["pauses"].items())],
        leverages=[_leverage(name, one) for name, one in sorted(row["leverages"].items())],
        held_settings=_held_settings(row["held_settings"]),
        breakers=[_breaker(name, one) for name, one in sorted(row["breakers"].items())],
        updated_at=row["updated_at"],
        ordinal=Ordinal(row["ordinal"]),
    )


def _pause(owner: str, row: Mapping[str, Any]) -> LossPause:
    return LossPause(
        strategy=owner or None,
        losses=row["losses"],
        net=Decimal(row["net"]),
        positions=list(row["positions"]),
        since=datetime.fromisoformat(row["since"]),
        until=None if row["until"] is None else datetime.fromisoformat(row["until"]),
    )


def _leverage(instrument: str, row: Mapping[str, Any]) -> InstrumentLeverage:
    requested = row["requested"]
    return InstrumentLeverage(
        instrument=instrument,
        leverage=Decimal(row["leverage"]),
        requested=None if requested is None else Decimal(requested),
        since=datetime.fromisoformat(row["since"]),
    )


def _held_settings(row: Mapping[str, Any]) -> HeldSettings | None:
    if not row:
        return None
    return HeldSettings(
        id=strawberry.ID(row["id"]),
        changes=[_held_setting(one) for one in row["changes"]],
        since=datetime.fromisoformat(row["since"]),
    )


def _held_setting(row: Mapping[str, Any]) -> HeldSetting:
    return HeldSetting(
        name=row["name"],
        before=row["before"],
        after=row["after"],
        by=row["by"],
        reason=row["reason"],
        since=datetime.fromisoformat(row["since"]),
        closes=row["closes"],
    )


def _breaker(service: str, row: Mapping[str, str]) -> CircuitBreaker:
    return CircuitBreaker(
        service=Service(service),
        mode=Mode(row["mode"]),
        since=datetime.fromisoformat(row["since"]),
        reason=row["reason"],
    )
