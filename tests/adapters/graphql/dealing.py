"""A real engine behind a door, and operations sent to it by callers of every role."""

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
    """A schema needs a query root; the queries have tests of their own."""

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
    """Passes each request to the engine of the desk, at the desk's own time; keeps the requests it received."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.received: list[Requested] = []

    def ask(self, requested: Requested, patience: float) -> Answer:
        self.received.append(requested)
        return self._asking.answer(requested)


class Dealing:
    """Sends operations to a desk; `door` may be replaced, `asking` sends requests to the engine directly."""

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
        """The data of the only field; fails where there was an error."""
        found = await self.send(document, role, **variables)
        assert found.errors is None, found.errors
        assert found.data is not None
        (data,) = found.data.values()
        answer: dict[str, Any] = data
        return answer

    async def code(self, document: str, role: str = "trader", **variables: Any) -> tuple[str, str]:
        """The code and the message of the only error."""
        found = await self.send(document, role, **variables)
        assert found.errors is not None, found.data
        (error,) = found.errors
        return str((error.extensions or {})["code"]), error.message


def models() -> ReadModels:
    return ReadModels(prepare(create_engine("sqlite://")), PROJECTIONS)
