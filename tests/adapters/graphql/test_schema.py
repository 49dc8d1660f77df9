"""The schema equals the committed file, has a description of every field, and breaks no existing client."""

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
    """The changes between the two schemas that break clients of the schema `before`."""
    return [change.description for change in find_breaking_changes(build_schema(before), build_schema(after))]


def released() -> str:
    """The schema that clients may use: the schema of the last release, or of the last commit if there is no release."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    known = _git("show", f"{tag or 'HEAD'}:{COMMITTED}")
    return known or (ROOT / COMMITTED).read_text(encoding="utf-8")


def _git(*words: str) -> str:
    """The output of git; empty outside a git repository, or where git fails."""
    command = ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def test_the_committed_schema_equals_the_schema_that_the_program_prints() -> None:
    shown = CliRunner().invoke(application(), ["schemas", "graphql"])
    assert shown.exit_code == 0
    assert shown.output == TODAY
    committed = (ROOT / COMMITTED).read_text(encoding="utf-8")
    assert committed == TODAY, f"whence schemas graphql > {COMMITTED}"


def test_the_schema_breaks_no_client_of_the_released_schema() -> None:
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
def test_a_removed_name_a_changed_type_and_a_new_required_argument_are_breaking_changes(
    line: str, instead: str, what: str
) -> None:
    assert line in TODAY
    found = breaking(TODAY, TODAY.replace(line, instead))
    assert any(what.lower() in change.lower() for change in found), found


def test_an_added_field_is_not_a_breaking_change() -> None:
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
def test_the_message_of_a_changed_object_has_all_its_fields_except_links(
    change: str, of: str, elsewhere: set[str]
) -> None:
    """`PositionChange` has no owner, because a subscription reads only the position's stream."""
    types: Any = build_schema(TODAY).type_map
    shown = {name: str(field.type) for name, field in types[change].fields.items() if name != "event"}
    queried = {name: str(field.type) for name, field in types[of].fields.items() if name not in elsewhere}
    assert shown == queried


def undescribed(words: str) -> Iterator[str]:
    """Every type, field, argument and input field without a description."""
    for name, kind in build_schema(words).type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind) or name == "JSON":
            continue
        if not kind.description and not name.endswith(("Connection", "Edge")):
            yield name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, definition in kind.fields.items():
                if not definition.description:
                    yield f"{name}.{field}"
                arguments = getattr(definition, "args", {})
                yield from (f"{name}.{field}({one})" for one, of in arguments.items() if not of.description)


def test_every_type_and_field_reachable_from_query_has_a_description() -> None:
    assert [
        name for name in undescribed(TODAY) if name.partition(".")[0] in reachable_from_query(TODAY)
    ] == []


def reachable_from_query(words: str) -> set[str]:
    """The names of the types that a query can return or take as an argument."""
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


def test_types_fields_and_arguments_without_description_are_found() -> None:
    assert list(undescribed("type Query { trades(first: Int): Int }")) == [
        "Query",
        "Query.trades",
        "Query.trades(first)",
    ]


@pytest.mark.parametrize("suggestions", [True, False])
def test_the_error_for_an_unknown_name_suggests_names_only_where_allowed(*, suggestions: bool) -> None:
    nothing_served: Any = None
    execution = schema(suggestions=suggestions).execute(
        "{ ordres { totalCount } }", context_value=Context(ANONYMOUS, nothing_served)
    )
    found = asyncio.run(execution)
    assert found.errors is not None
    assert ("'orders'" in found.errors[0].message) is suggestions
