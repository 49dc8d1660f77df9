"""Everything that can be asked of the engine through GraphQL. Read the class to know what there is, and who may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Annotated
from uuid import uuid4

import strawberry

from adapters.graphql.confirmation import GOOD_FOR, Confirmation, spelled
from adapters.graphql.context import Info
from adapters.graphql.desk import Desk
from adapters.graphql.mutation_answers import Accepted, CommandAnswer, Draft, DraftAnswer, Refused, Unanswered
from adapters.graphql.mutation_inputs import OrderTerms, SettingChange, SignalInput, by_name
from adapters.graphql.permission import requires
from adapters.http.caller import Role
from commands import door
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    DraftOrder,
    ManualTerms,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.requests import check
from domain.errors import InvalidInput, WhenceError
from domain.errors import Refused as RefusedError
from domain.streams import check_account

_LEAST_SECONDS, _MOST_SECONDS = 0.1, 30.0

Key = Annotated[
    str,
    strawberry.argument(
        description="Your own name for this request: 1 to 64 letters, digits, dashes and underscores. Asked again with "
        "the same key, nothing is done twice: the first answer is repeated."
    ),
]
Account = Annotated[str | None, strawberry.argument(description="Whose; the engine's, when left out.")]
Timeout = Annotated[
    float,
    strawberry.argument(
        description=f"How long to wait for the answer, {_LEAST_SECONDS:g} to {_MOST_SECONDS:g} seconds. A request that "
        "was not taken up by then never will be."
    ),
]
Wait = Annotated[
    bool,
    strawberry.argument(
        description="Answer when queries see what was done, or the time is over: see `readModelsReached`."
    ),
]
Reason = Annotated[str, strawberry.argument(description="Why: it is recorded.")]
PositionId = Annotated[
    str, strawberry.argument(description="Like `BTCUSDT-LINEAR.BYBIT-LONG-1`, or its stream whole.")
]


@dataclass(frozen=True, slots=True)
class How:
    """The part that all mutations have in common; see `Key`, `Account`, `Timeout`, `Wait`."""

    key: str
    account: str | None
    seconds: float
    wait: bool


@strawberry.type(description="What people, and programs of theirs, may ask of the engine.")
class Mutation:
    @strawberry.mutation(
        description="A signal from outside, which both committees judge.", extensions=[requires(Role.TRADER)]
    )
    async def raise_signal(
        self,
        info: Info,
        *,
        signal: SignalInput,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, RaiseSignal(signal.signal()))

    @strawberry.mutation(
        description="Holds an order against the rules and the money of this instant, and says what it would cost; "
        "records nothing. Its confirmation is what `placeOrder` takes.",
        extensions=[requires(Role.TRADER)],
    )
    async def draft_order(
        self,
        info: Info,
        *,
        terms: OrderTerms,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
    ) -> DraftAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait=False)
        return await _drafted(info, how, terms)

    @strawberry.mutation(
        description="Places the order of a draft, with the draft's own key: so a draft places one order at most.",
        extensions=[requires(Role.TRADER)],
    )
    async def place_order(
        self,
        info: Info,
        *,
        confirmation: Annotated[str, strawberry.argument(description="As `draftOrder` gave it.")],
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        try:
            terms = _confirmed(info, how, confirmation)
        except (InvalidInput, RefusedError) as fault:
            return await _placed_before(info, how, confirmation, fault)
        return await _carried_out(info, how, PlaceOrder(terms))

    @strawberry.mutation(
        description="Asks the exchange for other terms; what is left out stays.",
        extensions=[requires(Role.TRADER)],
    )
    async def amend_order(
        self,
        info: Info,
        *,
        order_id: str,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        trigger_price: Decimal | None = None,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(
            info,
            how,
            AmendOrder(
                order_id=order_id, quantity=quantity, limit_price=limit_price, trigger_price=trigger_price
            ),
        )

    @strawberry.mutation(
        description="Asks the exchange to take an order away.", extensions=[requires(Role.TRADER)]
    )
    async def cancel_order(
        self,
        info: Info,
        *,
        order_id: str,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, CancelOrder(order_id, reason))

    @strawberry.mutation(
        description="Takes a whole position off at the market.", extensions=[requires(Role.TRADER)]
    )
    async def close_position(
        self,
        info: Info,
        *,
        position: PositionId,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, ClosePosition(position, reason))

    @strawberry.mutation(
        description="Moves the resting stop and target of an open position; what is left out stays.",
        extensions=[requires(Role.TRADER)],
    )
    async def move_protection(
        self,
        info: Info,
        *,
        position: PositionId,
        stop: Decimal | None = None,
        target: Decimal | None = None,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, MoveProtection(position, stop, target))

    @strawberry.mutation(
        description="A strategy's entries are skipped from here on, its exits are not.",
        extensions=[requires(Role.TRADER)],
    )
    async def pause_strategy(
        self,
        info: Info,
        *,
        strategy: str,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, PauseStrategy(strategy, reason))

    @strawberry.mutation(
        description="A paused strategy's signals are judged again.", extensions=[requires(Role.TRADER)]
    )
    async def resume_strategy(
        self,
        info: Info,
        *,
        strategy: str,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, ResumeStrategy(strategy, reason))

    @strawberry.mutation(
        description="Changes the settings that are named; all others stay.", extensions=[requires(Role.ADMIN)]
    )
    async def change_settings(
        self,
        info: Info,
        *,
        changes: list[SettingChange],
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, ChangeSettings(by_name(changes)))

    @strawberry.mutation(
        description="No new exposure from here on; what is open stays protected and can be left.",
        extensions=[requires(Role.TRADER)],
    )
    async def trip_kill_switch(
        self,
        info: Info,
        *,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, TripKillSwitch(reason))

    @strawberry.mutation(description="Trading is allowed again.", extensions=[requires(Role.ADMIN)])
    async def reset_kill_switch(
        self,
        info: Info,
        *,
        reason: Reason,
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, ResetKillSwitch(reason))

    @strawberry.mutation(
        description="Says how a disagreement between the exchange and the log was settled.",
        extensions=[requires(Role.TRADER)],
    )
    async def resolve_discrepancy(
        self,
        info: Info,
        *,
        discrepancy_id: str,
        resolution: Annotated[str, strawberry.argument(description="How: it is recorded.")],
        idempotency_key: Key,
        account: Account = None,
        timeout_seconds: Timeout = 5.0,
        wait_for_read_models: Wait = True,
    ) -> CommandAnswer:
        how = How(idempotency_key, account, timeout_seconds, wait_for_read_models)
        return await _carried_out(info, how, ResolveDiscrepancy(discrepancy_id, resolution))


async def _carried_out(info: Info, how: How, request: Request) -> Accepted | Refused | Unanswered:
    started = monotonic()
    requested = _requested(info, how, how.key, request)
    answer = await _desk(info).ask(requested, how.seconds)
    if isinstance(answer, door.Accepted):
        reached = await _seen(info, answer, how.seconds - (monotonic() - started)) if how.wait else None
        return Accepted.of(answer, reached)
    return _not_done(answer, requested)


async def _drafted(info: Info, how: How, terms: OrderTerms) -> Draft | Refused | Unanswered:
    """The draft has a key of its own: the caller's is the order's."""
    desk = _desk(info)
    _requested(info, how, how.key, PlaceOrder(terms.terms()))
    requested = _requested(info, how, f"draft-{uuid4().hex}", DraftOrder(terms.terms()))
    answer = await desk.ask(requested, how.seconds)
    if not isinstance(answer, door.Drafted):
        return _not_done(answer, requested)
    expires_at = desk.clock() + GOOD_FOR
    confirmation = Confirmation(requested.actor, requested.account, how.key, answer.terms, expires_at)
    return Draft.of(answer, desk.signer.sign(confirmation), expires_at)


async def _placed_before(info: Info, how: How, text: str, fault: WhenceError) -> Accepted:
    """Asked again too late, or after a restart, the key still tells what became of it.

    The time to carry it out is over before it is asked, so that nothing is placed on a confirmation that is not good.
    """
    said = spelled(text)
    if said is None:
        raise fault
    asked = _requested(info, how, how.key, PlaceOrder(said.terms))
    answer = await _desk(info).ask(replace(asked, valid_until=_LONG_OVER), how.seconds)
    if not (isinstance(answer, door.Accepted) and answer.repeated):
        raise fault
    return Accepted.of(answer, await _seen(info, answer, how.seconds) if how.wait else None)


_LONG_OVER = datetime(1970, 1, 1, tzinfo=UTC)


def _confirmed(info: Info, how: How, text: str) -> ManualTerms:
    desk = _desk(info)
    told = desk.signer.read(text, desk.clock())
    if (told.actor, told.account) != (info.context.caller.name, how.account or desk.account):
        raise InvalidInput("that draft is somebody else's, or for another account; draft the order again")
    if told.key != how.key:
        raise InvalidInput("an order is placed with the idempotency key of its draft; this is another")
    return told.terms


async def _seen(info: Info, answer: door.Accepted, left: float) -> bool | None:
    """None where another process keeps the read models: nobody here can tell."""
    projecting = info.context.served.projecting
    if projecting is None:
        return None
    return await _desk(info).waited(lambda: projecting.wait_until(answer.position, max(left, 0.0)))


def _requested(info: Info, how: How, key: str, request: Request) -> Requested:
    """Raises InvalidInput for what cannot be meant, before anything is sent."""
    desk = _desk(info)
    if not _LEAST_SECONDS <= how.seconds <= _MOST_SECONDS:
        raise InvalidInput(f"timeoutSeconds is {_LEAST_SECONDS:g} to {_MOST_SECONDS:g}, not {how.seconds:g}")
    account = desk.account if how.account is None else how.account
    check_account(account)
    until = desk.clock() + timedelta(seconds=how.seconds)
    requested = Requested(
        id=key, account=account, actor=info.context.caller.name, valid_until=until, request=request
    )
    check(requested)
    return requested


def _desk(info: Info) -> Desk:
    desk = info.context.served.desk
    if desk is None:
        raise RefusedError("nobody here takes requests: this program only reads")
    return desk


def _not_done(answer: door.Answer, requested: Requested) -> Refused | Unanswered:
    match answer:
        case door.Declined():
            return Refused.of(answer)
        case door.Unanswered():
            return Unanswered.of(answer, requested.valid_until)
        case door.Accepted() | door.Drafted():
            raise TypeError(
                f"the door answered {type(answer).__name__} to {type(requested.request).__name__}"
            )
