"""A caller receives every error with a code and a message, but without internal details."""

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
async def test_an_error_of_the_domain_is_returned_with_its_message(how: str) -> None:
    (fault,) = await faults("query($how: String!) { fails(how: $how) }", how=how)
    assert (fault.extensions or {}) == {"code": how}
    assert fault.message == str(FAULTS[how])
    assert fault.path == ["fails"]


@pytest.mark.parametrize(("how", "expected"), [("INTERNAL", "INTERNAL"), ("LOST", "UNAVAILABLE")])
async def test_an_unexpected_error_is_logged_and_masked(
    how: str, expected: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        (fault,) = await faults("query($how: String!) { fails(how: $how) }", how=how)
    extensions = fault.extensions or {}
    assert extensions["code"] == expected
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
async def test_an_invalid_document_is_refused_as_bad_input_and_not_logged(
    document: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = await faults(document)
    assert {(fault.extensions or {})["code"] for fault in found} == {"BAD_INPUT"}
    assert caplog.records == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ("query($n: Int = 1) { trades(first: $n) { __typename } }", ["trades"]),
        ("query($n: Boolean = true) { trade { id @skip(if: $n) } }", ["trade"]),
        (
            "query($n: Boolean = true) { trade { next { ...f } } } fragment f on Trade { id @include(if: $n) }",
            ["trade", "next"],
        ),
        ("query($n: Boolean = true) { trade @skip(if: $n) { id } }", None),
    ],
)
async def test_an_argument_whose_variable_is_null_is_refused_as_bad_input_with_its_path(
    document: str, path: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    (fault,) = await faults(document, n=None)
    assert (fault.extensions or {})["code"] == "BAD_INPUT"
    assert fault.message.endswith("must not be null.")
    assert fault.path == path
    assert caplog.records == []


async def test_a_caller_without_the_role_receives_unauthenticated_or_forbidden() -> None:
    assert await code("mutation { place }") == "UNAUTHENTICATED"
    assert await code("mutation { reset }", Caller("desk", Role.TRADER, "t1")) == "FORBIDDEN"


async def results_of(document: str, **variables: object) -> AsyncIterator[ExecutionResult]:
    async for result in await SCHEMA.subscribe(document, variables, context_value=Context(ANONYMOUS)):
        yield result


async def test_an_unexpected_error_in_a_subscription_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    results = [result async for result in results_of("subscription { breaks }")]
    assert results[0].data == {"breaks": 1}
    (fault,) = results[1].errors or []
    assert (fault.extensions or {})["code"] == "INTERNAL"
    assert SECRET not in str(fault.formatted)
    assert len(caplog.records) == 1


async def test_a_subscription_with_a_directive_whose_variable_is_null_is_refused_as_bad_input(
    caplog: pytest.LogCaptureFixture,
) -> None:
    document = "subscription($n: Boolean = true) { trades { id @skip(if: $n) } }"
    results = [result async for result in results_of(document, n=None)]
    (fault,) = results[0].errors or []
    assert (fault.extensions or {})["code"] == "BAD_INPUT"
    assert fault.path == ["trades"]
    assert caplog.records == []
