"""What an account holds, as lines for people: positions with their protection, waiting entries, and open questions."""

from __future__ import annotations

from collections.abc import Iterator

from commands.flatness import left_over
from commands.in_flight import orders_in_flight
from domain.closing import Closing
from domain.portfolio import OpenPosition, Portfolio
from projections.sentences import plain

NOTHING = "nothing is held: no position and no entry"


def is_held(portfolio: Portfolio) -> bool:
    """Whether there is a position, or an entry that may still fill."""
    return bool(portfolio.positions or portfolio.entries)


def held(portfolio: Portfolio) -> Iterator[str]:
    """A line for each position, each entry that may still fill, each stop or target without a position, and each order
    whose outcome is not known."""
    if not is_held(portfolio):
        yield NOTHING
    for name, position in sorted(portfolio.positions.items()):
        yield _position(name, position)
    for order_id, entry in portfolio.entries.items():
        yield f"entry {order_id} waits in {entry.instrument}: {entry.order.status}"
    for order_id in left_over(portfolio):
        terms = portfolio.exits[order_id].terms
        yield (
            f"{terms.purpose.lower()} {order_id} rests in {terms.instrument} without a position: it is cancelled "
            "once the exchange states no position"
        )
    flying = sorted(set(orders_in_flight(portfolio)))
    if flying:
        yield f"not settled: {', '.join(flying)}; queries find their outcome out, also after a restart"
    if unresolved := sorted(portfolio.discrepancies.unresolved):
        yield f"discrepancies that a person has to resolve: {', '.join(unresolved)}"


def _position(name: str, position: OpenPosition) -> str:
    state = position.state
    stop = "NO STOP" if state.stop is None else f"stop {plain(state.stop)}"
    target = "" if state.target is None else f", target {plain(state.target)}"
    closing = "" if state.closing is None else f", {_closing(state.closing)}"
    return f"position {name} {state.direction} {plain(state.quantity)}, {stop}{target}{closing}"


def _closing(closing: Closing) -> str:
    begun = f"being closed ({closing.reason}), attempt {closing.attempts}"
    return (
        f"{begun} failed, next at {closing.retry_at:%H:%M:%S} UTC"
        if closing.retry_at
        else f"{begun} is under way"
    )
