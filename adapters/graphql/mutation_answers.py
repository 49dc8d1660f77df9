"""The responses to mutations: completed, drafted, refused, or timed out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from adapters.graphql.decision import Vote
from adapters.graphql.scalars import JSON, Ordinal
from commands import door
from domain.signal import Chamber


@strawberry.type(description="One event that followed from a command.")
class FollowedEvent:
    ordinal: Ordinal
    id: strawberry.ID
    stream: str
    type: str = strawberry.field(description="The event's type, as in `OrderPlaced`.")

    @classmethod
    def of(cls, named: door.EventNamed) -> FollowedEvent:
        return cls(
            ordinal=Ordinal(named.ordinal),
            id=strawberry.ID(str(named.event_id)),
            stream=named.stream,
            type=named.type.rpartition(".")[2],
        )


@strawberry.type(description="The request was carried out, and its events are durable.")
class Completed:
    command_id: str
    ordinal: Ordinal | None = strawberry.field(
        description="The ordinal of the last event that followed; null where nothing had to change."
    )
    repeated: bool = strawberry.field(
        description="Whether this key was answered before: the events are those of the first request."
    )
    events: list[FollowedEvent]
    note: str = strawberry.field(
        description="What holds already where no event followed, and what a trip of the kill switch leaves open; else "
        "empty."
    )
    read_models_reached: bool | None = strawberry.field(
        description="Whether queries include all these events now: false where they came too late, or where a read "
        "model could not include one and parked it; null where the request did not wait for it."
    )

    @classmethod
    def of(cls, answer: door.Completed, reached: bool | None) -> Completed:  # noqa: FBT001 - a fact, not a switch
        return cls(
            command_id=answer.command_id,
            ordinal=Ordinal(answer.ordinal) if answer.events else None,
            repeated=answer.repeated,
            events=[FollowedEvent.of(named) for named in answer.events],
            note=answer.note,
            read_models_reached=reached,
        )


@strawberry.type(description="The request was refused: nothing was done, and nothing was recorded.")
class Refused:
    command_id: str
    code: str = strawberry.field(
        description="The reason for programs: `Refused`, `InvalidInput`, `Expired` …"
    )
    reason: str = strawberry.field(description="The reason for people.")
    votes: list[Vote] = strawberry.field(
        description="The votes on the entry of a refused draft; empty where its terms could not be judged, and for "
        "every other request."
    )

    @classmethod
    def of(cls, answer: door.Declined) -> Refused:
        votes = [_vote(one) for one in answer.votes]
        return cls(command_id=answer.command_id, code=answer.code, reason=answer.reason, votes=votes)


@strawberry.type(
    description="No answer came in time: the request may have been carried out, or may be until `validUntil`, but not "
    "later. Send it again with the same key to get its answer: no request is carried out twice."
)
class TimedOut:
    command_id: str
    known: str = strawberry.field(description="What is known about its outcome.")
    valid_until: datetime

    @classmethod
    def of(cls, answer: door.TimedOut, valid_until: datetime) -> TimedOut:
        return cls(command_id=answer.command_id, known=answer.known, valid_until=valid_until)


@strawberry.type(
    description="The order would be accepted. Amounts are in quote currency; null where no price is known."
)
class Draft:
    confirmation: str = strawberry.field(
        description="The confirmation for `placeOrder`, which takes it with the same idempotency key."
    )
    expires_at: datetime
    price: Decimal | None = strawberry.field(description="The price that the amounts are computed with.")
    notional: Decimal | None
    margin: Decimal | None
    fee: Decimal | None
    risk: Decimal | None = strawberry.field(description="The loss at the stop, fees included.")
    warnings: list[str]
    votes: list[Vote] = strawberry.field(
        description="The votes of the members that judge a person's entry; empty for an order that only reduces."
    )

    @classmethod
    def of(cls, answer: door.Drafted, confirmation: str, expires_at: datetime) -> Draft:
        return cls(
            confirmation=confirmation,
            expires_at=expires_at,
            price=answer.price,
            notional=answer.notional,
            margin=answer.margin,
            fee=answer.fee,
            risk=answer.risk,
            warnings=list(answer.warnings),
            votes=[_vote(one) for one in answer.votes],
        )


@strawberry.type(
    description="The entry that a signal like this would make now. Prices and amounts are in quote currency."
)
class EntryDraft:
    price: Decimal = strawberry.field(description="The last price, with which everything is computed.")
    quantity: Decimal = strawberry.field(
        description="By the strategy's sizing rule, in base currency; 0 where none can be traded."
    )
    stop: Decimal | None = strawberry.field(
        description="In the same proportion to the price as the signal's."
    )
    target: Decimal | None = strawberry.field(
        description="In the same proportion to the price as the signal's."
    )
    notional: Decimal
    margin: Decimal
    fee: Decimal
    risk: Decimal = strawberry.field(description="The loss at the stop, before fees.")
    reasons: list[str] = strawberry.field(
        description="Why the committees would skip it, and why its size is cut; empty for an entry in full."
    )

    @classmethod
    def of(cls, answer: door.Drafted) -> EntryDraft:
        assert answer.price is not None
        assert answer.notional is not None
        assert answer.margin is not None
        assert answer.fee is not None
        assert answer.risk is not None
        return cls(
            price=answer.price,
            quantity=answer.terms.quantity,
            stop=answer.terms.stop,
            target=answer.terms.target,
            notional=answer.notional,
            margin=answer.margin,
            fee=answer.fee,
            risk=answer.risk,
            reasons=list(answer.warnings),
        )


CommandAnswer = Annotated[Completed | Refused | TimedOut, strawberry.union("CommandAnswer")]
DraftAnswer = Annotated[Draft | Refused | TimedOut, strawberry.union("DraftAnswer")]
EntryDraftAnswer = Annotated[EntryDraft | Refused | TimedOut, strawberry.union("EntryDraftAnswer")]


def _vote(one: door.MemberVote) -> Vote:
    return Vote(
        member=one.member,
        chamber=Chamber(one.chamber),
        approves=one.approves,
        reasons=list(one.reasons),
        figures=JSON(dict(one.figures)),
    )
