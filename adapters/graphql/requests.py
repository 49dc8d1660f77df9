"""Sends a mutation's request to the engine, and converts the engine's response to GraphQL objects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import strawberry

from adapters.graphql.confirmation import GOOD_FOR, Confirmation, unverified
from adapters.graphql.context import Info
from adapters.graphql.desk import Desk
from adapters.graphql.mutation_answers import Completed, Draft, EntryDraft, Refused, TimedOut
from adapters.graphql.mutation_inputs import OrderTerms, SignalInput
from commands import door
from commands.request import DraftEntry, DraftOrder, ManualTerms, PlaceOrder, Request, Requested
from commands.requests import check
from domain.errors import InvalidInput, WhenceError
from domain.errors import Refused as RefusedError
from domain.streams import check_account

_LEAST_SECONDS, _MOST_SECONDS = 0.1, 30.0
_REFUSAL_SECONDS = 5.0
_EXPIRED = datetime(1970, 1, 1, tzinfo=UTC)


@strawberry.input(
    description="The input of every mutation: idempotency key, account and timeout of the request."
)
class RequestInput:
    idempotency_key: str = strawberry.field(
        description="The client's own key of this request: 1 to 64 letters, digits, dashes and underscores. A request "
        "with a key that was used before is not carried out again: the first answer is returned."
    )
    account: str | None = strawberry.field(
        default=None, description="The account of the request; the engine's by default."
    )
    timeout_seconds: float = strawberry.field(
        default=5.0,
        description=f"How long to wait for the answer, {_LEAST_SECONDS:g} to {_MOST_SECONDS:g} seconds. A request that "
        "the engine has not begun by then is never carried out.",
    )
    wait_for_read_models: bool = strawberry.field(
        default=True,
        description="Whether the answer waits until queries include the request's events, or until the timeout: see "
        "`readModelsReached`. A draft records nothing, so it does not wait.",
    )


async def carried_out(info: Info, given: RequestInput, request: Request) -> Completed | Refused | TimedOut:
    """Sends the request and returns its response. Raises InvalidInput for an invalid request, which is not sent."""
    started = monotonic()
    requested = _requested(info, given, given.idempotency_key, request)
    answer = await _desk(info).ask(requested, _patience(info, given))
    if isinstance(answer, door.Completed):
        return Completed.of(answer, await _reached(info, given, request, answer, monotonic() - started))
    return _not_done(answer, requested)


async def drafted(info: Info, given: RequestInput, terms: OrderTerms) -> Draft | Refused | TimedOut:
    """Drafts an order. The draft's request has a new random key, because the caller's key is used to place the
    order."""
    desk = _desk(info)
    _requested(info, given, given.idempotency_key, PlaceOrder(terms.terms()))
    requested = _requested(info, given, f"draft-{uuid4().hex}", DraftOrder(terms.terms()))
    answer = await desk.ask(requested, _patience(info, given))
    if not isinstance(answer, door.Drafted):
        return _not_done(answer, requested)
    expires_at = desk.clock() + GOOD_FOR
    confirmation = Confirmation(
        requested.actor, requested.account, given.idempotency_key, answer.terms, expires_at
    )
    return Draft.of(answer, desk.signer.sign(confirmation), expires_at)


async def entry_drafted(
    info: Info, given: RequestInput, signal: SignalInput
) -> EntryDraft | Refused | TimedOut:
    """Sizes and judges an entry by the signal. Nothing follows from it, so its key is used for nothing."""
    requested = _requested(info, given, given.idempotency_key, DraftEntry(signal.signal()))
    answer = await _desk(info).ask(requested, _patience(info, given))
    return EntryDraft.of(answer) if isinstance(answer, door.Drafted) else _not_done(answer, requested)


async def placed(info: Info, given: RequestInput, confirmation: str) -> Completed | Refused | TimedOut:
    """Places the order of a confirmation. Raises InvalidInput or Refused for an invalid or expired confirmation."""
    try:
        terms = _confirmed(info, given, confirmation)
    except (InvalidInput, RefusedError) as fault:
        return await _placed_before(info, given, confirmation, fault)
    return await carried_out(info, given, PlaceOrder(terms))


async def _placed_before(
    info: Info, given: RequestInput, text: str, fault: WhenceError
) -> Completed | Refused | TimedOut:
    """The response to an earlier request with the same key, for a confirmation that is not valid any more.

    The request is sent as already expired, so that an invalid confirmation never places an order. If the key was used
    for a different request, the engine's refusal is returned; and TimedOut where the engine does not respond, because
    an earlier request may have placed the order. Raises `fault` where the key was not used before.
    """
    read = unverified(text)
    if read is None:
        raise fault
    requested = _requested(info, given, given.idempotency_key, PlaceOrder(read.terms))
    answer = await _desk(info).ask(replace(requested, valid_until=_EXPIRED), given.timeout_seconds)
    if isinstance(answer, door.Completed) and answer.repeated and _belongs(read, info, given):
        return Completed.of(answer, await _reached(info, given, requested.request, answer, 0.0))
    is_another = isinstance(answer, door.Declined) and answer.code == InvalidInput.__name__
    is_open = isinstance(answer, door.TimedOut) and _belongs(read, info, given)
    if is_another or is_open:
        return _not_done(answer, requested)
    raise fault


def _belongs(read: Confirmation, info: Info, given: RequestInput) -> bool:
    """Whether the confirmation names this caller, account and key."""
    return (read.actor, read.account, read.key) == (
        info.context.caller.name,
        given.account or _desk(info).account,
        given.idempotency_key,
    )


def _confirmed(info: Info, given: RequestInput, text: str) -> ManualTerms:
    desk = _desk(info)
    read = desk.signer.read(text, desk.clock())
    if (read.actor, read.account) != (info.context.caller.name, given.account or desk.account):
        raise InvalidInput("that draft belongs to another person or account; draft the order again")
    if read.key != given.idempotency_key:
        raise InvalidInput("an order is placed with the idempotency key of its draft; this key differs")
    return read.terms


async def _reached(
    info: Info, given: RequestInput, request: Request, answer: door.Completed, spent: float
) -> bool | None:
    """Whether the read models included the response's events before the timeout; None where the request does not wait,
    or where another process keeps the read models.
    """
    projecting = info.context.served.projecting
    if projecting is None or not given.wait_for_read_models:
        return None
    left = max(given.timeout_seconds - spent, 0.0)
    ordinals = [named.ordinal for named in answer.events]
    return await _desk(info).waited(
        lambda: projecting.wait_until(answer.ordinal, left) and projecting.includes(ordinals), request
    )


def _patience(info: Info, given: RequestInput) -> float:
    """The seconds that are left of the caller's timeout; where none are, those that the engine has to refuse.

    After its timeout a request is always refused, or its earlier answer is returned: either is worth a longer wait than
    an answer that leaves it open.
    """
    left = given.timeout_seconds - info.context.waited
    return left if left > _LEAST_SECONDS else _REFUSAL_SECONDS


def _requested(info: Info, given: RequestInput, key: str, request: Request) -> Requested:
    """The request with its id, account, actor and expiry. Raises InvalidInput for an invalid request."""
    desk = _desk(info)
    seconds = given.timeout_seconds
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        raise InvalidInput(f"timeoutSeconds is {_LEAST_SECONDS:g} to {_MOST_SECONDS:g}, not {seconds:g}")
    account = desk.account if given.account is None else given.account
    check_account(account)
    # The caller has waited since the request arrived, also while this process was stopped and did not read it.
    until = desk.clock() + timedelta(seconds=seconds - info.context.waited)
    caller = info.context.caller
    requested = Requested(
        id=key, account=account, actor=caller.name, valid_until=until, request=request, role=caller.role
    )
    check(requested)
    return requested


def _desk(info: Info) -> Desk:
    desk = info.context.served.desk
    if desk is None:
        raise RefusedError("this program takes no requests: it only reads")
    return desk


def _not_done(answer: door.Answer, requested: Requested) -> Refused | TimedOut:
    match answer:
        case door.Declined():
            return Refused.of(answer)
        case door.TimedOut():
            return TimedOut.of(answer, requested.valid_until)
        case door.Completed() | door.Drafted():
            raise TypeError(
                f"the door answered {type(answer).__name__} to {type(requested.request).__name__}"
            )
