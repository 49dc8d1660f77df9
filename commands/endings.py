"""Endings: which recorded differences are over, because two comparisons in a row have not found them.

A list of the exchange may be late, so that one comparison proves nothing. What is recorded as over is a new difference
where it is found again, also by a later process: the same amount may be missing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from commands.reconciliation import subject_of, unnumbered
from commands.stray_orders import GONE, is_of_gone
from commands.unseen_orders import unseen_order
from domain.reconciliation import Discrepancies
from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    BalanceDiffers,
    Difference,
    InstrumentUnknownToThem,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionUnknownToUs,
    TradingTermsDiffer,
)

NOT_FOUND = "two comparisons in a row have not found it any more"
_REPEATED: tuple[type[Difference], ...] = (
    BalanceDiffers,
    InstrumentUnknownToThem,
    PositionQuantityDiffers,
    PositionUnknownToUs,
    *GONE,
)
"""The kinds of which a second one may be as the first: those of amounts. An order and an execution exist once."""
_BY_THEMSELVES: tuple[type[Difference], ...] = (
    BalanceDiffers,
    InstrumentUnknownToThem,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionUnknownToUs,
)
"""The kinds that end without a person: nothing is left to explain, or a difference of another id states it."""
RESOLVED_BY_COMPARISONS: tuple[type[Difference], ...] = (
    AcceptedOrderNotFound,
    TradingTermsDiffer,
    *GONE,
    *_BY_THEMSELVES,
)
"""All kinds that a comparison resolves where they are over; see `commands/reconciling.py`."""


def ends_with_resolution(discrepancy_id: str) -> bool:
    """Whether nobody can accept the difference: a position, or an accepted order, that the exchange does not have."""
    return is_of_gone(discrepancy_id) or unseen_order(discrepancy_id) is not None


def resolved_alone(state: Discrepancies, seen: Collection[str]) -> Sequence[str]:
    """The unresolved discrepancies that nobody has to resolve. `seen` are the ids of the differences of this comparison
    and of the one before it.
    """
    return _unseen(state.unresolved, _BY_THEMSELVES, seen)


def ended(state: Discrepancies, seen: Collection[str]) -> Sequence[str]:
    """The resolved discrepancies that are over, and not recorded as such; see `resolved_alone`."""
    return _unseen(state.accepted, _REPEATED, seen)


def _unseen(
    names: Collection[str], kinds: Sequence[type[Difference]], seen: Collection[str]
) -> Sequence[str]:
    """Those of one of the kinds that were not seen, in order."""
    return sorted(
        name for name in names if unnumbered(name) not in seen and subject_of(name, *kinds) is not None
    )
