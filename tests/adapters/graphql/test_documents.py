"""A document that was valid once is not held against the schema again; what it costs is, every time."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from graphql import specified_rules, validate
from strawberry.schema import schema as library

from adapters.graphql.documents import ValidDocuments
from tests.adapters.graphql.reading import Reading

DOCUMENT = "query Often($first: Int) {orders(first: $first) {edges {node {id}}}}"


def test_rules_are_run_once_for_a_document_and_limits_each_time(reading: Reading) -> None:
    seen: list[int] = []

    def counted(*given: object, **more: object) -> object:
        seen.append(len(list(given[2])))  # type: ignore[call-overload]  # schema, document, rules
        return validate(*given, **more)  # type: ignore[arg-type]  # the same

    with patch.object(library, "validate", counted):
        document = f"{DOCUMENT} # {reading.engine.dialect.name}"
        reading.ask(document, first=1)
        reading.ask(document, first=2)
        assert reading.fault(document, first=100_000)[0] == "TOO_COMPLEX"
    ours_and_the_librarys = 3
    assert seen[0] >= len(specified_rules) + ours_and_the_librarys
    assert seen[1:] == [ours_and_the_librarys, ours_and_the_librarys]


@pytest.mark.parametrize("document", ["{nothing}", "{orders(first: 1) {edges}}", "{orders(first: 1) {"])
def test_what_is_not_valid_is_told_each_time(reading: Reading, document: str) -> None:
    first = reading.fault(document)
    assert first[0] == "BAD_INPUT"
    assert reading.fault(document) == first


def test_the_one_not_asked_for_the_longest_is_forgotten() -> None:
    valid = ValidDocuments(2)
    valid.add("a")
    valid.add("b")
    assert "a" in valid
    valid.add("c")
    assert [one in valid for one in "abc"] == [True, False, True]
