"""Each event's class and its record in `schemas/` say the same, field by field."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import schemas
from adapters.avro.schema import WriterSchema, current_schemas, past_schemas
from domain.events import BY_FULL_NAME, NOUNS, SCHEMA_VERSIONS, schema_version
from domain.log import Meta
from domain.settings import RiskSettings
from tests.schemas.differences import differences
from tests.schemas.expanded import documented, expanded
from tests.schemas.samples import SAMPLES

FOLDER = Path(schemas.__file__).parent
Json = dict[str, Any]


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
def test_class_and_record_are_equal(name: str) -> None:
    own_fields = expanded(current_schemas()[name].source)["fields"][1:]
    assert list(differences(BY_FULL_NAME[name], own_fields)) == []


@pytest.mark.parametrize("schema", current_schemas().values(), ids=lambda schema: schema.name)
def test_meta_comes_first_and_is_the_shared_one(schema: WriterSchema) -> None:
    shared = json.loads((FOLDER / "meta.avsc").read_text())
    assert schema.source["fields"][0]["name"] == "meta"
    assert schema.source["fields"][0]["type"] == shared
    assert [field["name"] for field in shared["fields"]] == [field.name for field in dataclasses.fields(Meta)]


def test_there_is_a_file_for_each_event_and_an_event_for_each_file() -> None:
    files = {str(file.relative_to(FOLDER)) for file in FOLDER.glob("*/*.avsc")}
    assert files == {f"{noun}/{event.__name__}.avsc" for noun, events in NOUNS.items() for event in events}


def test_a_file_holds_the_record_it_is_named_after() -> None:
    for file in FOLDER.glob("*/*.avsc"):
        assert json.loads(file.read_text())["name"] == f"whence.{file.parent.name}.{file.stem}"
    for file in FOLDER.glob("*/history/*.avsc"):
        source = json.loads(file.read_text())
        assert f"{source['name']}.{source['version']}" == f"whence.{file.parents[1].name}.{file.stem}"


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
def test_versions_count_from_one_and_every_earlier_one_is_there(name: str) -> None:
    past = {version for full_name, version in past_schemas() if full_name == name}
    assert past == set(range(1, current_schemas()[name].version))
    assert schema_version(BY_FULL_NAME[name]) == current_schemas()[name].version


def test_only_events_that_changed_are_told_to_have_a_version() -> None:
    assert all(version > 1 for version in SCHEMA_VERSIONS.values())


def test_a_name_means_the_same_in_every_file() -> None:
    meanings: dict[str, Json] = {}
    for schema in current_schemas().values():
        met: Json = {}
        expanded(schema.source, met)
        for name, part in met.items():
            assert meanings.setdefault(name, part) == part, (
                f"{name} in {schema.name} differs from another file's"
            )


def test_everything_is_told_to_people() -> None:
    silent = [
        f"{schema.name}: {part.get('name')}"
        for schema in current_schemas().values()
        for part in documented(schema.source)
        if not part.get("doc", "").strip()
    ]
    assert silent == []


def test_every_event_has_a_sample() -> None:
    assert SAMPLES.keys() == BY_FULL_NAME.keys()


def _drop_liquidity(fields: list[Json]) -> None:
    fields.pop()


def _turn_round(fields: list[Json]) -> None:
    fields.reverse()


def _make_price_a_double(fields: list[Json]) -> None:
    fields[1]["type"] = "double"


def _let_fee_be_null(fields: list[Json]) -> None:
    fields[3]["type"] = ["null", fields[3]["type"]]


def _add_a_symbol(fields: list[Json]) -> None:
    fields[5]["type"]["symbols"].append("BOTH")


def _default_to_a_guess(fields: list[Json]) -> None:
    fields[5]["type"]["default"] = "TAKER"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (_drop_liquidity, "fee_currency, liquidity in this order; its record has execution_id"),
        (_turn_round, "in this order; its record has liquidity, fee_currency"),
        (_make_price_a_double, "OrderFilled.price is Plain.MONEY; its record has double"),
        (_let_fee_be_null, "OrderFilled.fee is Plain.MONEY; its record has ['null'"),
        (_add_a_symbol, "OrderFilled.liquidity has MAKER, TAKER; its record has MAKER, TAKER, BOTH"),
        (_default_to_a_guess, "OrderFilled.liquidity: the default symbol of an enum is UNKNOWN"),
    ],
)
def test_a_difference_is_told(edit: Callable[[list[Json]], None], told: str) -> None:
    own_fields = expanded(copy.deepcopy(current_schemas()["whence.order.OrderFilled"].source))["fields"][1:]
    edit(own_fields)
    assert told in " | ".join(differences(BY_FULL_NAME["whence.order.OrderFilled"], own_fields))


def test_a_default_that_differs_is_told() -> None:
    settings = expanded(copy.deepcopy(current_schemas()["whence.settings.SettingsChanged"].source))["fields"][
        2
    ]
    risk = next(field for field in settings["type"]["fields"] if field["name"] == "risk")
    risk["type"]["fields"][1]["default"] = 6
    assert "RiskSettings.max_positions is 5 by default; its record says 6" in list(
        differences(RiskSettings, risk["type"]["fields"])
    )
