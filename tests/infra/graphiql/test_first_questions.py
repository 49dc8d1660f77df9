"""What GraphiQL offers to whoever opens it for the first time can be asked of the schema as it is."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from adapters.graphql.schema import printed
from infra.graphiql.folder import SOURCE

QUESTIONS = sorted((SOURCE / "src").glob("*.graphql"))


@pytest.fixture(scope="module")
def today() -> GraphQLSchema:
    return build_schema(printed())


@pytest.mark.parametrize("name", [file.stem for file in QUESTIONS])
def test_it_is_valid_today(today: GraphQLSchema, name: str) -> None:
    words = (SOURCE / "src" / f"{name}.graphql").read_text()
    assert validate(today, parse(words)) == []


def test_there_are_trades_to_see_and_events_to_follow() -> None:
    assert [file.stem for file in QUESTIONS] == ["live", "trades"]
    page = (SOURCE / "src" / "page.jsx").read_text()
    assert all(f"./{file.name}" in page for file in QUESTIONS)
