"""The answers to requests: to repeated, expired, declined, drafted and completed ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from commands import requests
from commands.commanded import Followed
from commands.door import Answer, Completed, Declined, Drafted
from commands.identity import Identity
from commands.inputs import RequestMade
from commands.request import DraftEntry, DraftOrder, PlaceOrder, RaiseSignal, Requested
from commands.requests import Situation
from commands.roles import LEAST_ROLE, permits
from commands.world import World
from domain.errors import InvalidInput, NotAllowed, Refused, RefusedForNow, WhenceError

_TOLERATED = timedelta(seconds=1)
"""The largest time by which the wall clock may be behind the market's time; clocks are adjusted by less."""


def settled(made: RequestMade, world: World, identity: Identity) -> Answer | None:
    """The answer if the request is repeated, or is declined whatever the market and the account; else None."""
    requested = made.requested
    try:
        requests.check(requested)
        _check_account(requested, identity)
        _check_role(requested)
        return _repeated(requested, world) or _out_of_place(made)
    except (Refused, InvalidInput, NotAllowed) as fault:
        return declined(requested, fault)


def is_a_draft(requested: Requested) -> bool:
    """Whether the request records nothing."""
    return isinstance(requested.request, DraftOrder | DraftEntry)


def drafted(requested: Requested, situation: Situation) -> Drafted | Declined:
    """The current costs of the draft's order or entry, or why it is refused. Raises Refused and InvalidInput."""
    if isinstance(requested.request, DraftEntry):
        return requests.draft_entry(requested.id, requested.request.signal, situation)
    assert isinstance(requested.request, DraftOrder)
    return requests.draft(requested.id, requested.request.terms, situation)


def carried_out(requested: Requested, world: World) -> Completed:
    """The answer to a request whose events are durable."""
    followed = world.commanded.followed(_key(requested, world))
    return _completed(requested, world, followed, repeated=False)


def _completed(
    requested: Requested, world: World, followed: Sequence[Followed], *, repeated: bool
) -> Completed:
    note = requests.note(requested.request, world, requested.account, followed)
    named = tuple(one.named for one in followed)
    decided = requests.decided(requested.request, followed)
    return Completed(requested.id, named, repeated=repeated, note=note, decided=decided)


def declined(requested: Requested, fault: WhenceError) -> Declined:
    """The answer to a request that was refused."""
    return Declined(requested.id, type(fault).__name__, str(fault))


def _check_role(requested: Requested) -> None:
    """Raises NotAllowed where the actor's role is below the least role of the request.

    The process that received the request has checked this already, but that may be another program.
    """
    role, kind = requested.role, type(requested.request)
    if role is not None and not permits(role, kind):
        least = LEAST_ROLE[kind]
        raise NotAllowed(f"this needs the role {least.word}; {requested.actor} has the role {role.word}")


def _repeated(requested: Requested, world: World) -> Answer | None:
    key = _key(requested, world)
    followed = world.commanded.followed(key)
    if not followed:
        return None
    recorded = world.commanded.fingerprint(key)
    if is_a_draft(requested) or not requests.is_the_same(requested.request, recorded, followed):
        raise InvalidInput(f"the key {requested.id} was used for another request: {_named(followed)}")
    return _completed(requested, world, followed, repeated=True)


def _key(requested: Requested, world: World) -> str:
    return world.commanded.key(requested.id, requested.actor)


def _check_account(requested: Requested, identity: Identity) -> None:
    if requested.account != identity.account:
        raise Refused(f"this engine trades for {identity.account}, not for {requested.account}")


def _out_of_place(made: RequestMade) -> Answer | None:
    requested = made.requested
    if isinstance(requested.request, PlaceOrder | RaiseSignal) and made.now < made.at - _TOLERATED:
        raise RefusedForNow(
            f"the clock shows {made.now.isoformat()}, and the market's time is {made.at.isoformat()} already: no new "
            "exposure until it is set right, for nobody could say how old an order is"
        )
    if made.now <= requested.valid_until:
        return None
    until = requested.valid_until.isoformat()
    return Declined(requested.id, "Expired", f"it was to be carried out until {until}, and was not")


def _named(followed: Sequence[Followed]) -> str:
    return ", ".join(f"{type(one.event).__name__} on {one.named.stream}" for one in followed)
