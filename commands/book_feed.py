"""The port to order books at exchange speed. They stay outside the engine and its tape; others read them when they
need."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.depth import Depth, PublicTrade
from domain.book.sweep import Sweep
from domain.direction import Side


class BookFeed(Protocol):
    """Books and public trades of the instruments for which the feed was made.

    Calls may come from any thread. A book that has a gap or is stale is never returned.
    """

    def start(self) -> None:
        """Begins to receive; returns at once."""
        ...

    def close(self) -> None:
        """Ends the connections and threads."""
        ...

    def depth(self, instrument: str, count: int) -> Depth | None:
        """The best `count` levels of both sides now; None where the book is not known, has a gap, or is stale."""
        ...

    def sweep(self, instrument: str, side: Side, size: Decimal) -> Sweep | None:
        """What a market order of `size` in base currency would take now; None as for `depth`."""
        ...

    def trades(self) -> Sequence[PublicTrade]:
        """The trades since the last call, by instrument in order of receipt; the oldest go where nobody takes
        them."""
        ...

    def unread(self) -> Sequence[Unread]:
        """The messages since the last call that could not be understood."""
        ...

    def states(self) -> Sequence[FeedState]:
        """The state of each book, in order of instrument. `gaps` and `refused` are those of the book."""
        ...
