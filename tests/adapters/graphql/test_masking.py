"""Whatever goes wrong, a caller gets a code and a sentence, and the inside stays inside."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from tests.adapters.graphql.schema import FAULTS, SECRET, Context, schema

pytestmark = pytest.mark.anyio
SCHEMA = schema()


async def faults(document: str, caller: Caller = ANONYMOUS, **variables: object) -> list[GraphQLError]:
    result = await SCHEMA.execute(document, variables, Context(caller))
    return result.errors or []


async def code(document: str, caller: Caller = ANONYMOUS, **variables: object) -> object:
    (fault,) = await faults(document, caller, **variables)
    return (fault.extensions or {})["code"]


@pytest.mark.parametrize("how", ["BAD_INPUT", "REFUSED", "LOG_OWNED", "UNAVAILABLE"])
async def test_what_the_program_says_on_purpose_is_told(how: str) -> None:
    (fault,) = await faults("query($how: String!) { fails(how: $how) }", how=how)
    assert (fault.extensions or {}) == {"code": how}
    assert fault.message == str(FAULTS[how])
    assert fault.path == ["fails"]


@pytest.mark.parametrize(("how", "told"), [("INTERNAL", "INTERNAL"), ("LOST", "UNAVAILABLE")])
async def test_what_it_does_not_say_on_purpose_stays_in_the_log(
    how: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        (fault,) = await faults("query($how: String!) { fails(how: $how) }", how=how)
    extensions = fault.extensions or {}
    assert extensions["code"] == told
    assert SECRET not in str(fault.formatted)
    (record,) = caplog.records
    assert extensions["incident"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is FAULTS[how]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "{ nothing }",
        "query($n: Int!) { trades(first: $n) { edges { node { id } } } }",
        "{ trades(first: 1.5) { __typename } }",
    ],
)
async def test_a_document_that_is_none_is_the_callers_fault(
    document: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = await faults(document)
    assert {(fault.extensions or {})["code"] for fault in found} == {"BAD_INPUT"}
    assert caplog.records == []


async def test_roles_have_codes_of_their_own() -> None:
    assert await code("mutation { place }") == "UNAUTHENTICATED"
    assert await code("mutation { reset }", Caller("desk", Role.TRADER, "t1")) == "FORBIDDEN"


async def told(document: str) -> AsyncIterator[ExecutionResult]:
    async for result in await SCHEMA.subscribe(document, context_value=Context(ANONYMOUS)):
        yield result


async def test_a_subscription_that_breaks_says_no_more_than_a_query(caplog: pytest.LogCaptureFixture) -> None:
    results = [result async for result in told("subscription { breaks }")]
    assert results[0].data == {"breaks": 1}
    (fault,) = results[1].errors or []
    assert (fault.extensions or {})["code"] == "INTERNAL"
    assert SECRET not in str(fault.formatted)
    assert len(caplog.records) == 1
