"""No version of a schema may break a reader of another, and whoever tries is told what and how to mend it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from adapters.avro.schema import WriterSchema, current_schemas, past_schemas, writer_schema
from tests.schemas.compatibility import breaks

Json = dict[str, Any]


@pytest.mark.parametrize(
    "older", past_schemas().values(), ids=lambda schema: f"{schema.name}.{schema.version}"
)
def test_every_version_there_was_can_live_with_every_later_one(older: WriterSchema) -> None:
    every = [*past_schemas().values(), *current_schemas().values()]
    later = [schema for schema in every if schema.name == older.name and schema.version > older.version]
    assert later
    assert [fault for newer in later for fault in breaks(older, newer)] == []


def _field(schema: Json, name: str) -> Json:
    return next(field for field in schema["fields"] if field["name"] == name)


def _drop_a_field(schema: Json) -> None:
    schema["fields"].remove(_field(schema, "fee"))


def _add_a_field_without_default(schema: Json) -> None:
    schema["fields"].append({"name": "venue", "type": "string"})


def _rename_a_field(schema: Json) -> None:
    _field(schema, "fee")["name"] = "commission"


def _make_money_a_float(schema: Json) -> None:
    _field(schema, "price")["type"] = "double"


def _make_money_bytes(schema: Json) -> None:
    _field(schema, "price")["type"] = {"type": "array", "items": "string"}


def _allow_nothing(schema: Json) -> None:
    _field(schema, "fee_currency")["type"] = ["null", "string"]


def _grow_a_closed_enum(schema: Json) -> None:
    _field(schema, "liquidity")["type"]["symbols"].append("AUCTION")


def _drop_a_symbol(schema: Json) -> None:
    _field(schema, "liquidity")["type"]["symbols"].remove("MAKER")


def _rename_an_enum(schema: Json) -> None:
    _field(schema, "liquidity")["type"]["name"] = "whence.Role"


def _shorten_an_id(schema: Json) -> None:
    _field(_field(schema, "meta")["type"], "event_id")["type"]["size"] = 8


def _change_meta(schema: Json) -> None:
    _field(_field(schema, "meta")["type"], "account")["type"] = "long"


def _change_a_unit(schema: Json) -> None:
    _field(_field(schema, "meta")["type"], "occurred_at")["type"]["logicalType"] = "timestamp-millis"


def _forget_money(schema: Json) -> None:
    _field(schema, "fee")["type"] = "string"


BROKEN: dict[Callable[[Json], None], tuple[str, ...]] = {
    _drop_a_field: ("drops fee, which has no default in version 1", "keep the field"),
    _add_a_field_without_default: ("adds venue without a default", "give the field a default"),
    _rename_a_field: ("drops fee", "adds commission without a default"),
    _make_money_a_float: ("changes the type of price from string to double", "add a new one with a default"),
    _make_money_bytes: ("changes the type of price from string to array",),
    _allow_nothing: ("changes the type of fee_currency from string to null or string",),
    _grow_a_closed_enum: ("adds AUCTION in liquidity, whose enum has no default symbol", "a new field"),
    _drop_a_symbol: ("drops MAKER in liquidity, whose enum has no default symbol",),
    _rename_an_enum: ("renames the enum in liquidity",),
    _shorten_an_id: (
        "changes the type of meta.event_id from whence.Uuid to whence.Uuid",
        "meta.causation_id",
    ),
    _change_meta: ("changes the type of meta.account from string to long",),
    _change_a_unit: (
        "changes the meaning of meta.occurred_at from timestamp-micros to timestamp-millis",
        "upcaster",
    ),
    _forget_money: ("changes the meaning of fee from whence-decimal to string",),
}


@pytest.mark.parametrize(("edit", "told"), BROKEN.items(), ids=[edit.__name__ for edit in BROKEN])
def test_a_broken_edit_is_told_in_one_sentence(edit: Callable[[Json], None], told: tuple[str, ...]) -> None:
    older = current_schemas()["whence.order.OrderFilled"]
    sentences = breaks(older, _edited(older, edit))
    assert all(sentence.startswith("whence.order.OrderFilled: version 2 ") for sentence in sentences)
    for words in told:
        assert words in " | ".join(sentences)


def _add_a_field_with_default(schema: Json) -> None:
    schema["fields"].append({"name": "venue", "type": "string", "default": ""})


def _add_a_part_that_may_be_null(schema: Json) -> None:
    schema["fields"].insert(1, {"name": "note", "type": ["null", "string"], "default": None})


def _say_it_in_other_words(schema: Json) -> None:
    schema["doc"] = _field(schema, "fee")["doc"] = "Other words."


@pytest.mark.parametrize(
    "edit", [_add_a_field_with_default, _add_a_part_that_may_be_null, _say_it_in_other_words]
)
def test_what_readers_can_live_with_is_let_through_both_ways(edit: Callable[[Json], None]) -> None:
    older = current_schemas()["whence.order.OrderFilled"]
    newer = _edited(older, edit)
    assert breaks(older, newer) == breaks(newer, older) == []


def test_an_enum_with_a_default_symbol_may_grow() -> None:
    older = current_schemas()["whence.order.OrderPlaced"]

    def grow(schema: Json) -> None:
        _field(schema, "purpose")["type"]["symbols"].append("HEDGE")

    assert breaks(older, _edited(older, grow)) == []


def test_a_fault_deep_inside_is_named_by_its_path() -> None:
    older = current_schemas()["whence.signal.DecisionMade"]

    def break_votes(schema: Json) -> None:
        _field(_field(schema, "votes")["type"]["items"], "figures")["type"]["values"] = "double"

    assert (
        "changes the type of votes[].figures{} from string to double"
        in breaks(older, _edited(older, break_votes))[0]
    )


def _edited(schema: WriterSchema, edit: Callable[[Json], None]) -> WriterSchema:
    source = copy.deepcopy(schema.source)
    source["version"] = schema.version + 1
    edit(source)
    return writer_schema(source)
