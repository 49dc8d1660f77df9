"""Each root field, called by each role. The required roles are repeated here, so that no role changes unnoticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLError, build_schema

from adapters.graphql.limits import Limits, limiting
from adapters.graphql.permission import least_role
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from tests.adapters.graphql.every_field import RootField, every_field

pytestmark = pytest.mark.anyio

SENDS = {
    "raiseSignal": Role.TRADER,
    "draftOrder": Role.TRADER,
    "draftEntry": Role.TRADER,
    "placeOrder": Role.TRADER,
    "amendOrder": Role.TRADER,
    "cancelOrder": Role.TRADER,
    "closePosition": Role.TRADER,
    "withdrawClose": Role.TRADER,
    "moveProtection": Role.TRADER,
    "pauseStrategy": Role.TRADER,
    "resumeStrategy": Role.TRADER,
    "resumeEntries": Role.ADMIN,
    "endRoute": Role.ADMIN,
    "changeSettings": Role.ADMIN,
    "submitSettings": Role.TRADER,
    "reviewSettings": Role.ADMIN,
    "tripKillSwitch": Role.TRADER,
    "resetKillSwitch": Role.ADMIN,
    "resolveDiscrepancy": Role.TRADER,
    "acknowledgeNotices": Role.TRADER,
    "forgetPersonalKey": Role.ADMIN,
    "registerModel": Role.ADMIN,
    "promoteModel": Role.ADMIN,
    "retireModel": Role.ADMIN,
    "reportDrift": Role.ADMIN,
}
"""The least role of each mutation; all other root fields only read, and every caller may use them."""

CALLERS = {
    "nobody": ANONYMOUS,
    "viewer": Caller("vera", Role.VIEWER, "t1"),
    "trader": Caller("tess", Role.TRADER, "t2"),
    "admin": Caller("ada", Role.ADMIN, "t3"),
}
SCHEMA = schema(limiting(Limits()))
FIELDS = list(every_field(build_schema(SCHEMA.as_str())))


class Unserved:
    """Takes the place of the process's parts; any access raises LetIn, which shows that a resolver has begun."""

    def __getattr__(self, name: str) -> Any:
        raise LetIn(name)


class LetIn(Exception):
    """The caller was admitted and the resolver has begun."""


@dataclass
class Context:
    caller: Caller
    served: Any

    async def moment(self, at: object = None) -> Any:
        raise LetIn("moment")

    async def close(self) -> None:
        """Does nothing, because no snapshot was opened."""


async def refused(field: RootField, caller: Caller) -> str | None:
    """The code with which the caller was refused; None where the caller was admitted."""
    if field.operation == "subscription":
        stream = await SCHEMA.subscribe(field.document, context_value=Context(caller, Unserved()))
        result: Any = await anext(stream)
    else:
        result = await SCHEMA.execute(field.document, context_value=Context(caller, Unserved()))
    errors: list[GraphQLError] = result.errors or []
    codes = {str((error.extensions or {}).get("code")) for error in errors}
    assert codes or result.data, f"{field} neither refused the caller nor began to resolve"
    return next(iter(codes & {"UNAUTHENTICATED", "FORBIDDEN"}), None)


def test_the_table_of_roles_has_every_mutation_of_the_schema() -> None:
    assert {field.name for field in FIELDS if field.operation == "mutation"} == set(SENDS)


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_every_root_field_requires_the_role_in_the_table(field: RootField) -> None:
    root: Any = SCHEMA.get_type_by_name(field.operation.title())
    found = {SCHEMA.config.name_converter.get_graphql_name(one): least_role(one) for one in root.fields}
    assert found[field.name] is SENDS.get(field.name, Role.VIEWER)


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("field", FIELDS, ids=str)
async def test_each_root_field_admits_exactly_the_callers_with_the_role_in_the_table(
    field: RootField, who: str
) -> None:
    caller, least = CALLERS[who], SENDS.get(field.name, Role.VIEWER)
    if least is Role.VIEWER or (who != "nobody" and caller.role >= least):
        expected = None
    else:
        expected = "UNAUTHENTICATED" if who == "nobody" else "FORBIDDEN"
    assert await refused(field, caller) == expected


@pytest.mark.parametrize("field", FIELDS, ids=str)
async def test_no_root_field_admits_a_source_of_signals(field: RootField) -> None:
    assert await refused(field, Caller("source:pump", Role.SOURCE, "t4")) == "FORBIDDEN"
