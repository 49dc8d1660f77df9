"""Live order books: levels, figures, trades, walls and suspicions. They are no events, and have no past."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from adapters.book_view.seen import BookSeen, WallSeen
from adapters.book_view.shared import SharedBooks
from adapters.book_view.watched import MOST_LEVELS, decimal
from adapters.graphql.context import Info
from adapters.graphql.enums import register_enum
from adapters.graphql.manipulation import WithdrawnWall
from adapters.milliseconds import at_ms
from domain import manipulation
from domain.book.analysis.figure import Figure
from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.table import FIGURES
from domain.book.depth import PublicTrade
from domain.book.suspected import suspected
from domain.direction import Side
from domain.errors import InvalidInput, Refused
from domain.manipulation import BookSide, ManipulationKind
from domain.market import Level

_PAUSE_SECONDS = 0.2
"""Between two looks of a subscription: five a second."""
_QUIET_LOOKS = 5
"""A book that does not change is sent after so many looks, for its age."""
_FIRST_SECONDS = 8.0
"""How long a query waits for the first levels."""

register_enum(Side)
register_enum(BookSide)

_PLACES = {one.feature.name: number for number, one in enumerate(FIGURES)}
Names = Annotated[
    list[str] | None, strawberry.argument(description="The names of the figures; all of them by default.")
]


@strawberry.type(description="A price of a book and its size.")
class BookLevel:
    price: Decimal = strawberry.field(description="In quote currency.")
    size: Decimal = strawberry.field(description="In base currency.")


@strawberry.type(description="A figure of a book; docs/book-analysis.md has all of them.")
class BookFigure:
    name: str = strawberry.field(description="Its name, as in `imbalance_5`.")
    value: float | None = strawberry.field(description="Its value; null where it is missing.")
    units: str = strawberry.field(description="Its unit, as in `bps`; empty where it has none.")
    formula: str = strawberry.field(description="How it is computed.")
    missing: str = strawberry.field(description="When it is missing.")


@strawberry.type(description="A level that is much larger than the usual size of its side.")
class BookWall:
    side: BookSide = strawberry.field(description="The side of the book.")
    price: Decimal = strawberry.field(description="In quote currency.")
    size: Decimal = strawberry.field(description="In base currency.")
    strength: float = strawberry.field(
        description="Its multiple of the usual size, once more for each return of the best price."
    )
    seconds: float = strawberry.field(description="How long it has stood.")


@strawberry.type(description="A public trade.")
class BookTrade:
    id: strawberry.ID = strawberry.field(description="The exchange's id of the trade.")
    side: Side = strawberry.field(description="The side of the taker.")
    price: Decimal = strawberry.field(description="In quote currency.")
    size: Decimal = strawberry.field(description="In base currency.")
    at: datetime = strawberry.field(description="When it was matched, by the exchange's clock.")


@strawberry.type(
    description="A suspicion of manipulation in this live book. Those that the engine recorded are in `manipulations`."
)
class BookSuspicion:
    episode: strawberry.ID = strawberry.field(description="The id of the episode.")
    kind: ManipulationKind = strawberry.field(description="What is suspected.")
    side: BookSide = strawberry.field(description="The side of the withdrawn walls.")
    score: float = strawberry.field(description="0 to 1, at or above the limit of its kind.")
    lowest: Decimal = strawberry.field(description="The lowest price of the walls, in quote currency.")
    highest: Decimal = strawberry.field(description="The highest price of the walls, in quote currency.")
    first_at: datetime = strawberry.field(description="When the first wall was placed.")
    at: datetime = strawberry.field(description="When the last wall was withdrawn.")
    walls: list[WithdrawnWall] = strawberry.field(
        description="The evidence, in order of withdrawal; the latest 50 walls at most."
    )


@strawberry.type(description="An order book as it is now. Levels and walls are nearest first.")
class Book:
    values: strawberry.Private[tuple[float | None, ...]]
    instrument: str = strawberry.field(description="The instrument.")
    read_at: datetime = strawberry.field(description="When it was read, by this machine's clock.")
    is_known: bool = strawberry.field(
        description="Whether it is the exchange's own book. If not, it has neither levels, figures nor walls."
    )
    why: str = strawberry.field(description="Why it is not known; empty where it is.")
    age: float | None = strawberry.field(
        description="Seconds since the last message of the instrument; null before the first."
    )
    gaps: int = strawberry.field(description="The gaps since the feed was opened.")
    matched_at: datetime | None = strawberry.field(
        description="The matching engine's time of the levels; null where the book is not known."
    )
    update_id: str = strawberry.field(description="The exchange's number of the last update; 0 for none.")
    bids: list[BookLevel] = strawberry.field(description="The best bids.")
    asks: list[BookLevel] = strawberry.field(description="The best asks.")
    walls: list[BookWall] = strawberry.field(description="The walls that stand, of each side nearest first.")
    trades: list[BookTrade] = strawberry.field(description="The last trades, 50 at most, the latest first.")
    suspicions: list[BookSuspicion] = strawberry.field(
        description="The last suspicions since the feed was opened, 20 at most, the latest first."
    )

    @strawberry.field(description="Figures of the book, in the order of the names.")
    def figures(self, names: Names = None) -> list[BookFigure]:
        return [self._figure(FIGURES[_place(name)]) for name in (_PLACES if names is None else names)]

    def _figure(self, one: Figure) -> BookFigure:
        feature = one.feature
        value = self.values[_PLACES[feature.name]] if self.values else None
        return BookFigure(
            name=feature.name,
            value=value,
            units=feature.units,
            formula=feature.formula,
            missing=one.missing,
        )


async def book_of(info: Info, instrument: str, levels: int) -> Book:
    """The book now; its feed is opened where it is not, and its first levels are awaited for some seconds.

    Raises InvalidInput for an instrument or a number of levels that no book has, Refused where this API shows none.
    """
    with ExitStack() as held:
        seen = await _looked_at(info, instrument, levels, held)
        for _ in range(int(_FIRST_SECONDS / _PAUSE_SECONDS)):
            if (found := seen(levels)).is_known:
                return _book(found)
            await asyncio.sleep(_PAUSE_SECONDS)
        return _book(seen(levels))


async def followed_book(info: Info, instrument: str, levels: int) -> AsyncGenerator[Book]:
    """The book where it has changed, five times a second at most; raises what `book_of` raises."""
    with ExitStack() as held:
        seen = await _looked_at(info, instrument, levels, held)
        before, looks = None, 0
        while True:
            found, looks = seen(levels), looks + 1
            if before is None or looks >= _QUIET_LOOKS or _has_changed(before, found):
                yield _book(found)
                before, looks = found, 0
            await asyncio.sleep(_PAUSE_SECONDS)


async def _looked_at(info: Info, instrument: str, levels: int, held: ExitStack) -> Callable[[int], BookSeen]:
    """Opens the book in a thread, because a feed may need a moment to start."""
    if not 0 < levels <= MOST_LEVELS:
        raise InvalidInput(f"a side of a book has 1 to {MOST_LEVELS} levels; {levels} were requested")
    books = _books(info)
    return await info.context.served.readers.run(lambda: held.enter_context(books.looking(instrument)))


def _books(info: Info) -> SharedBooks:
    books = info.context.served.books
    if books is None:
        raise Refused(
            "this API shows no live books: put `shown = true` into the table [book_view] of its settings, and start it "
            "again"
        )
    return books


def _has_changed(before: BookSeen, now: BookSeen) -> bool:
    return (
        before.update_id != now.update_id
        or before.is_known != now.is_known
        or before.why != now.why
        or before.trades != now.trades
        or len(before.suspicions) != len(now.suspicions)
    )


def _place(name: str) -> int:
    if name not in _PLACES:
        raise InvalidInput(f"a book has no figure {name[:40]!r}; docs/book-analysis.md lists all of them")
    return _PLACES[name]


def _book(seen: BookSeen) -> Book:
    return Book(
        values=seen.values,
        instrument=seen.instrument,
        read_at=seen.read_at,
        is_known=seen.is_known,
        why=seen.why,
        age=seen.age,
        gaps=seen.gaps,
        matched_at=seen.matched_at,
        update_id=str(seen.update_id),
        bids=[_level(one) for one in seen.bids],
        asks=[_level(one) for one in seen.asks],
        walls=[_wall(one) for one in seen.walls],
        trades=[_trade(one) for one in seen.trades],
        suspicions=[_suspicion(seen, one) for one in seen.suspicions],
    )


def _level(one: Level) -> BookLevel:
    return BookLevel(price=one.price, size=one.size)


def _wall(one: WallSeen) -> BookWall:
    return BookWall(
        side=BookSide(one.way.value),
        price=one.price,
        size=one.size,
        strength=one.strength,
        seconds=one.seconds,
    )


def _trade(one: PublicTrade) -> BookTrade:
    return BookTrade(
        id=strawberry.ID(one.id),
        side=Side.BUY if one.is_buy else Side.SELL,
        price=decimal(one.price),
        size=decimal(one.size),
        at=at_ms(one.matched_ms),
    )


def _suspicion(seen: BookSeen, one: Suspicion) -> BookSuspicion:
    event = suspected(seen.instrument, one, seen.update_id)
    return BookSuspicion(
        episode=strawberry.ID(event.episode),
        kind=event.kind,
        side=event.side,
        score=event.score,
        lowest=event.lowest,
        highest=event.highest,
        first_at=event.first_at,
        at=event.last_at,
        walls=[_withdrawn(wall) for wall in event.walls],
    )


def _withdrawn(one: manipulation.WithdrawnWall) -> WithdrawnWall:
    return WithdrawnWall(
        price=one.price,
        size=one.size,
        multiple=one.multiple,
        distance=one.distance,
        placed_at=one.placed_at,
        withdrawn_at=one.withdrawn_at,
        away=one.away,
        score=one.score,
    )
