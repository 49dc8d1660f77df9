"""What a recording lacks, as notes of the report of its backtest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from domain.plain_text import counted

if TYPE_CHECKING:
    from infra.run.backtest import Backtest

_LISTED = 10


def hole_notes(made: Backtest) -> Iterator[str]:
    """A sentence for each of the first times in which a recorded book was not known, and the number of all others."""
    from infra.run.book_backtest import BookBacktest

    if not isinstance(made, BookBacktest):
        return
    for one in made.holes[:_LISTED]:
        until = "the end" if one.until is None else _text(one.until)
        yield f"{one.instrument} has no order book from {_text(one.since)} to {until} UTC: {one.why}"
    if (more := len(made.holes) - _LISTED) > 0:
        yield f"{counted(more, 'more time')} without an order book"


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
