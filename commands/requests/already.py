"""What a completed request has to add to its events: what holds already, or what a trip of the kill switch leaves.

A request whose result holds already is completed without an event, and its answer states what holds. A request whose
result cannot be reached any more, such as the cancel of a filled order, is refused (`commands/requests/`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from commands.order import CancelOrder
from commands.reconciliation import ResolveDiscrepancy
from commands.request import (
    AmendOrder,
    ChangeSettings,
    MoveProtection,
    PauseStrategy,
    Request,
    ResetKillSwitch,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.tripping import left
from commands.world import World
from domain.order import Closed
from domain.streams import order_stream

Note = Callable[[Any, World, str], str]
"""The note on a request, in this world, of this account."""


def note(request: Request, world: World, account: str, *, changed: bool) -> str:
    """The note on the answer to a completed request; `changed` is whether events followed. Empty without a note."""
    notes = _FOLLOWED if changed else ALREADY
    found = notes.get(type(request))
    return "" if found is None else found(request, world, account)


def _cancelled(request: CancelOrder, world: World, account: str) -> str:
    state = world.state(order_stream(account, request.order_id))
    if isinstance(state, Closed):
        why = f": {state.reason}" if state.reason else ""
        return f"order {request.order_id} is {state.status.lower()} already{why}"
    return f"a cancel of order {request.order_id} was requested already"


def _tripped(_request: TripKillSwitch, world: World, account: str) -> str:
    what = _left(_request, world, account)
    return f"the kill switch is tripped already: {world.portfolio.account.tripped}{what and f'; {what}'}"


def _left(_request: TripKillSwitch, world: World, _account: str) -> str:
    """What a trip leaves: positions stay protected at the exchange, entries may fill before their cancel arrives."""
    found = zip(("open", "being cancelled"), left(world.portfolio), strict=True)
    return "; ".join(f"{name}: {', '.join(names)}" for name, names in found if names)


ALREADY: Mapping[type, Note] = {
    CancelOrder: _cancelled,
    AmendOrder: lambda request, _world, _account: f"order {request.order_id} has these terms already",
    MoveProtection: lambda request, _world, _account: (
        f"the protection of {request.position} rests at these prices already"
    ),
    PauseStrategy: lambda request, _world, _account: f"{request.strategy} is paused already",
    ResumeStrategy: lambda request, _world, _account: f"{request.strategy} is not paused",
    ChangeSettings: lambda _request, _world, _account: "these settings are in force already",
    TripKillSwitch: _tripped,
    ResetKillSwitch: lambda _request, _world, _account: "the kill switch is not tripped",
    ResolveDiscrepancy: lambda request, _world, _account: (
        f"the discrepancy {request.discrepancy_id} is resolved already"
    ),
}
"""By request: what holds where no event followed. The other requests lead to an event or are refused."""

_FOLLOWED: Mapping[type, Note] = {TripKillSwitch: _left}
