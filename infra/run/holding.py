"""What an account holds, as lines for people: positions with their protection, waiting entries, and open questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from commands.covering import covered, stops, targets, unconfirmed
from commands.endings import RESOLVED_BY_COMPARISONS
from commands.flatness import left_over
from commands.in_flight import orders_in_flight
from domain.closing import Closing
from domain.portfolio import OpenPosition, Portfolio
from domain.reconciliation.discrepancy_id import kind_of
from projections.sentences import plain

NOTHING = "nothing is held: no position and no entry"
_RESOLVED_BY_ENGINE = frozenset(kind.__name__ for kind in RESOLVED_BY_COMPARISONS)
NO_STOP = "no stop works at the exchange"


def is_held(portfolio: Portfolio) -> bool:
    """Whether there is a position, or an entry that may still fill."""
    return bool(portfolio.positions or portfolio.entries)


def held(portfolio: Portfolio) -> Iterator[str]:
    """A line for each position, each entry that may still fill, each stop or target without a position, and each order
    whose outcome is not known."""
    if not is_held(portfolio):
        yield NOTHING
    for name, position in sorted(portfolio.positions.items()):
        yield _position(name, position, portfolio)
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
    yield from _unresolved(sorted(portfolio.discrepancies.unresolved))


def _unresolved(names: Sequence[str]) -> Iterator[str]:
    """What a person sets right at the exchange is not always resolved by a person: a comparison may do it."""
    alone = [one for one in names if kind_of(one) in _RESOLVED_BY_ENGINE]
    by_kind = {
        "discrepancies that comparisons resolve once log and exchange agree": alone,
        "discrepancies that a person has to resolve": [one for one in names if one not in alone],
    }
    for what, found in by_kind.items():
        if found:
            yield f"{what}: {', '.join(found)}; `whence reconcile` states the steps"


def _position(name: str, held: OpenPosition, portfolio: Portfolio) -> str:
    state = held.state
    closing = "" if state.closing is None else f", {_closing(state.closing)}"
    protection = f"{_stop(held, portfolio)}{_target(held, portfolio)}"
    return f"position {name} {state.direction} {plain(state.quantity)}, {protection}{closing}"


def _stop(held: OpenPosition, portfolio: Portfolio) -> str:
    """What works at the exchange, not what the plan was."""
    prices = _prices(one.terms.trigger_price for one in stops(held, portfolio))
    size, quantity = covered(held, portfolio), held.state.quantity
    if size >= quantity:
        return f"stop {prices}"
    found = f"stop {prices} covers {plain(size)} of {plain(quantity)}" if size else NO_STOP
    sent = _prices(one.terms.trigger_price for one in unconfirmed(held, portfolio))
    return f"{found}; the exchange has not confirmed the stop {sent}" if sent else found


def _target(held: OpenPosition, portfolio: Portfolio) -> str:
    if held.state.target is None:
        return ""
    prices = _prices(one.terms.limit_price for one in targets(held, portfolio))
    return f", target {prices}" if prices else ", no target works at the exchange"


def _prices(found: Iterable[Decimal | None]) -> str:
    return " and ".join(dict.fromkeys(plain(one) for one in found if one is not None))


def _closing(closing: Closing) -> str:
    begun = f"being closed ({closing.reason}), attempt {closing.attempts}"
    return (
        f"{begun} failed, next at {closing.retry_at:%H:%M:%S} UTC"
        if closing.retry_at
        else f"{begun} is under way"
    )
