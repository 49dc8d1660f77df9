"""Each event's class has the same fields as its record in `schemas/`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import schemas
from adapters.avro.schema import WriterSchema, current_schemas, past_schemas
from domain.events import BY_FULL_NAME, NOUNS, SCHEMA_VERSIONS, schema_version
from domain.log import Meta
from tests.adapters.avro.decision_form import written_form
from tests.schemas.differences import differences
from tests.schemas.expanded import documented, expanded
from tests.schemas.personal import personal_fields
from tests.schemas.samples import SAMPLES
from tests.schemas.specimen import Json, Specimen, specimen

FOLDER = Path(schemas.__file__).parent


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
def test_the_class_and_the_record_of_an_event_have_the_same_fields(name: str) -> None:
    own_fields = expanded(current_schemas()[name].source)["fields"][1:]
    assert list(differences(written_form(BY_FULL_NAME[name]), own_fields)) == []


@pytest.mark.parametrize("schema", current_schemas().values(), ids=lambda schema: schema.name)
def test_the_first_field_of_a_schema_is_the_shared_meta(schema: WriterSchema) -> None:
    shared = json.loads((FOLDER / "meta.avsc").read_text())
    assert schema.source["fields"][0]["name"] == "meta"
    assert schema.source["fields"][0]["type"] == shared
    assert [field["name"] for field in shared["fields"]] == list(Meta.__struct_fields__)


def test_each_event_has_a_schema_file_and_each_file_an_event() -> None:
    files = {str(file.relative_to(FOLDER)) for file in FOLDER.glob("*/*.avsc")}
    assert files == {f"{noun}/{event.__name__}.avsc" for noun, events in NOUNS.items() for event in events}


def test_a_schema_file_is_named_after_its_record() -> None:
    for file in FOLDER.glob("*/*.avsc"):
        assert json.loads(file.read_text())["name"] == f"whence.{file.parent.name}.{file.stem}"
    for file in FOLDER.glob("*/history/*.avsc"):
        source = json.loads(file.read_text())
        assert f"{source['name']}.{source['version']}" == f"whence.{file.parents[1].name}.{file.stem}"


@pytest.mark.parametrize("name", sorted(BY_FULL_NAME))
def test_versions_count_from_1_and_every_earlier_version_is_archived(name: str) -> None:
    past = {version for full_name, version in past_schemas() if full_name == name}
    assert past == set(range(1, current_schemas()[name].version))
    assert schema_version(BY_FULL_NAME[name]) == current_schemas()[name].version


def test_only_changed_events_are_listed_with_a_schema_version() -> None:
    assert all(version > 1 for version in SCHEMA_VERSIONS.values())


def test_a_named_type_has_the_same_definition_in_every_file() -> None:
    meanings: dict[str, Json] = {}
    for schema in current_schemas().values():
        found: Json = {}
        expanded(schema.source, found)
        for name, part in found.items():
            assert meanings.setdefault(name, part) == part, (
                f"{name} in {schema.name} differs from another file's"
            )


def test_every_type_and_field_is_documented() -> None:
    undocumented = [
        f"{schema.name}: {part.get('name')}"
        for schema in current_schemas().values()
        for part in documented(schema.source)
        if not part.get("doc", "").strip()
    ]
    assert undocumented == []


def test_the_actor_of_every_event_is_personal() -> None:
    unmarked = [one.name for one in current_schemas().values() if "meta.actor" not in personal_fields(one)]
    assert unmarked == []


def test_every_event_has_a_sample() -> None:
    assert SAMPLES.keys() == BY_FULL_NAME.keys()


def test_an_equal_class_and_record_have_no_differences() -> None:
    assert list(differences(Specimen, expanded(specimen().source)["fields"][1:])) == []


def _drop_a_field(fields: list[Json]) -> None:
    fields.pop()


def _reverse_the_order(fields: list[Json]) -> None:
    fields.reverse()


def _make_price_a_double(fields: list[Json]) -> None:
    fields[1]["type"] = "double"


def _let_price_be_null(fields: list[Json]) -> None:
    fields[1]["type"] = ["null", fields[1]["type"]]


def _drop_the_default_of_fee(fields: list[Json]) -> None:
    del fields[2]["default"]


def _add_a_symbol(fields: list[Json]) -> None:
    fields[3]["type"]["symbols"].append("BOTH")


def _default_to_a_known_symbol(fields: list[Json]) -> None:
    fields[4]["type"]["default"] = "ENTRY"


def _change_a_part(fields: list[Json]) -> None:
    fields[5]["type"]["items"]["fields"][0]["type"]["values"] = "long"


def _change_a_default(fields: list[Json]) -> None:
    fields[6]["default"] = "0.1"


DIFFERENT: dict[Callable[[list[Json]], None], str] = {
    _drop_a_field: "aim, notes, lot in this order; its record has name, price",
    _reverse_the_order: "in this order; its record has lot, notes",
    _make_price_a_double: "Specimen.price is Plain.MONEY; its record has double",
    _let_price_be_null: "Specimen.price is Plain.MONEY; its record has ['null'",
    _drop_the_default_of_fee: "Specimen.fee may be None; its record must have the default null",
    _add_a_symbol: "Specimen.role has MAKER, TAKER; its record has MAKER, TAKER, BOTH",
    _default_to_a_known_symbol: "Specimen.aim: the default symbol of an enum must be UNKNOWN",
    _change_a_part: "Note.figures{} is Plain.TEXT; its record has long",
    _change_a_default: "Specimen.lot is '0.10' by default; its record has '0.1'",
}


@pytest.mark.parametrize(("edit", "sentence"), DIFFERENT.items(), ids=[edit.__name__ for edit in DIFFERENT])
def test_a_difference_is_reported(edit: Callable[[list[Json]], None], sentence: str) -> None:
    fields = expanded(specimen().source)["fields"][1:]
    edit(fields)
    assert sentence in " | ".join(differences(Specimen, fields))
