"""Handles, at start, the positions and entries of strategies that are no longer configured (orphans)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from commands.order import CancelOrder
from commands.position import ReportOrphan
from commands.routes import Command
from commands.way_out import begin_close, remaining, resting
from domain.closing import CloseReason
from domain.order import OrderStatus
from domain.orphans import Orphans, orphans
from domain.portfolio import Portfolio
from domain.settings import OrphanRule


class _Start(Struct, frozen=True, kw_only=True):
    portfolio: Portfolio
    found: Orphans
    chain: str


def settle_orphans(portfolio: Portfolio, *, chain: str) -> Sequence[Command]:
    """The commands that follow from the setting `orphans.rule`: each orphan is reported, closed or handed over.

    `chain` is the chain that this start begins; the ids of its orders are derived from it. Nothing follows without
    orphans. While an orphan is being closed, only its report is repeated.
    """
    settings = portfolio.settings.settings
    found = orphans(portfolio, settings)
    start = _Start(portfolio=portfolio, found=found, chain=chain)
    heir = settings.orphans.to if settings.orphans.rule is OrphanRule.HAND_OVER else ""
    reports = (ReportOrphan(held.stream, held.owner, heir) for held in found.positions)
    return [*reports, *_FOLLOWS[settings.orphans.rule](start)]


def _nothing(_start: _Start) -> Iterator[Command]:
    yield from ()


def _cancelled(start: _Start) -> Iterator[Command]:
    """Cancels the waiting entries of orphans, which would open further orphans."""
    for order_id, entry in start.found.entries.items():
        if entry.order.status not in (OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED):
            yield CancelOrder(order_id, "ORPHANED")


def _closed(start: _Start) -> Iterator[Command]:
    yield from _cancelled(start)
    for number, held in enumerate(start.found.positions, start=1):
        if held.state.closing is None and remaining(held, start.portfolio) > 0:
            yield from resting(held, start.portfolio)
            yield begin_close(held, CloseReason.ORPHANED, start.chain, f"{start.chain}-o{number}x")


_FOLLOWS: Mapping[OrphanRule, Callable[[_Start], Iterator[Command]]] = {
    OrphanRule.ALERT: _nothing,
    OrphanRule.CLOSE: _closed,
    OrphanRule.HAND_OVER: _cancelled,
}
"""The commands that each rule adds to the report of every orphan."""
