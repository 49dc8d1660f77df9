"""A suspicion of the analysis as the event that the engine records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.arithmetic import exactly
from domain.book.analysis.manipulation import Suspicion, Withdrawal
from domain.manipulation import BookSide, ManipulationKind, ManipulationSuspected, WithdrawnWall

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_WALLS = 50
"""The latest walls that an event has; one minute of layering may have hundreds."""


def suspected(instrument: str, suspicion: Suspicion, update_id: int) -> ManipulationSuspected:
    """The event of this suspicion, which the update `update_id` of the book completed.

    Its id is made of kind, side and the start of its first wall, so equal messages give equal ids.
    """
    walls = tuple(_wall(one) for one in suspicion.evidence[-_MOST_WALLS:])
    begun = min(one.born_ms for one in suspicion.evidence)
    return ManipulationSuspected(
        instrument=instrument,
        episode=f"{suspicion.kind}-{suspicion.way}-{begun}",
        kind=ManipulationKind(suspicion.kind.value),
        side=BookSide(suspicion.way.value),
        score=suspicion.score,
        lowest=min(one.price for one in walls),
        highest=max(one.price for one in walls),
        first_at=_at(begun),
        last_at=_at(suspicion.at),
        update_id=update_id,
        walls=walls,
    )


def _wall(one: Withdrawal) -> WithdrawnWall:
    return WithdrawnWall(
        price=exactly(one.price),
        size=exactly(one.size),
        multiple=one.multiple,
        distance=one.distance,
        placed_at=_at(one.born_ms),
        withdrawn_at=_at(one.at),
        away=one.away,
        score=one.score,
    )


def _at(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
