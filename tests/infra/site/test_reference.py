"""The pages of the reference hold everything that the code has."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from graphql import GraphQLObjectType, build_schema

from adapters.graphql.schema import printed
from adapters.metrics.catalogue import CATALOGUE
from commands.roles import LEAST_ROLE
from domain import errors
from domain.adjusting import FIXED
from domain.errors import WhenceError
from domain.events import NOUNS
from domain.switches import SWITCHES
from infra.cli import EXIT_CODES, application
from infra.cli.settings_list import Listing
from infra.site.alerts import rules
from infra.site.markdown import plain, table
from infra.site.reference import PAGES
from projections.alerts import RAISED


@pytest.fixture(scope="module")
def pages() -> dict[str, list[str]]:
    """The lines of each page."""
    return {name: page().splitlines() for name, page in PAGES.items()}


def _paths(command: Any, path: str) -> list[str]:
    below = getattr(command, "commands", {}).items()
    return [path, *(one for name, inner in below for one in _paths(inner, f"{path} {name}"))]


def test_each_command_has_a_section_and_each_option_a_row(pages: dict[str, list[str]]) -> None:
    paths = _paths(typer.main.get_command(application()), "whence")[1:]
    sections = [
        line.lstrip("# ") for line in pages["commands"] if line.startswith("## ") or "# whence " in line
    ]
    assert sections == paths
    assert any(line.startswith("| `--candles FILE...` | Candle files") for line in pages["commands"])


def test_each_setting_has_a_row(pages: dict[str, list[str]]) -> None:
    rows = [line for line in pages["settings"] if line.startswith("| `")]
    names = [one.key.rpartition(".")[2] for one in Listing.of_defaults().settings]
    assert [row.split("`")[1] for row in rows] == names


def test_each_switch_and_each_fixed_setting_has_a_row_with_what_happens(pages: dict[str, list[str]]) -> None:
    rows = [line for line in pages["switches"] if line.startswith("| ")]
    assert sum(1 for row in rows if row.split("`")[1:2] and "trading." not in row) == len(SWITCHES) + 1
    assert [row.split("`")[1] for row in rows if "`trading." in row] == [f"trading.{one}" for one in FIXED]
    (limit,) = [row for row in rows if "`management.time_limit_seconds`" in row]
    assert limit.endswith("| at once, held where it closes a position | held |")
    (series,) = [row for row in rows if "`intents.hold_series`" in row]
    assert series.endswith("| held | held |")


def test_each_event_has_a_section(pages: dict[str, list[str]]) -> None:
    sections = [line.removeprefix("### ") for line in pages["events"] if line.startswith("### ")]
    assert sections == [one.__name__ for classes in NOUNS.values() for one in classes]


def test_each_operation_of_graphql_has_a_section(pages: dict[str, list[str]]) -> None:
    schema = build_schema(printed())
    for name in ("Query", "Mutation", "Subscription"):
        operations = schema.type_map[name]
        assert isinstance(operations, GraphQLObjectType)
        assert {f"### {one}" for one in operations.fields} <= set(pages["graphql"])


def test_each_metric_has_a_row(pages: dict[str, list[str]]) -> None:
    rows = [line.split("`")[1] for line in pages["metrics"] if line.startswith("| `")]
    assert rows == [one.name for one in CATALOGUE]


def test_each_request_stands_under_its_least_role(pages: dict[str, list[str]]) -> None:
    role, found = "", dict[str, str]()
    for line in pages["roles"]:
        if line.startswith("## "):
            role = line.removeprefix("## ")
        elif line.startswith("| `"):
            found[line.split("`")[1]] = role
    assert found == {one.__name__: least.word for one, least in LEAST_ROLE.items()}


def test_each_alert_of_an_event_and_each_rule_of_prometheus_is_listed(pages: dict[str, list[str]]) -> None:
    rows = [line.split("`")[1] for line in pages["alerts"] if line.startswith("| `")]
    sections = [line.removeprefix("### ") for line in pages["alerts"] if line.startswith("### ")]
    assert rows == [kind for _event, _severity, kind in RAISED]
    assert sections == [rule.alert for group in rules() for rule in group.rules if rule.alert]
    assert not [line for line in pages["alerts"] if "{{" in line]


def test_each_error_has_a_row_with_its_exit_code(pages: dict[str, list[str]]) -> None:
    rows = [line.split(" | ") for line in pages["errors"] if line.startswith("| `")]
    kinds = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, WhenceError)}
    assert {row[0].strip("| `") for row in rows} == {one.__name__ for one in kinds}
    codes = {line.split(" | ")[0].strip("| ") for line in pages["errors"] if line[2:3].isdigit()}
    assert {str(code) for _kind, code in EXIT_CODES} <= codes


def test_a_bar_in_a_cell_does_not_end_the_cell_and_a_placeholder_is_no_tag() -> None:
    assert list(table(("a",), [("x | y",)])) == ["| a |", "|---|", "| x \\| y |", ""]
    assert plain("candle:<id> `<b>`\nand *c*") == "candle:&lt;id&gt; `<b>` and \\*c\\*"
