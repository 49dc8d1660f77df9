"""Documents beyond a limit are refused, and checking the limits is fast for any document."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query

from adapters.graphql.limits import Limits
from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
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


@pytest.mark.parametrize("first", [101, 1_000])
async def test_a_page_size_out_of_range_is_refused(first: int) -> None:
    assert f"0 to 100 entries; {first} were requested" in await messages(
        f"{{ trades(first: {first}) {{ {PAGE} }} }}"
    )
    assert "0 to 100" in await messages(f"query($n: Int!) {{ trades(first: $n) {{ {PAGE} }} }}", n=first)


async def test_a_negative_page_size_is_bad_input() -> None:
    [fault] = await faults(f"{{ trades(first: -1) {{ {PAGE} }} }}")
    assert (fault.extensions or {})["code"] == "BAD_INPUT"


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
    assert any("more than 40 levels deep" in fault.message for fault in found)


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


MILLION = "edges { node { fills { id } } }"
PAGES_BY_VARIABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "a default": ("query($n: Int = 1000000) { trades(first: $n) { %s } }", {}),
    "a number with an exponent": ("query($n: Int!) { trades(first: $n) { %s } }", {"n": 1e6}),
    "a fragment": ("query($n: Int = 1000000) { ...q } fragment q on Query { trades(first: $n) { %s } }", {}),
    "an alias": ("query($n: Int = 1000000) { me a: trades(first: $n) { %s } }", {}),
    "a directive": (
        "query($n: Int = 1000000, $b: Boolean!) { trades(first: $n) @include(if: $b) { %s } }",
        {"b": True},
    ),
    "an inline fragment": (
        "query($n: Int = 1000000) { ... @skip(if: false) { trades(first: $n) { %s } } }",
        {},
    ),
    "another operation beside": (
        "query A($n: Int = 1000000) { trades(first: $n) { %s } } query B($n: Int = 1) { trades(first: $n) { %s } }",
        {},
    ),
}


@pytest.mark.parametrize("place", PAGES_BY_VARIABLE)
async def test_a_page_size_is_weighed_as_the_resolver_receives_it(place: str) -> None:
    document, variables = PAGES_BY_VARIABLE[place]
    document = document.replace("%s", MILLION)
    found = (await SCHEMA.execute(document, variables, Context(ANONYMOUS), operation_name=None)).errors or []
    assert {(one.extensions or {})["code"] for one in found} == {"TOO_COMPLEX"}
    assert any("0 to 100 entries; 1000000 were requested" in one.message for one in found)


EXPENSIVE = {
    "one field 480 times": "{ " + "trade { id } " * 480 + "}",
    "one field 480 times below another": "{ trade { " + "next { id } " * 480 + "} }",
    "one field in 60 fragments": "{ "
    + " ".join(f"...f{n}" for n in range(60))
    + " } "
    + " ".join(f"fragment f{n} on Query {{ trade {{ id }} }}" for n in range(60)),
    "one alias 300 times": "{ " + "a: me " * 300 + "}",
    "200 operations": " ".join(f"query q{n} {{ me }}" for n in range(200)),
    "fragments that double": "{ trade { ...f0 } } "
    + " ".join(
        f"fragment f{n} on Trade {{ next {{ ...f{n + 1} }} a: next {{ ...f{n + 1} }} }}" for n in range(40)
    )
    + " fragment f40 on Trade { id }",
    "a deep document": "{ trade " + "{ next " * 100 + "{ id }" + "}" * 101,
    "deep inline fragments": "{ " + "... { " * 100 + "me" + "}" * 101,
    "fragments in a row": "{ ...f0 } "
    + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} }}" for n in range(90))
    + " fragment f90 on Query { me }",
    "deep brackets": "{ fails(how: " + "[" * 900 + "]" * 900 + ") }",
}


@pytest.mark.parametrize("kind", EXPENSIVE)
async def test_ten_documents_that_are_expensive_to_validate_are_refused_in_little_time(kind: str) -> None:
    limits = Limits()
    served = schema(limits)
    await served.execute("{ me }", {}, Context(ANONYMOUS))
    began = time.process_time()
    for number in range(10):
        document = f"{EXPENSIVE[kind]} # {number}"
        found = (await served.execute(document, {}, Context(ANONYMOUS))).errors or []
        assert found
        assert {(one.extensions or {})["code"] for one in found} <= {"TOO_COMPLEX", "BAD_INPUT"}
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([1] * 201, "a list of 201 entries"),
        ({"a": [[1] * 150] * 150}, "more than 1000 values"),
        ("x" * 10_001, "a text of 10,001 characters"),
        (10**30, "more than 64 bits"),
    ],
)
async def test_variables_that_are_too_large_are_refused_before_they_are_converted(
    value: object, fault: str
) -> None:
    found = (
        await SCHEMA.execute("query($how: String!) { fails(how: $how) }", {"how": value}, Context(ANONYMOUS))
    ).errors or []
    assert [(one.extensions or {})["code"] for one in found] == ["TOO_COMPLEX"]
    assert fault in found[0].message


TRADER = Caller("desk", Role.ADMIN, "1")


@pytest.mark.parametrize(
    "document",
    [
        "mutation { place reset }",
        "mutation { a: place b: place }",
        "mutation { place place }",
        "mutation { ...m place } fragment m on Mutation { reset }",
        "mutation { ... { place } ... on Mutation { reset } }",
        "mutation($no: Boolean = false) { place reset @include(if: $no) }",
        "query Q { me } mutation M { place reset }",
    ],
)
async def test_a_document_with_two_mutations_is_refused_before_the_first_is_carried_out(
    document: str,
) -> None:
    name = "M" if "query Q" in document else None
    answer = await SCHEMA.execute(document, {}, Context(TRADER), operation_name=name)
    assert answer.data is None
    assert [(one.extensions or {})["code"] for one in answer.errors or []] == ["BAD_INPUT"]
    assert "one mutation, not 2" in (answer.errors or [])[0].message


async def test_one_mutation_beside_its_typename_is_carried_out() -> None:
    answer = await SCHEMA.execute("mutation { __typename place }", {}, Context(TRADER))
    assert answer.data == {"__typename": "Mutation", "place": "placed by desk"}
