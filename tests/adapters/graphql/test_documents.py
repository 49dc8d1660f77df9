"""A valid document is validated against the schema only once, but its cost is checked for every request."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from graphql import parse, specified_rules, validate
from strawberry.schema import schema as library

from adapters.graphql.documents import ReadOnce, ValidDocuments
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.masking import MaskedSchema
from adapters.graphql.weight import Scales, Weight
from commands.caller import ANONYMOUS
from tests.adapters.graphql.reading import Reading
from tests.adapters.graphql.schema import Context, Query

DOCUMENT = "query Often($first: Int) {orders(first: $first) {edges {node {id}}}}"


def test_graphqls_rules_run_once_for_a_document_and_the_limits_for_every_request(reading: Reading) -> None:
    seen: list[int] = []

    def counted(*given: object, **more: object) -> object:
        seen.append(len(list(given[2])))  # type: ignore[call-overload]  # schema, document, rules
        return validate(*given, **more)  # type: ignore[arg-type]  # the same

    with patch.object(library, "validate", counted):
        document = f"{DOCUMENT} # {reading.engine.dialect.name}"
        reading.query(document, first=1)
        reading.query(document, first=2)
        assert reading.fault(document, first=100_000)[0] == "TOO_COMPLEX"
    (once,) = seen
    assert once >= len(specified_rules)


@pytest.mark.parametrize("document", ["{nothing}", "{orders(first: 1) {edges}}", "{orders(first: 1) {"])
def test_an_invalid_document_is_refused_every_time(reading: Reading, document: str) -> None:
    first = reading.fault(document)
    assert first[0] == "BAD_INPUT"
    assert reading.fault(document) == first


TREE = parse("{ me }")


def test_a_full_cache_drops_the_least_recently_used_document() -> None:
    valid = ValidDocuments(2)
    valid.add("a", TREE)
    valid.add("b", TREE)
    assert valid.find("a") is TREE
    valid.add("c", TREE)
    assert [valid.find(one) is TREE for one in "abc"] == [True, False, True]


def test_the_documents_of_a_cache_have_a_limit_of_characters_together() -> None:
    valid = ValidDocuments(100, characters=10)
    for document in ("aaaa", "bbbb", "bbbb", "cccc", "d" * 11):
        valid.add(document, TREE)
    assert [valid.find(one) for one in ("aaaa", "bbbb", "cccc", "d" * 11)] == [None] * 4
    valid.add("aaaa", TREE)
    assert valid.find("aaaa") is TREE


def weighed(queried: MaskedSchema, document: str, **variables: Any) -> int:
    """How often a document was weighed in three executions."""
    times: list[object] = []
    weigh = Scales.weigh

    def counted(scales: Scales, selections: Any, parent: Any) -> Weight:
        times.extend([1] if parent is not None and parent.name == "Query" else [])
        return weigh(scales, selections, parent)

    with patch.object(Scales, "weigh", counted):
        for _ in range(3):
            asyncio.run(queried.execute(document, variables, context_value=Context(ANONYMOUS)))
    return len(times)


@pytest.mark.parametrize(
    ("document", "times"),
    [
        ("{trades(first: 3) {edges {node {id}}}}", 1),
        ("query ($n: Int) {trades(first: $n) {edges {node {id}}}}", 3),
    ],
    ids=["written in the document", "a variable"],
)
def test_a_document_is_weighed_for_every_request_only_where_a_page_size_is_a_variable(
    document: str, times: int
) -> None:
    queried = MaskedSchema(Query, extensions=[lambda: ReadOnce(valid), *limiting(Limits())])
    valid = ValidDocuments(10)
    assert weighed(queried, document, n=2) == times
