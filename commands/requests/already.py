"""What a completed request has to add to its events: what holds already, or what a trip of the kill switch leaves.

A request whose result holds already is completed without an event, and its answer states what holds. A request whose
result cannot be reached any more, such as the cancel of a filled order, is refused (`commands/requests/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from commands.commanded import Followed
from commands.order import CancelOrder
from commands.reconciliation import ResolveDiscrepancy
from commands.request import (
    AmendOrder,
    ChangeSettings,
    EndRoute,
    ForgetPersonalKey,
    MoveProtection,
    PauseStrategy,
    PromoteModel,
    RegisterModel,
    Request,
    ResetKillSwitch,
    ResumeEntries,
    ResumeStrategy,
    RetireModel,
    SubmitSettings,
    TripKillSwitch,
)
from commands.requests.repeated import first_of, only
from commands.tripping import left
from commands.world import World
from domain.account import KillSwitchTripped
from domain.order import Closed
from domain.portfolio import OpenPosition, Portfolio
from domain.position import PositionClosing
from domain.streams import order_stream, parse

Note = Callable[[Any, World, str], str]
"""The note on a request, in this world, of this account."""


def note(request: Request, world: World, account: str, followed: Sequence[Followed]) -> str:
    """The note on the answer to a completed request, from which these events followed. Empty without a note.

    Where events followed, the answer to a repeated request has a note, too: of the same orders and positions, as they
    are by then.
    """
    if followed:
        return _trip_left(followed, world.portfolio) if isinstance(request, TripKillSwitch) else ""
    found = ALREADY.get(type(request))
    return "" if found is None else found(request, world, account)


def _cancelled(request: CancelOrder, world: World, account: str) -> str:
    state = world.state(order_stream(account, request.order_id))
    if isinstance(state, Closed):
        why = f": {state.reason}" if state.reason else ""
        return f"order {request.order_id} is {state.status.lower()} already{why}"
    return f"a cancel of order {request.order_id} was requested already"


def _tripped(_request: TripKillSwitch, world: World, _account: str) -> str:
    positions, entries = left(world.portfolio)
    stages = {
        stage: [parse(one).id for one in positions if _stage(world.portfolio.of_stream(one)) == stage]
        for stage in (_BEING_CLOSED, _OPEN)
    }
    what = _listed((*stages.items(), ("being cancelled", entries)))
    return f"the kill switch is tripped already: {world.portfolio.account.tripped}{what and f'; {what}'}"


def _trip_left(followed: Sequence[Followed], portfolio: Portfolio) -> str:
    """What a trip left: positions stay protected at the exchange, entries may fill before their cancel arrives.

    A position may have been closed by a person, or by an earlier trip, without an event of this one.
    """
    begun, tripped = first_of(PositionClosing, followed), only(KillSwitchTripped, followed)
    if tripped is None:
        return ""
    stages: dict[str, list[str]] = {_BEING_CLOSED: [], _OPEN: [], _CLOSED: []}
    for stream in tripped.positions:
        stage = _BEING_CLOSED if stream in begun else _stage(portfolio.of_stream(stream))
        stages[stage].append(parse(stream).id)
    return _listed((*stages.items(), ("being cancelled", tripped.entries)))


_BEING_CLOSED, _OPEN, _CLOSED = "being closed", "still open", "closed since"


def _stage(held: OpenPosition | None) -> str:
    if held is None:
        return _CLOSED
    return _OPEN if held.state.closing is None else _BEING_CLOSED


def _listed(named: Iterable[tuple[str, Sequence[str]]]) -> str:
    return "; ".join(f"{name}: {', '.join(found)}" for name, found in named if found)


ALREADY: Mapping[type, Note] = {
    CancelOrder: _cancelled,
    AmendOrder: lambda request, _world, _account: f"order {request.order_id} has these terms already",
    MoveProtection: lambda request, _world, _account: (
        f"the protection of {request.position} rests at these prices already"
    ),
    PauseStrategy: lambda request, _world, _account: f"{request.strategy} is paused already",
    ResumeStrategy: lambda request, _world, _account: f"{request.strategy} is not paused",
    ResumeEntries: lambda request, _world, _account: (
        f"no pause after losses is in force for {request.owner or 'the account'}"
    ),
    EndRoute: lambda request, _world, _account: f"the route {request.route} is over already",
    ChangeSettings: lambda _request, _world, _account: "these settings are in force already",
    SubmitSettings: lambda _request, _world, _account: "these settings are in force or held already",
    TripKillSwitch: _tripped,
    ResetKillSwitch: lambda _request, _world, _account: "the kill switch is not tripped",
    ForgetPersonalKey: lambda request, _world, _account: f"the key {request.key_id} is forgotten already",
    RegisterModel: lambda request, _world, _account: f"the model {request.sha256} is registered already",
    PromoteModel: lambda request, _world, _account: f"the model {request.sha256} is {request.role} already",
    RetireModel: lambda request, _world, _account: f"the model {request.sha256} has no role",
    ResolveDiscrepancy: lambda request, _world, _account: (
        f"the discrepancy {request.discrepancy_id} is resolved already"
    ),
}
"""By request: what holds where no event followed. The other requests lead to an event or are refused."""
