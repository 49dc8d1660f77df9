"""Raises a routed EXIT again that the other engine has refused for its age alone (`docs/venues.md`).

A strategy may propose an exit once. Where the way to the other engine took longer than `risk.freshness_seconds` there,
that engine refuses it, and the position stays open. The exit is raised again here with the time of now, and a chain of
its own, because the other engine keeps its decision under the key of the first one.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from commands.identity import ENGINE, Identity
from commands.signal import RaiseSignal
from commands.stimulus import Ask
from commands.world import World
from domain.log import chain_id
from domain.routed import OpenRoute, RouteReported
from domain.signal import Decided
from domain.strategies import Intent
from domain.streams import signal_stream


def exit_again(
    route: OpenRoute, report: RouteReported, world: World, identity: Identity, cause: str, at: datetime
) -> tuple[Ask, ...]:
    """The exit as a signal that is raised at `at` (UTC), none or one; handle it together with the record of `report`.

    There is one where the exit was too old on its arrival, and the entry that it closes is still open. `cause` is that
    of the report. An entry in the opposite direction was routed as an exit, and is raised again as one: it opens
    nothing here.
    """
    routes = world.portfolio.routes.values()
    if not route.was_too_late(report, at) or not any(route.is_exit_of(one) for one in routes):
        return ()
    decided = world.state(signal_stream(identity.account, route.chain))
    assert isinstance(decided, Decided)
    signal = replace(
        decided.signal, intent=Intent.EXIT, candle_closed_at=at, grid=None, book=None, venue=None
    )
    chain = chain_id(identity.log_id, identity.account, f"exit again/{route.chain}")
    return (Ask(command=RaiseSignal(chain, signal), cause=cause, occurred_at=at, actor=ENGINE, chain=chain),)
