"""Documents beyond a limit are refused, and checking the limits is fast for any document."""

from __future__ import annotations

import time

import pytest
from graphql import GraphQLError, get_introspection_query

from adapters.graphql.limits import Limits
from commands.caller import ANONYMOUS
from tests.adapters.graphql.schema import Context, schema

pytestmark = pytest.mark.anyio
LIMITS = Limits(depth=5, cost=500, aliases=3, tokens=120, page=100)
SCHEMA = schema(LIMITS)
PAGE = "edges { node { id } }"


async def faults(document: str, limits: Limits = LIMITS, **variables: int) -> list[GraphQLError]:
    chosen = SCHEMA if limits is LIMITS else schema(limits)
    return (await chosen.execute(document, variables, Context(ANONYMOUS))).errors or []


async def messages(document: str, **variables: int) -> str:
    found = await faults(document, LIMITS, **variables)
    assert {(fault.extensions or {})["code"] for fault in found} == {"TOO_COMPLEX"}
    return "; ".join(fault.message for fault in found)


@pytest.mark.parametrize(
    "document",
    [
        "{ trade { next { next { next { id } } } } }",
        f"{{ trades(first: 100) {{ {PAGE} }} }}",
        "{ a: me b: me c: me }",
        "{ trade { ...t } } fragment t on Trade { fills { id } }",
        "{ trade { ... { id } ... on Trade { id __typename } } }",
    ],
)
async def test_a_document_within_the_limits_is_executed(document: str) -> None:
    assert await faults(document) == []


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("{ trade { next { next { next { next { id } } } } } }", "6 fields deep; 5 are allowed"),
        (
            "{ trade { ...t } } fragment t on Trade { next { next { next { next { id } } } } }",
            "6 fields deep",
        ),
        ("{ a: me b: me c: me d: me }", "4 aliases; 3 are allowed"),
        ("{ ...q } fragment q on Query { a: me b: me trade { c: id d: id } }", "4 aliases"),
        ("{ trades { edges { node { fills { id } } } } }", "651 fields to resolve; 500 are allowed"),
        ("{ " + "me " * 130 + "}", "tokens"),
    ],
)
async def test_a_document_beyond_a_limit_is_refused_with_its_value_and_the_limit(
    document: str, fault: str
) -> None:
    assert fault in await messages(document)


@pytest.mark.parametrize("first", [101, -1])
async def test_a_page_size_out_of_range_is_refused(first: int) -> None:
    assert f"0 to 100 entries; {first} were requested" in await messages(
        f"{{ trades(first: {first}) {{ {PAGE} }} }}"
    )
    assert "0 to 100" in await messages(f"query($n: Int!) {{ trades(first: $n) {{ {PAGE} }} }}", n=first)


@pytest.mark.parametrize("sign", ["", "-"])
async def test_a_page_size_of_thousands_of_digits_is_refused(sign: str) -> None:
    found = await faults(f"{{ trades(first: {sign}{'9' * 5_000}) {{ {PAGE} }} }}")
    assert {(one.extensions or {})["code"] for one in found} <= {"TOO_COMPLEX", "BAD_INPUT"}
    assert any("0 to 100" in one.message for one in found)


async def test_the_cost_of_a_page_whose_size_is_a_variable_follows_from_the_variables_value() -> None:
    document = "query($n: Int!) { trades(first: $n) { edges { node { fills { id } } } } }"
    assert await faults(document, n=30) == []
    assert "fields to resolve" in await messages(document, n=60)


async def test_sixty_fragments_that_each_spread_the_next_twice_are_refused_within_two_seconds() -> None:
    doubling = "".join(
        f"fragment f{n} on Trade {{ next {{ ...f{n + 1} }} a: next {{ ...f{n + 1} }} }} " for n in range(60)
    )
    document = f"{{ trade {{ ...f0 }} }} {doubling} fragment f60 on Trade {{ id }}"
    began = time.perf_counter()
    found = await faults(document, Limits(tokens=5_000))
    assert time.perf_counter() - began < 2
    assert any("more than a billion fields to resolve" in fault.message for fault in found)


@pytest.mark.parametrize(
    "document",
    [
        "{ ...q } fragment q on Query { ...q }",
        "{ ...nowhere }",
        "{ nothing { of { it } } }",
        "{ trade { ... on Nowhere { id } } }",
        "subscription { nothing }",
    ],
)
async def test_a_document_with_names_that_the_schema_does_not_have_is_refused_as_bad_input(
    document: str,
) -> None:
    found = await faults(document)
    assert {(fault.extensions or {})["code"] for fault in found} == {"BAD_INPUT"}


async def test_introspection_can_be_switched_off() -> None:
    assert await faults(get_introspection_query(), Limits()) == []
    found = await faults(get_introspection_query(), Limits(introspection=False))
    assert all("introspection" in fault.message for fault in found)
    assert found
    assert await faults("{ __typename }", Limits(introspection=False)) == []
