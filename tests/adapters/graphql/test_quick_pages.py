"""A page that is written from columns has the bytes of an executed document, and everything unusual is executed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from graphql import get_named_type, is_leaf_type
from sqlalchemy import text

from adapters.graphql.context import Context
from adapters.graphql.limits import Limits
from adapters.graphql.quick_pages import QuickPages
from adapters.graphql.schema import schema
from adapters.metrics.api import ApiMetrics
from adapters.metrics.registry import new_registry
from commands.caller import ANONYMOUS
from projections.condition import Fault, FaultKind
from projections.store import writing
from tests.adapters.graphql.reading import Reading, serving_reads

SCHEMA = schema()
LISTS = (
    "orders",
    "fills",
    "positions",
    "signals",
    "decisions",
    "equity",
    "alerts",
    "discrepancies",
    "events",
)
WITHOUT_A_COLUMN = {"json", "line", "exit", "inputs", "grid", "features", "votes", "reasons"}
"""Leaves that are computed, or long JSON: a document that selects one is executed."""
DECIMALS = {"orders": "QUANTITY", "fills": "NOTIONAL", "equity": "BALANCE"}
"""A sort order by a decimal."""


def quick(limits: Limits = Limits(), faults: Sequence[Fault] = ()) -> QuickPages:  # noqa: B008  # immutable
    return QuickPages(SCHEMA, limits, ApiMetrics(new_registry()), lambda: faults)


def executed(reading: Reading, document: str, variables: dict[str, Any]) -> bytes:
    result = asyncio.run(
        SCHEMA.execute(document, variables, context_value=Context(ANONYMOUS, reading.served))
    )
    assert result.errors is None, result.errors
    return msgspec.json.encode({"data": result.data})


def answered(reading: Reading, pages: QuickPages, document: str, **variables: Any) -> bytes | None:
    return asyncio.run(pages.answer(document, variables, Context(ANONYMOUS, reading.served)))


def leaves(name: str) -> list[str]:
    """The fields of a list's entries that are columns."""
    node = _named(_named(_connection(name).fields["edges"].type).fields["node"].type)
    return [
        field
        for field, one in node.fields.items()
        if not one.args and is_leaf_type(_named(one.type)) and field not in WITHOUT_A_COLUMN
    ]


def documents(name: str, chance: random.Random) -> Iterator[str]:
    """Documents with one page of the list: every column, and a few of them in random order."""
    every = leaves(name)
    few = " ".join(f"a{number}: {field}" for number, field in enumerate(chance.sample(every, 3)))
    place = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor __typename }"
    by = f"(orderBy: {DECIMALS[name]}, first: 7)" if name in DECIMALS else "(first: 7)"
    yield f"{{ {name} {{ edges {{ cursor node {{ {' '.join(every)} __typename }} __typename }} {place} }} }}"
    yield f"{{ x: {name}{by} {{ {place} edges {{ node {{ {few} }} c: cursor }} }} }}"
    yield (
        f"{{ {name}(last: 3) {{ ...f __typename }} }} "
        f"fragment f on {_connection(name)} {{ edges {{ cursor }} {place} }}"
    )
    yield (
        f"query ($after: String, $n: Int = 2) {{ {name}(first: $n, after: $after) {{ edges {{ node {{ "
        f"{every[0]} }} }} {place} }} }}"
    )
    yield f"{{ {name}(asOf: {{ordinal: 700}}, direction: ASC, first: 5) {{ edges {{ cursor node {{ {few} }} }} }} }}"
    yield f'{{ {name}(where: {{account: "nobody"}}) {{ edges {{ cursor node {{ {few} }} }} {place} }} }}'


def _connection(name: str) -> Any:
    graph: Any = cast(Any, SCHEMA)._schema  # there is no other way to graphql-core's schema
    return _named(graph.query_type.fields[name].type)


def _named(kind: Any) -> Any:
    return cast(Any, get_named_type)(kind)


@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_columns_has_the_bytes_of_its_execution(reading: Reading, name: str) -> None:
    pages = quick()
    for document in documents(name, random.Random(name)):
        expected = executed(reading, document, {})
        assert pages.knows(document), document
        assert answered(reading, pages, document) == expected, document
        assert answered(reading, pages, document) == expected, document


def test_the_next_page_follows_a_cursor_in_a_variable(reading: Reading) -> None:
    document = """query ($after: String, $n: Int!) { orders(first: $n, after: $after, orderBy: NOTIONAL) {
        edges { cursor node { id notional placedAt } } pageInfo { endCursor } } }"""
    pages, after, found = quick(), None, list[bytes]()
    for _ in range(3):
        expected = executed(reading, document, {"n": 4, "after": after})
        assert answered(reading, pages, document, n=4, after=after) == expected
        after = msgspec.json.decode(expected)["data"]["orders"]["pageInfo"]["endCursor"]
        found.append(expected)
    assert len(set(found)) == 3


EXECUTED = {
    "a linked object": "{ orders { edges { node { id signal { id } } } } }",
    "a linked list": "{ orders { edges { node { fills { price } } } } }",
    "a count": "{ orders { totalCount edges { node { id } } } }",
    "a computed field": "{ events { edges { node { line } } } }",
    "two lists": "{ orders { edges { cursor } } fills { edges { cursor } } }",
    "no list": '{ account(account: "paper") { balance } }',
    "a variable decides": "query ($no: Boolean = false) { orders { edges { cursor @skip(if: $no) } } }",
    "two operations": "query A { orders { edges { cursor } } } query B { orders { edges { cursor } } }",
}


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
@pytest.mark.parametrize("document", EXECUTED.values(), ids=EXECUTED.keys())
def test_a_document_with_more_than_a_page_of_columns_is_executed(reading: Reading, document: str) -> None:
    chosen = "A" if "query A" in document else None
    context = Context(ANONYMOUS, reading.served)
    result = asyncio.run(SCHEMA.execute(document, {}, context_value=context, operation_name=chosen))
    assert result.errors is None
    assert not quick().knows(document)


ORDERS = """query ($n: Int, $after: String) {
  orders(first: $n, after: $after) { edges { cursor node { id quantity } } } }"""
REFUSED: dict[str, dict[str, Any]] = {
    "a page that is too large": {"n": 201},
    "a negative page": {"n": -1},
    "a size that is no number": {"n": "x"},
    "a forged cursor": {"n": 1, "after": "AAAA"},
    "a text that is too long": {"n": 1, "after": "x" * 10_001},
}


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
@pytest.mark.parametrize("variables", REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_request_is_executed_for_its_error(reading: Reading, variables: dict[str, Any]) -> None:
    assert executed(reading, ORDERS, {"n": 1})
    assert quick().knows(ORDERS)
    assert answered(reading, quick(), ORDERS, **variables) is None
    assert answered(reading, quick(), ORDERS, n=1) is not None


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
def test_the_limits_hold_for_a_known_document(reading: Reading) -> None:
    assert executed(reading, ORDERS, {"n": 50})
    assert answered(reading, quick(Limits(cost=100)), ORDERS, n=50) is None


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True)
def test_faults_of_read_models_are_in_the_response(reading: Reading) -> None:
    expected = executed(reading, ORDERS, {"n": 1})
    late = Fault("orders", FaultKind.LATE, "is 40 s behind")
    found = msgspec.json.decode(answered(reading, quick(faults=[late]), ORDERS, n=1) or b"")
    assert found["data"] == msgspec.json.decode(expected)["data"]
    assert found["extensions"]["readModels"][0]["detail"] == "is 40 s behind"


@contextmanager
def _changed(reading: Reading, column: str, value: str) -> Generator[None]:
    with writing(reading.engine) as connection:
        name = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'orders_b%'")
        ).scalars()
        (table,) = [one for one in name if "h" not in one.removeprefix("orders_b")]
        connection.execute(text(f"UPDATE {table} SET {column} = {value}"))  # noqa: S608  (ours)
    yield


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("quantity", "'abc'"),
        ("quantity", "'1e3'"),
        ("quantity", "'1' || char(10) || '2'"),
        ("quantity", "x'00'"),
        ("quantity", "' 1'"),
        ("placed_at", "'soon'"),
        ("placed_at", "9223372036854775807"),
        ("side", "'SIDEWAYS'"),
        ("side", "x'00'"),
        ("instrument", "CAST(x'ffc0' AS TEXT)"),
    ],
)
def test_a_value_that_no_program_wrote_is_left_to_the_execution(
    demo_log: str, tmp_path: Path, column: str, value: str
) -> None:
    document = "{ orders(first: 2) { edges { node { quantity placedAt side instrument } } } }"
    with serving_reads(demo_log, f"sqlite:///{tmp_path / 'read.db'}") as reading:
        assert executed(reading, document, {})
        assert answered(reading, quick(), document) is not None
        with _changed(reading, column, value):
            assert answered(reading, quick(), document) is None
