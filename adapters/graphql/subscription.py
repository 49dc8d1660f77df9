"""The subscriptions, over the websocket protocol `graphql-transport-ws`.

A subscription begins after a given ordinal, or with the next event, and sends every later event exactly once. If a
client reads too slowly, its subscription ends with the error TOO_SLOW. After any end a client may subscribe again after
the last ordinal that it received.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from adapters.graphql.book import Book, followed_book
from adapters.graphql.candle import Candle, followed_candles
from adapters.graphql.context import Info
from adapters.graphql.enums import register_enum
from adapters.graphql.permission import requires
from adapters.graphql.scalars import Ordinal
from adapters.graphql.subscription_filter import EventsFilter, Wanted, of_account
from adapters.graphql.subscription_messages import (
    AlertRaised,
    LoggedEvent,
    Messages,
    PositionChange,
    PriceSeen,
    SignalChange,
)
from adapters.live import Live
from adapters.live.folded import Folded, fold, fresh
from commands.roles import Role
from domain.errors import InvalidInput, Refused
from domain.log import Recorded
from projections.alerts import ALERTS
from projections.positions import WITHOUT_OWNERS
from projections.projection import Projection, Row
from projections.severity import Severity
from projections.signals import SIGNALS

register_enum(Severity)

_MOST_INSTRUMENTS = 100
_MESSAGES = Messages()

After = Annotated[
    Ordinal | None,
    strawberry.argument(
        description="Begin with the events after this ordinal; by default with the next event."
    ),
]
Account = Annotated[str | None, strawberry.argument(description="The account; any account by default.")]
Instruments = Annotated[list[str] | None, strawberry.argument(description="The instruments; all by default.")]


@strawberry.type(description="Subscriptions to the log and to prices.")
class Subscription:
    @strawberry.subscription(description="Events as they are recorded.", extensions=[requires(Role.VIEWER)])
    async def events(
        self, info: Info, where: EventsFilter | None = None, after: After = None
    ) -> AsyncGenerator[LoggedEvent]:
        wanted = (where or EventsFilter()).wanted()
        async with aclosing(_events(info, wanted, after)) as events:
            async for recorded in events:
                yield _MESSAGES.of(recorded)

    @strawberry.subscription(
        description="Positions as of each of their events.", extensions=[requires(Role.VIEWER)]
    )
    async def positions(
        self, info: Info, account: Account = None, after: After = None
    ) -> AsyncGenerator[PositionChange]:
        async with aclosing(_rows(info, WITHOUT_OWNERS, account, after)) as rows:
            async for recorded, row in rows:
                yield PositionChange.of(recorded, row)

    @strawberry.subscription(
        description="Signals as they are detected and decided.", extensions=[requires(Role.VIEWER)]
    )
    async def signals(
        self, info: Info, account: Account = None, after: After = None
    ) -> AsyncGenerator[SignalChange]:
        async with aclosing(_rows(info, SIGNALS, account, after)) as rows:
            async for recorded, row in rows:
                yield SignalChange.of(recorded, row)

    @strawberry.subscription(
        description="Events that a person should be notified of.", extensions=[requires(Role.VIEWER)]
    )
    async def alerts(
        self, info: Info, account: Account = None, after: After = None
    ) -> AsyncGenerator[AlertRaised]:
        async with aclosing(_events(info, of_account(account), after)) as events:
            async for recorded in events:
                row = fold(ALERTS, fresh(ALERTS), recorded)
                if row is not None:
                    yield AlertRaised.of(row)

    @strawberry.subscription(
        description="The last price of each instrument, then every new price. A slow client receives only the newest.",
        extensions=[requires(Role.VIEWER)],
    )
    async def prices(self, info: Info, instruments: Instruments = None) -> AsyncGenerator[PriceSeen]:
        seen = _live(info).prices
        if seen is None:
            raise Refused(
                "no engine runs in this process, so it receives no prices; use the API of an engine"
            )
        if instruments is not None and not 0 < len(instruments) <= _MOST_INSTRUMENTS:
            raise InvalidInput(f"name 1 to {_MOST_INSTRUMENTS} instruments, or leave them out for all")
        async with aclosing(seen.subscribe(instruments or ())) as prices:
            async for price in prices:
                yield PriceSeen.of(price)

    @strawberry.subscription(
        description="Candles as they close, within two seconds. One that is built from finer candles is also sent "
        "while it forms. Query `candles` for those before.",
        extensions=[requires(Role.VIEWER)],
    )
    async def candles(
        self,
        info: Info,
        instrument: Annotated[str, strawberry.argument(description="The instrument.")],
        interval: Annotated[str, strawberry.argument(description="The interval, as in `5m`, `4h` or `1d`.")],
    ) -> AsyncGenerator[Candle]:
        async with aclosing(followed_candles(info, instrument, interval)) as candles:
            async for candle in candles:
                yield candle

    @strawberry.subscription(
        description="An exchange's order book where it has changed, five times a second at most.",
        extensions=[requires(Role.VIEWER)],
    )
    async def book(
        self,
        info: Info,
        instrument: Annotated[str, strawberry.argument(description="The instrument.")],
        levels: Annotated[int, strawberry.argument(description="The levels of each side, 1 to 200.")] = 20,
    ) -> AsyncGenerator[Book]:
        async with aclosing(followed_book(info, instrument, levels)) as books:
            async for book in books:
                yield book


async def _events(info: Info, wanted: Wanted, after: Ordinal | None) -> AsyncGenerator[Recorded]:
    async with aclosing(_live(info).tail.subscribe(after)) as events:
        async for recorded in events:
            if wanted(recorded):
                yield recorded


async def _rows(
    info: Info, projection: Projection, account: str | None, after: Ordinal | None
) -> AsyncGenerator[tuple[Recorded, Row]]:
    folded = Folded(projection, _live(info).tail.stream)
    async with aclosing(_events(info, of_account(account), after)) as events:
        async for recorded in events:
            row = await folded.after(recorded)
            if row is not None:
                yield recorded, row


def _live(info: Info) -> Live:
    live = info.context.served.live
    if live is None:
        raise Refused("this process follows no log, so it offers no subscriptions")
    return live
