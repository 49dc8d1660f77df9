"""The rows of `whence reconcile` while the log holds a position that was closed at the exchange.

One close leads to several discrepancies. docs/live.md has the order in which they are resolved, and why nothing is left
to cancel or to close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from commands.by_a_person import Steps
from commands.exchange import Filled
from domain.direction import exit_side
from domain.reconciliation.differences import (
    BalanceDiffers,
    ExecutionOfUnknownOrder,
    PositionUnknownToThem,
    unknown_trade,
)
from domain.reconciliation.discrepancy_id import REPORTED
from domain.reconciliation.statement import StatedPosition

Row = Mapping[str, str]


def steps_of_close(row: Row, gone: Sequence[StatedPosition]) -> str:
    """What a person does about this row, where it may be part of the close of one of `gone`; empty where it is not."""
    steps = _STEPS.get(row["kind"])
    return "" if steps is None or not gone else steps(row, gone)


def place_of_close(row: Row) -> int:
    """The place of the row among the steps of the close; those that are no part of it come last."""
    return _PLACES.index(row["kind"]) if row["kind"] in _PLACES else len(_PLACES)


def _execution(row: Row, gone: Sequence[StatedPosition]) -> str:
    trade = unknown_trade(row["found"])
    closed = [
        one
        for one in gone
        if trade is not None and (trade.instrument, trade.side) == (one.instrument, exit_side(one.direction))
    ]
    return _part_of(closed) if closed else ""


def _report(row: Row, gone: Sequence[StatedPosition]) -> str:
    return _part_of(gone) if row["found"] == _FILLED else ""


def _part_of(gone: Sequence[StatedPosition]) -> str:
    named = " or ".join(f"{one.direction} {one.quantity} {one.instrument}" for one in gone)
    first = f"nothing, where this is the close of {named}"
    return str(Steps(first, f"resolve, after the {PositionUnknownToThem.__name__}"))


def _balance(_row: Row, _gone: Sequence[StatedPosition]) -> str:
    first = f"resolve the {PositionUnknownToThem.__name__} with `closedAt`"
    return str(Steps(first, "nothing: two comparisons that do not find this amount any more resolve it"))


_FILLED = f"{Filled.__name__} of something this log does not know"
_STEPS: Mapping[str, Callable[[Row, Sequence[StatedPosition]], str]] = {
    ExecutionOfUnknownOrder.__name__: _execution,
    REPORTED: _report,
    BalanceDiffers.__name__: _balance,
}
_PLACES = (
    PositionUnknownToThem.__name__,
    ExecutionOfUnknownOrder.__name__,
    REPORTED,
    BalanceDiffers.__name__,
)
