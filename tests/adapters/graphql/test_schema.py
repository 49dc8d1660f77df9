"""The schema is the one that is committed, says what everything is, and never breaks those who use it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
)
from graphql.utilities import find_breaking_changes
from typer.testing import CliRunner

from adapters.graphql.context import Context
from adapters.graphql.schema import printed, schema
from commands.caller import ANONYMOUS
from infra.cli import application

ROOT = Path(__file__).parents[3]
TODAY = printed()
COMMITTED = "adapters/graphql/schema.graphql"


def breaking(before: str, after: str) -> list[str]:
    """What a program written for the schema before could not do any more."""
    return [change.description for change in find_breaking_changes(build_schema(before), build_schema(after))]


def released() -> str:
    """The schema that programs may have been written for: the last release's, or else the last commit's."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    known = _git("show", f"{tag or 'HEAD'}:{COMMITTED}")
    return known or (ROOT / COMMITTED).read_text(encoding="utf-8")


def _git(*words: str) -> str:
    """What git says; nothing where this is no checkout, or git knows no such thing."""
    command = ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def test_the_committed_schema_is_this_one() -> None:
    shown = CliRunner().invoke(application(), ["schemas", "graphql"])
    assert shown.exit_code == 0
    assert shown.output == TODAY
    committed = (ROOT / COMMITTED).read_text(encoding="utf-8")
    assert committed == TODAY, f"whence schemas graphql > {COMMITTED}"


def test_nobody_who_uses_the_released_schema_is_broken() -> None:
    assert breaking(released(), TODAY) == []


@pytest.mark.parametrize(
    ("line", "instead", "what"),
    [
        ("  averagePrice: Decimal\n", "  meanPrice: Decimal\n", "averagePrice was removed"),
        ("  notional: Decimal!\n", "  notional: Float!\n", "changed type from Decimal! to Float!"),
        ("  OUTCOME_UNKNOWN\n", "", "OUTCOME_UNKNOWN was removed"),
        ("  ): OrderConnection!", "    market: String!\n  ): OrderConnection!", "required arg market"),
    ],
)
def test_a_breaking_change_is_found(line: str, instead: str, what: str) -> None:
    assert line in TODAY
    found = breaking(TODAY, TODAY.replace(line, instead))
    assert any(what.lower() in change.lower() for change in found), found


def test_what_is_added_breaks_nobody() -> None:
    more = TODAY.replace("type Order {", "type Order {\n  colour: String\n")
    assert breaking(TODAY, more) == []


@pytest.mark.parametrize(
    ("change", "of", "elsewhere"),
    [
        ("SignalChange", "Signal", {"updatedOrdinal", "decision", "orders", "chain"}),
        (
            "PositionChange",
            "Position",
            {"updatedOrdinal", "owner", "signal", "decision", "entryOrder", "orders", "fills", "chain"},
        ),
    ],
)
def test_a_change_shows_what_a_query_shows_but_for_where_it_leads(
    change: str, of: str, elsewhere: set[str]
) -> None:
    """An owner stands in other streams than the position's, of which a subscription reads nothing."""
    types: Any = build_schema(TODAY).type_map
    shown = {name: str(field.type) for name, field in types[change].fields.items() if name != "event"}
    asked = {name: str(field.type) for name, field in types[of].fields.items() if name not in elsewhere}
    assert shown == asked


def undescribed(words: str) -> Iterator[str]:
    """Every type, field and input field that does not say what it is."""
    for name, kind in build_schema(words).type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind) or name == "JSON":
            continue
        if not kind.description and not name.endswith(("Connection", "Edge")):
            yield name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, told in kind.fields.items():
                if not told.description:
                    yield f"{name}.{field}"
                arguments = getattr(told, "args", {})
                yield from (f"{name}.{field}({one})" for one, of in arguments.items() if not of.description)


def test_everything_that_can_be_asked_says_what_it_is() -> None:
    assert [name for name in undescribed(TODAY) if name.partition(".")[0] in asked_about(TODAY)] == []


def asked_about(words: str) -> set[str]:
    """The types that a query leads to."""
    schema = build_schema(words)
    found: set[str] = set()
    waiting = ["Query"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            fields: Any = getattr(schema.get_type(name), "fields", {})
            waiting += [_named(one.type) for one in fields.values()]
            waiting += [_named(argument.type) for one in fields.values() for argument in _arguments(one)]
    return found


def _named(kind: Any) -> str:
    return str(kind).strip("[]!")


def _arguments(field: Any) -> list[Any]:
    return list(getattr(field, "args", {}).values())


def test_what_says_nothing_is_found() -> None:
    assert list(undescribed("type Query { trades(first: Int): Int }")) == [
        "Query",
        "Query.trades",
        "Query.trades(first)",
    ]


@pytest.mark.parametrize("suggestions", [True, False])
def test_an_unknown_name_tells_what_there_is_only_where_that_is_told_anyway(*, suggestions: bool) -> None:
    nothing_served: Any = None
    asked = schema(suggestions=suggestions).execute(
        "{ ordres { totalCount } }", context_value=Context(ANONYMOUS, nothing_served)
    )
    found = asyncio.run(asked)
    assert found.errors is not None
    assert ("'orders'" in found.errors[0].message) is suggestions
