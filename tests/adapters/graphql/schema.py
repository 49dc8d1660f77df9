"""A small schema with every kind of field that the API handles: lists, pages, roles, errors, streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import strawberry
from sqlalchemy.exc import OperationalError
from strawberry.extensions import SchemaExtension
from strawberry.types import Info

from adapters.graphql.limits import Limits, limiting
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.permission import requires
from adapters.graphql.timing import Timed
from adapters.metrics.api import ApiMetrics
from commands.caller import Caller
from commands.roles import Role
from domain.errors import InvalidInput, LogOwned, Refused, StoreUnavailable

SECRET = "hunter2"  # noqa: S105  # must never appear in a response


@dataclass
class Context:
    """The context of resolvers."""

    caller: Caller
    arrived: float | None = None


FAULTS: dict[str, Exception] = {
    "BAD_INPUT": InvalidInput("the price has too many digits"),
    "REFUSED": Refused("the switch is tripped"),
    "LOG_OWNED": LogOwned("process 7 owns this log"),
    "UNAVAILABLE": StoreUnavailable("the store does not answer"),
    "LOST": OperationalError("SELECT 1", {}, Exception(f"password={SECRET}")),
    "INTERNAL": RuntimeError(f"the password is {SECRET}"),
}


@strawberry.type
class Trade:
    """A node with a list below it."""

    id: int

    @strawberry.field
    def fills(self) -> list[Trade]:
        return []

    @strawberry.field
    def next(self) -> Trade:
        return Trade(id=self.id + 1)


@strawberry.type
class TradeEdge:
    node: Trade


@strawberry.type
class TradeConnection:
    edges: list[TradeEdge]


@strawberry.type
class Query:
    @strawberry.field(extensions=[requires(Role.VIEWER)])
    def me(self, info: Info[Context, None]) -> str:
        return info.context.caller.name

    @strawberry.field(extensions=[requires(Role.VIEWER)])
    def trade(self) -> Trade:
        return Trade(id=1)

    @strawberry.field(extensions=[requires(Role.VIEWER)])
    def trades(self, first: int = 50) -> TradeConnection:
        return TradeConnection(edges=[TradeEdge(node=Trade(id=n)) for n in range(first)])

    @strawberry.field(extensions=[requires(Role.VIEWER)])
    def fails(self, how: str) -> str:
        raise FAULTS[how]

    @strawberry.field(extensions=[requires(Role.VIEWER)])
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation(extensions=[requires(Role.TRADER)])
    def place(self, info: Info[Context, None]) -> str:
        """Places an order."""
        return f"placed by {info.context.caller.name}"

    @strawberry.mutation(extensions=[requires(Role.ADMIN)])
    async def reset(self) -> str:
        return "reset"


@strawberry.type
class Subscription:
    @strawberry.subscription(extensions=[requires(Role.VIEWER)])
    async def ticks(self, upto: int = 3) -> AsyncIterator[int]:
        for tick in range(upto):
            yield tick
        if upto == 0:
            await asyncio.Event().wait()

    @strawberry.subscription(extensions=[requires(Role.VIEWER)])
    async def trades(self) -> AsyncIterator[Trade]:
        yield Trade(id=1)

    @strawberry.subscription(extensions=[requires(Role.VIEWER)])
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise FAULTS["INTERNAL"]


def schema(limits: Limits | None = None, timing: ApiMetrics | None = None) -> MaskedSchema:
    """The schema with these limits. Operations are timed if metrics are given."""
    extensions: list[Callable[[], SchemaExtension]] = [*limiting(limits or Limits())]
    if timing is not None:
        extensions.append(lambda: Timed(timing))
    return MaskedSchema(Query, Mutation, Subscription, extensions=extensions)
