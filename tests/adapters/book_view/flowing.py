"""A feed of books whose messages a test gives, and seeded flow with planted manipulation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.depth import Depth, PublicTrade
from domain.book.sweep import Sweep
from domain.direction import Side
from tests.domain.book.flow import NAME, Flow, Message, Spoofer

AT = datetime(2024, 8, 9, tzinfo=UTC)


class GivenFeed:
    """See `BookFeed`: it returns what `give` was given last; `lose` begins a gap."""

    def __init__(self, instrument: str = NAME) -> None:
        self.instrument, self.calls = instrument, list[str]()
        self._depth: Depth | None = None
        self._trades = list[PublicTrade]()
        self._fault, self._gaps = "the book is AWAITED", 0

    def give(self, message: Message) -> None:
        if isinstance(message, Depth):
            self._depth, self._fault = message, ""
        else:
            self._trades.append(message)

    def lose(self, why: str) -> None:
        self._depth, self._fault, self._gaps = None, why, self._gaps + 1

    def start(self) -> None:
        self.calls.append("start")

    def close(self) -> None:
        self.calls.append("close")

    def depth(self, instrument: str, count: int) -> Depth | None:
        assert (instrument, count) == (self.instrument, 200)
        return self._depth

    def sweep(self, instrument: str, side: Side, size: Decimal) -> Sweep | None:
        raise AssertionError((instrument, side, size))

    def trades(self) -> Sequence[PublicTrade]:
        found, self._trades = self._trades, []
        return found

    def unread(self) -> Sequence[Unread]:
        return ()

    def states(self) -> Sequence[FeedState]:
        return [
            FeedState(
                instrument=self.instrument,
                is_live=not self._fault,
                heard_at=AT if self._depth is not None or self._gaps else None,
                dropped=0,
                fault=self._fault,
                gaps=self._gaps,
            )
        ]


def manipulated(seed: int = 1, count: int = 3_000) -> Sequence[Message]:
    """Messages of a market in which walls are placed and withdrawn in episodes."""
    flow = Flow(seed, levels=100, step_ms=100.0, spoofer=Spoofer(every_ms=60_000, multiple=20.0))
    return list(flow.messages(count))
