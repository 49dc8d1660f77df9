"""The request that ends a route to another engine (`docs/venues.md`)."""

from __future__ import annotations

from collections.abc import Sequence

from commands import signal
from commands.request import EndRoute
from commands.requests.situation import Situation
from commands.routes import Command
from domain.errors import Refused
from domain.signal import Decided
from domain.streams import signal_stream


def end(request: EndRoute, situation: Situation, _chain: str) -> Sequence[Command]:
    """Ends the route; nothing follows where it is over already.

    Raises Refused for a chain that was not routed, and without the statement that nothing of it is held.
    """
    state = situation.world.state(signal_stream(situation.identity.account, request.route))
    if not isinstance(state, Decided) or state.routed is None:
        known = ", ".join(sorted(situation.portfolio.routes)) or "none"
        raise Refused(f"{request.route} is no route to another engine; open are: {known}")
    if state.has_open_route and not request.nothing_held:
        raise Refused(
            f"the route {request.route} may have been entered in {state.routed.instrument}: look at that account, "
            "close what is left there, and state that it holds nothing (nothingHeld)"
        )
    return [signal.EndRoute(request.route, request.reason)]
