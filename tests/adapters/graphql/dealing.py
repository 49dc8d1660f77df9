"""Sends operations of callers with every role to a real engine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import create_engine
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Projecting, Served, SnapshotsClosed
from adapters.graphql.desk import Desk
from adapters.graphql.enums import ENUMS
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.mutation import Mutation
from adapters.graphql.permission import requires
from adapters.graphql.scalars import SCALARS
from adapters.graphql.subscription import Subscription
from commands.caller import ANONYMOUS, Caller
from commands.door import Answer, Door
from commands.request import Requested
from commands.roles import Role
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from projections.store import prepare
from tests.commands.requests.asking import Asking
from tests.domain.history import ACCOUNT

CALLERS = {
    "nobody": ANONYMOUS,
    "viewer": Caller("vera", Role.VIEWER, "t1"),
    "trader": Caller("tess", Role.TRADER, "t2"),
    "admin": Caller("ada", Role.ADMIN, "t3"),
}


@strawberry.type
class QueryRoot:
    """A query root with one field, because a schema needs a query root. Other modules test the real queries."""

    @strawberry.field(extensions=[requires(Role.VIEWER)])
    def words(self) -> list[str]:
        return [kind.__name__ for kind in ENUMS]


SCHEMA = MaskedSchema(
    QueryRoot,
    Mutation,
    Subscription,
    extensions=[SnapshotsClosed],
    config=StrawberryConfig(scalar_map=SCALARS),
)


class EngineDoor:
    """A `Door` that passes each request to the engine of `asking` and keeps all requests in `received`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.received: list[Requested] = []

    def ask(self, requested: Requested, patience: float) -> Answer:
        self.received.append(requested)
        return self._asking.answer(requested)


class Dealing:
    """Sends operations to a desk. A test may replace `door`; `asking` sends requests to the engine directly."""

    def __init__(self) -> None:
        self.asking = Asking()
        self.engine_door = EngineDoor(self.asking)
        self.door: Door = self.engine_door
        self.projecting: Projecting | None = None
        self.desk = Desk(self.engine_door, ACCOUNT, clock=self.now)

    def now(self) -> datetime:
        return self.asking.desk.at

    async def send(self, document: str, role: str = "trader", **variables: Any) -> ExecutionResult:
        desk = Desk(self.door, ACCOUNT, self.desk.signer, self.now, self.desk.threads)
        served = Served(models(), AvroCodec().decode, desk=desk, projecting=self.projecting)
        found = await SCHEMA.execute(document, variables, Context(CALLERS[role], served))
        assert isinstance(found, ExecutionResult)
        return found

    async def answer(self, document: str, role: str = "trader", **variables: Any) -> dict[str, Any]:
        """Sends an operation with one field; returns the field's data. Fails if the result has errors."""
        found = await self.send(document, role, **variables)
        assert found.errors is None, found.errors
        assert found.data is not None
        (data,) = found.data.values()
        answer: dict[str, Any] = data
        return answer

    async def code(self, document: str, role: str = "trader", **variables: Any) -> tuple[str, str]:
        """Sends an operation that has exactly one error; returns the error's code and message."""
        found = await self.send(document, role, **variables)
        assert found.errors is not None, found.data
        (error,) = found.errors
        return str((error.extensions or {})["code"]), error.message


def models() -> ReadModels:
    return ReadModels(prepare(create_engine("sqlite://")), PROJECTIONS)
