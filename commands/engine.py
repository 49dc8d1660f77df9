"""The engine's side of the door: one request judged, recorded and answered, on the state of this instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from commands import requests
from commands.commanded import Followed
from commands.door import Accepted, Answer, Declined, EventNamed
from commands.handler import Handler
from commands.request import DraftOrder, Requested
from commands.requests import Situation
from commands.stimulus import Stimulus
from domain.errors import InvalidInput, Refused, WhenceError
from domain.log import Envelope


class Engine:
    """Carries out requests against one account, one after the other, on the thread that owns the log.

    `clock` tells the wall clock's time (UTC), which requests are valid by; `handle` records a stimulus.
    """

    def __init__(
        self,
        handler: Handler,
        handle: Callable[[Stimulus], Sequence[Envelope]],
        clock: Callable[[], datetime],
    ) -> None:
        self._handler, self._handle, self._clock = handler, handle, clock

    def answer(self, requested: Requested, at: datetime, prices: Mapping[str, Decimal]) -> Answer:
        """Carries the request out at `at` (the market's clock) and says what came of it.

        A no is an answer (Declined). What the log raises (LogUnavailable, OwnershipLost …) goes to the caller: the
        engine cannot go on, and nobody knows yet whether the request is recorded.
        """
        try:
            return self._settled(requested) or self._carried_out(requested, at, prices)
        except (Refused, InvalidInput) as fault:
            return _declined(requested, fault)

    def settled(self, requested: Requested) -> Answer | None:
        """The answer that no state of the market or the account changes: one given before, or a no; else None."""
        try:
            return self._settled(requested)
        except (Refused, InvalidInput) as fault:
            return _declined(requested, fault)

    def _settled(self, requested: Requested) -> Answer | None:
        requests.check(requested)
        return self._repeated(requested) or self._too_late(requested)

    def _repeated(self, requested: Requested) -> Answer | None:
        followed = self._handler.world.commanded.followed(requested.id)
        if not followed:
            return None
        if isinstance(requested.request, DraftOrder) or not requests.is_the_same(requested.request, followed):
            raise InvalidInput(f"the key {requested.id} was used for another request: {_told(followed)}")
        return Accepted(requested.id, tuple(one.named for one in followed), repeated=True)

    def _too_late(self, requested: Requested) -> Answer | None:
        if requested.account != self._handler.identity.account:
            raise Refused(
                f"this engine trades for {self._handler.identity.account}, not for {requested.account}"
            )
        if self._clock() <= requested.valid_until:
            return None
        until = requested.valid_until.isoformat()
        return Declined(requested.id, "Expired", f"it was to be carried out until {until}, and was not")

    def _carried_out(self, requested: Requested, at: datetime, prices: Mapping[str, Decimal]) -> Answer:
        situation = Situation(
            world=self._handler.world, identity=self._handler.identity, at=at, prices=prices
        )
        if isinstance(requested.request, DraftOrder):
            return requests.draft(requested.id, requested.request.terms, situation)
        self._handle(requests.stimulus(requested, situation))
        return Accepted(requested.id, self._named(requested.id))

    def _named(self, command_id: str) -> Sequence[EventNamed]:
        return tuple(one.named for one in self._handler.world.commanded.followed(command_id))


def _declined(requested: Requested, fault: WhenceError) -> Declined:
    return Declined(requested.id, type(fault).__name__, str(fault))


def _told(followed: Sequence[Followed]) -> str:
    return ", ".join(f"{type(one.event).__name__} on {one.named.stream}" for one in followed)
