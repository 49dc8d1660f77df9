"""What an account holds, as lines for people: positions with their protection, waiting entries, and open questions."""

from __future__ import annotations

from collections.abc import Iterator

from commands.in_flight import orders_in_flight
from domain.portfolio import OpenPosition, Portfolio
from projections.sentences import plain

NOTHING = "nothing is held: no position and no entry"


def held(portfolio: Portfolio) -> Iterator[str]:
    """A line for each position, each entry that may still fill, and each order whose outcome is not known."""
    if not portfolio.positions and not portfolio.entries:
        yield NOTHING
    for name, position in sorted(portfolio.positions.items()):
        yield _position(name, position)
    for order_id, entry in portfolio.entries.items():
        yield f"entry {order_id} waits in {entry.instrument}: {entry.order.status}"
    flying = sorted(set(orders_in_flight(portfolio)))
    if flying:
        yield f"not settled: {', '.join(flying)}; the next start finds their outcome out"
    if unresolved := sorted(portfolio.discrepancies.unresolved):
        yield f"discrepancies that a person has to resolve: {', '.join(unresolved)}"


def _position(name: str, position: OpenPosition) -> str:
    state = position.state
    stop = "NO STOP" if state.stop is None else f"stop {plain(state.stop)}"
    target = "" if state.target is None else f", target {plain(state.target)}"
    return f"position {name} {state.direction} {plain(state.quantity)}, {stop}{target}"
