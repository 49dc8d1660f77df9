"""Whether a request with a used key is the request that was carried out under that key.

The cause of each event holds the fingerprint of its request, and fingerprints are compared. Older logs have no
fingerprints. There a request is the same if the recorded events contain its order, its amendment or its reason. Such a
log does not distinguish two requests that lead to equal events: the close of a position and a manual reduction of the
same quantity, or changes of two settings to the values that they already had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from commands.commanded import Followed
from commands.request import (
    AmendOrder,
    CancelOrder,
    ChangeSettings,
    ClosePosition,
    ManualTerms,
    MoveProtection,
    PauseStrategy,
    PlaceOrder,
    RaiseSignal,
    Request,
    ResetKillSwitch,
    ResolveDiscrepancy,
    ResumeStrategy,
    TripKillSwitch,
)
from commands.requests.fingerprint import fingerprint
from domain.account import KillSwitchReset, KillSwitchTripped
from domain.adjusting import adjusted
from domain.direction import Purpose
from domain.order import OrderAmendRequested, OrderCancelRequested, OrderPlaced, OrderType
from domain.reconciliation import DiscrepancyResolved
from domain.settings import SettingsChanged
from domain.signal import SignalDetected
from domain.streams import parse

_E = TypeVar("_E")


def is_the_same(request: Request, recorded: str, followed: Sequence[Followed]) -> bool:
    """Whether the request is the one that was carried out; `recorded` is the logged fingerprint, empty in old logs."""
    if recorded:
        return recorded == fingerprint(request)
    same = SAME.get(type(request))
    return same is not None and same(request, followed)


def first_of(kind: type[_E], followed: Iterable[Followed]) -> dict[str, _E]:
    """The first event of this kind in each stream, by stream."""
    found: dict[str, _E] = {}
    for one in followed:
        if isinstance(one.event, kind):
            found.setdefault(one.named.stream, one.event)
    return found


def only(kind: type[_E], followed: Iterable[Followed]) -> _E | None:
    """The first event of this kind; None where there is none."""
    return next(iter(first_of(kind, followed).values()), None)


def _signal(request: RaiseSignal, followed: Sequence[Followed]) -> bool:
    return only(SignalDetected, followed) == request.signal.detected()


def _place(request: PlaceOrder, followed: Sequence[Followed]) -> bool:
    placed = list(first_of(OrderPlaced, followed).values())
    return bool(placed) and _worded(placed) == request.terms


def _worded(placed: Sequence[OrderPlaced]) -> ManualTerms:
    """The terms of the request, from the orders that it placed: the entry first, its protection after it."""
    first, *children = placed
    stop = next((child.trigger_price for child in children if child.purpose is Purpose.STOP), None)
    target = next((child.limit_price for child in children if child.purpose is Purpose.TARGET), None)
    return ManualTerms(
        instrument=first.instrument,
        side=first.side,
        type=first.type,
        quantity=first.quantity,
        limit_price=first.limit_price,
        trigger_price=first.trigger_price,
        reduce_only=first.reduce_only,
        stop=stop,
        target=target,
    )


def _amend(request: AmendOrder, followed: Sequence[Followed]) -> bool:
    for stream, found in first_of(OrderAmendRequested, followed).items():
        if parse(stream).id == request.order_id:
            recorded = (found.quantity, found.limit_price, found.trigger_price)
            return recorded == (request.quantity, request.limit_price, request.trigger_price)
    return False


def _cancel(request: CancelOrder, followed: Sequence[Followed]) -> bool:
    cancels = {parse(stream).id: event for stream, event in first_of(OrderCancelRequested, followed).items()}
    found = cancels.get(request.order_id)
    return found is not None and found.reason == request.reason


def _close(request: ClosePosition, followed: Sequence[Followed]) -> bool:
    placed = list(first_of(OrderPlaced, followed).values())
    if len(placed) != 1:
        return False
    one = placed[0]
    away = one.reduce_only and one.purpose is Purpose.MANUAL and one.type is OrderType.MARKET
    return away and f"{one.instrument}-" in request.position


def _move(request: MoveProtection, followed: Sequence[Followed]) -> bool:
    """Whether every recorded stop or target is a price of the request."""
    levels = {level for level in (request.stop, request.target) if level is not None}
    found = [
        level
        for one in followed
        if isinstance(one.event, OrderAmendRequested | OrderPlaced)
        for level in (one.event.limit_price, one.event.trigger_price)
        if level is not None
    ]
    kinds = {type(one.event) for one in followed}
    return kinds <= {OrderAmendRequested, OrderPlaced} and bool(found) and set(found) <= levels


def _paused(request: PauseStrategy, followed: Sequence[Followed]) -> bool:
    changed = only(SettingsChanged, followed)
    return changed is not None and (request.strategy in changed.settings.paused, changed.reason) == (
        True,
        request.reason,
    )


def _resumed(request: ResumeStrategy, followed: Sequence[Followed]) -> bool:
    changed = only(SettingsChanged, followed)
    return changed is not None and (request.strategy in changed.settings.paused, changed.reason) == (
        False,
        request.reason,
    )


def _adjusted(request: ChangeSettings, followed: Sequence[Followed]) -> bool:
    """Whether the recorded settings already contain the changes, for the same reason."""
    changed = only(SettingsChanged, followed)
    return (
        changed is not None
        and changed.reason == (request.reason or "")
        and adjusted(changed.settings, request.changes) == changed.settings
    )


def _tripped(request: TripKillSwitch, followed: Sequence[Followed]) -> bool:
    tripped = only(KillSwitchTripped, followed)
    return tripped is not None and tripped.reason == request.reason


def _reset(request: ResetKillSwitch, followed: Sequence[Followed]) -> bool:
    found = only(KillSwitchReset, followed)
    return found is not None and found.reason == request.reason


def _settled(request: ResolveDiscrepancy, followed: Sequence[Followed]) -> bool:
    return only(DiscrepancyResolved, followed) == DiscrepancyResolved(
        request.discrepancy_id, request.resolution
    )


SAME: Mapping[type, Callable[[Any, Sequence[Followed]], bool]] = {
    RaiseSignal: _signal,
    PlaceOrder: _place,
    AmendOrder: _amend,
    CancelOrder: _cancel,
    ClosePosition: _close,
    MoveProtection: _move,
    PauseStrategy: _paused,
    ResumeStrategy: _resumed,
    ChangeSettings: _adjusted,
    TripKillSwitch: _tripped,
    ResetKillSwitch: _reset,
    ResolveDiscrepancy: _settled,
}
"""The comparison for a log without fingerprints, by request; a test names the newer requests, which have none."""
