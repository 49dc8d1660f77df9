"""The queries in GraphiQL's first tabs are valid in the current schema."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from adapters.graphql.schema import printed
from infra.graphiql.folder import SOURCE

QUERIES = sorted((SOURCE / "src").glob("*.graphql"))


@pytest.fixture(scope="module")
def current() -> GraphQLSchema:
    return build_schema(printed())


@pytest.mark.parametrize("name", [file.stem for file in QUERIES])
def test_a_query_is_valid_in_the_current_schema(current: GraphQLSchema, name: str) -> None:
    text = (SOURCE / "src" / f"{name}.graphql").read_text()
    assert validate(current, parse(text)) == []


def test_the_first_tabs_are_trades_and_live_events() -> None:
    assert [file.stem for file in QUERIES] == ["live", "trades"]
    page = (SOURCE / "src" / "page.jsx").read_text()
    assert all(f"./{file.name}" in page for file in QUERIES)
