"""Stray orders: orders of this log that reduce a position which the exchange does not have.

A person who closes or flips a position at the exchange, while `reconciliation.external_positions` is REPORT, leaves the
position open in the log and its stop and target working where they are orders of their own. They are this log's orders,
so that this log ends them, whatever the settings permit of others' orders. An order that reduces what the exchange does
hold is kept: it may be all that bounds the loss there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from commands.order import CancelOrder
from commands.reconciliation import subject_of
from commands.stimulus import Stimulus, asks_of_engine
from domain.direction import Direction, exit_side
from domain.errors import Refused
from domain.order import RESTING
from domain.portfolio import OpenPosition, Portfolio, WorkingEntry
from domain.reconciliation import Discrepancies
from domain.reconciliation.differences import (
    Difference,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)

WAYS_OUT = (
    "permit the adoption of the trades that closed it (reconciliation.external_positions = ADOPT), open the same "
    "position at the exchange again, or, where nothing is held there, state the price at which it was closed "
    "(resolveDiscrepancy with closedAt)"
)
"""What a person can do about a position of the log that the exchange does not have."""
POSITION_GONE = "POSITION_GONE"
"""The reason of the cancels: the exchange states no position that the order could reduce."""
GONE = (PositionUnknownToThem, PositionSideDiffers)
"""The kinds of difference that state that the exchange does not have our position."""


def stray(portfolio: Portfolio, standing: Sequence[Difference], until: datetime) -> Sequence[str]:
    """The ids of the stray orders, entries first.

    `standing` are the differences that two comparisons in a row have found. Of a position that was opened after `until`
    (UTC) none is stray, because the exchange's lists may not show it yet. The rest of an entry is stray where it has
    filled into the position that is gone; its legs follow once it has ended.
    """
    young = {name for name, held in portfolio.positions.items() if held.opened_at > until}
    there = {name: held for name, held in _directions(standing) if name not in young}
    return [*_entries(portfolio, there), *_exits(portfolio, there)]


def cancels(order_ids: Sequence[str], at: datetime) -> Stimulus:
    """The input that requests the cancel of these orders at `at` (UTC)."""
    return Stimulus(at, asks_of_engine([CancelOrder(one, POSITION_GONE) for one in order_ids], at))


def gone_by(discrepancies: Discrepancies, instrument: str) -> str:
    """The id of the unresolved discrepancy that states that the exchange does not have our position in the instrument;
    empty where there is none.
    """
    found = (one for one in discrepancies.unresolved if gone_instrument(one) == instrument)
    return min(found, default="")


def is_gone(discrepancies: Discrepancies, instrument: str) -> bool:
    """Whether an unresolved discrepancy states that the exchange does not have our position in the instrument."""
    return bool(gone_by(discrepancies, instrument))


def check_not_gone(held: OpenPosition, discrepancies: Discrepancies) -> None:
    """Raises Refused where the exchange is known not to have the position: no order for it can be of use there."""
    if discrepancy := gone_by(discrepancies, held.state.instrument):
        raise Refused(f"the exchange does not have {held.id} ({discrepancy}): {WAYS_OUT}")


def is_of_gone(discrepancy_id: str) -> bool:
    """Whether the discrepancy states that the exchange does not have our position."""
    return gone_instrument(discrepancy_id) is not None


def gone_instrument(discrepancy_id: str) -> str | None:
    """The instrument of the position that, as the discrepancy states, the exchange does not have; else None."""
    return subject_of(discrepancy_id, *GONE)


def _directions(standing: Sequence[Difference]) -> Iterator[tuple[str, Direction | None]]:
    """The direction of the exchange's position by instrument, None for flat, where it is not that of the log."""
    for one in standing:
        match one:
            case PositionUnknownToThem():
                yield one.subject, None
            case PositionSideDiffers() | PositionUnknownToUs():
                yield one.subject, one.theirs.direction
            case _:
                pass


def _entries(portfolio: Portfolio, there: Mapping[str, Direction | None]) -> Iterator[str]:
    for order_id, entry in portfolio.entries.items():
        if entry.instrument in there and entry.order.status in RESTING and _has_filled(portfolio, entry):
            yield order_id


def _has_filled(portfolio: Portfolio, entry: WorkingEntry) -> bool:
    """Whether a part of the entry is in the log's open position."""
    held = portfolio.positions.get(entry.instrument)
    return held is not None and held.state.direction is entry.direction and bool(entry.order.filled)


def _exits(portfolio: Portfolio, there: Mapping[str, Direction | None]) -> Iterator[str]:
    for order_id, exit_ in portfolio.exits.items():
        terms = exit_.terms
        if terms.instrument not in there or exit_.status not in RESTING or terms.parent in portfolio.entries:
            continue
        held = there[terms.instrument]
        if held is None or terms.side is not exit_side(held):
            yield order_id
