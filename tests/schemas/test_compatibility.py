"""No version of a schema may break a reader of another version; a break is reported with its field and its remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.avro.schema import WriterSchema, current_schemas, past_schemas
from tests.schemas.compatibility import breaks
from tests.schemas.specimen import Json, edited, field, specimen


@pytest.mark.parametrize(
    "older", past_schemas().values(), ids=lambda schema: f"{schema.name}.{schema.version}"
)
def test_every_past_version_is_compatible_with_every_later_one(older: WriterSchema) -> None:
    every = [*past_schemas().values(), *current_schemas().values()]
    later = [schema for schema in every if schema.name == older.name and schema.version > older.version]
    assert later
    assert [fault for newer in later for fault in breaks(older, newer)] == []


def _drop_a_field(schema: Json) -> None:
    schema["fields"].remove(field(schema, "price"))


def _add_a_field_without_default(schema: Json) -> None:
    schema["fields"].append({"name": "venue", "type": "string"})


def _rename_a_field(schema: Json) -> None:
    field(schema, "price")["name"] = "rate"


def _make_money_a_float(schema: Json) -> None:
    field(schema, "price")["type"] = "double"


def _make_money_a_list(schema: Json) -> None:
    field(schema, "price")["type"] = {"type": "array", "items": "string"}


def _allow_nothing(schema: Json) -> None:
    field(schema, "name")["type"] = ["null", "string"]


def _grow_a_closed_enum(schema: Json) -> None:
    field(schema, "role")["type"]["symbols"].append("AUCTION")


def _drop_a_symbol(schema: Json) -> None:
    field(schema, "role")["type"]["symbols"].remove("MAKER")


def _rename_an_enum(schema: Json) -> None:
    field(schema, "role")["type"]["name"] = "whence.Part"


def _shorten_an_id(schema: Json) -> None:
    field(field(schema, "meta")["type"], "event_id")["type"]["size"] = 8


def _change_a_unit(schema: Json) -> None:
    field(field(schema, "meta")["type"], "occurred_at")["type"]["logicalType"] = "timestamp-millis"


def _drop_the_logical_type(schema: Json) -> None:
    field(schema, "fee")["type"] = ["null", "string"]


def _change_a_part(schema: Json) -> None:
    field(field(schema, "notes")["type"]["items"], "figures")["type"]["values"] = "double"


def _name_another_part(schema: Json) -> None:
    field(schema, "notes")["type"]["items"]["name"] = "whence.Remark"


BROKEN: dict[Callable[[Json], None], tuple[str, ...]] = {
    _drop_a_field: ("drops price, which has no default in version 1", "keep the field"),
    _add_a_field_without_default: ("adds venue without a default", "give the field a default"),
    _rename_a_field: ("drops price", "adds rate without a default"),
    _make_money_a_float: ("changes the type of price from string to double", "add a new one with a default"),
    _make_money_a_list: ("changes the type of price from string to array",),
    _allow_nothing: ("changes the type of name from string to null or string",),
    _grow_a_closed_enum: (
        "adds AUCTION in role, whose enum has no default symbol",
        "in a new field with a default",
    ),
    _drop_a_symbol: ("drops MAKER in role, whose enum has no default symbol",),
    _rename_an_enum: ("renames the enum in role",),
    _shorten_an_id: ("changes the type of meta.event_id from whence.Uuid to whence.Uuid",),
    _change_a_unit: (
        "changes the meaning of meta.occurred_at from timestamp-micros to timestamp-millis",
        "add that version's upcaster to adapters/avro/upcasters.py",
    ),
    _drop_the_logical_type: ("changes the meaning of fee from null or whence-decimal to null or string",),
    _change_a_part: ("changes the type of notes[].figures{} from string to double",),
    _name_another_part: ("changes the type of notes[] from whence.Note to whence.Remark",),
}


@pytest.mark.parametrize(("edit", "reported"), BROKEN.items(), ids=[edit.__name__ for edit in BROKEN])
def test_an_incompatible_edit_is_reported_with_its_field_and_remedy(
    edit: Callable[[Json], None], reported: tuple[str, ...]
) -> None:
    sentences = breaks(specimen(), edited(edit))
    assert all(sentence.startswith("whence.test.Specimen: version 2 ") for sentence in sentences)
    for words in reported:
        assert words in " | ".join(sentences)


def _add_a_field_with_default(schema: Json) -> None:
    schema["fields"].append({"name": "venue", "type": "string", "default": ""})


def _add_a_field_that_may_be_null(schema: Json) -> None:
    schema["fields"].insert(1, {"name": "note", "type": ["null", "string"], "default": None})


def _drop_a_field_with_default(schema: Json) -> None:
    schema["fields"].remove(field(schema, "lot"))


def _grow_an_open_enum(schema: Json) -> None:
    field(schema, "aim")["type"]["symbols"].append("HEDGE")


def _change_the_documentation(schema: Json) -> None:
    schema["doc"] = field(schema, "fee")["doc"] = "Other words."


@pytest.mark.parametrize(
    "edit",
    [
        _add_a_field_with_default,
        _add_a_field_that_may_be_null,
        _drop_a_field_with_default,
        _grow_an_open_enum,
        _change_the_documentation,
    ],
)
def test_a_compatible_edit_is_accepted_in_both_directions(edit: Callable[[Json], None]) -> None:
    assert breaks(specimen(), edited(edit)) == breaks(edited(edit), specimen()) == []
