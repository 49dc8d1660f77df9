"""Endings: which recorded differences are over, because two comparisons in a row have not found them.

A list of the exchange may be late, so that one comparison proves nothing. What is recorded as over is a new difference
where it is found again, also by a later process: the same amount may be missing twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from commands.reconciliation import subject_of, unnumbered
from domain.reconciliation import Discrepancies
from domain.reconciliation.differences import (
    BalanceDiffers,
    Difference,
    InstrumentUnknownToThem,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)

NOT_FOUND = "two comparisons in a row have not found it any more"
_REPEATED: tuple[type[Difference], ...] = (
    BalanceDiffers,
    InstrumentUnknownToThem,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
)
"""The kinds of which a second one may be as the first: those of amounts. An order and an execution exist once."""
BY_THEMSELVES: tuple[type[Difference], ...] = (
    BalanceDiffers,
    InstrumentUnknownToThem,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionUnknownToUs,
)
"""The kinds that end without a person: nothing is left to explain, or a difference of another id states it."""


def resolved_alone(state: Discrepancies, found: Collection[str], before: Collection[str]) -> Iterator[str]:
    """The unresolved discrepancies that nobody has to resolve. `found` and `before` are the ids of the differences of
    this comparison and of the one before it.
    """
    for name in sorted(state.unresolved):
        if _is(name, BY_THEMSELVES) and not {unnumbered(name)} & {*found, *before}:
            yield name


def ended(state: Discrepancies, found: Collection[str], before: Collection[str]) -> Iterator[str]:
    """The resolved discrepancies that are over, and not recorded as such; see `resolved_alone`."""
    for name in sorted(state.known - state.unresolved - state.over):
        if _is(name, _REPEATED) and not {unnumbered(name)} & {*found, *before}:
            yield name


def _is(discrepancy_id: str, kinds: tuple[type[Difference], ...]) -> bool:
    return any(subject_of(discrepancy_id, kind) is not None for kind in kinds)
