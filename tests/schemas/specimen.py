"""An artificial event, its class and its record, on which the checks are tested independently of real events."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from adapters.avro.schema import WriterSchema, writer_schema

Json = dict[str, Any]


class Role(StrEnum):
    """A closed enum."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class Aim(StrEnum):
    """An enum that may grow."""

    ENTRY = "ENTRY"


@dataclass(frozen=True, slots=True)
class Note:
    """A nested record."""

    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Specimen:
    """One field of every kind that the checks distinguish."""

    name: str
    price: Decimal
    fee: Decimal | None
    role: Role
    aim: Aim
    notes: tuple[Note, ...]
    lot: Decimal = Decimal("0.10")


_MONEY: Json = {"type": "string", "logicalType": "whence-decimal"}

_SOURCE: Json = {
    "type": "record",
    "name": "whence.test.Specimen",
    "version": 1,
    "fields": [
        {
            "name": "meta",
            "type": {
                "type": "record",
                "name": "whence.Meta",
                "fields": [
                    {"name": "event_id", "type": {"type": "fixed", "name": "whence.Uuid", "size": 16}},
                    {"name": "occurred_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
                ],
            },
        },
        {"name": "name", "type": "string"},
        {"name": "price", "type": _MONEY},
        {"name": "fee", "type": ["null", _MONEY], "default": None},
        {"name": "role", "type": {"type": "enum", "name": "whence.Role", "symbols": ["MAKER", "TAKER"]}},
        {
            "name": "aim",
            "type": {
                "type": "enum",
                "name": "whence.Aim",
                "symbols": ["UNKNOWN", "ENTRY"],
                "default": "UNKNOWN",
            },
        },
        {
            "name": "notes",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "whence.Note",
                    "fields": [{"name": "figures", "type": {"type": "map", "values": "string"}}],
                },
            },
        },
        {"name": "lot", "type": _MONEY, "default": "0.10"},
    ],
}


def specimen() -> WriterSchema:
    """Version 1 of the schema."""
    return writer_schema(copy.deepcopy(_SOURCE))


def edited(edit: Callable[[Json], None]) -> WriterSchema:
    """Version 2 of the schema, changed by `edit`."""
    source = copy.deepcopy(_SOURCE) | {"version": 2}
    edit(source)
    return writer_schema(source)


def field(record: Json, name: str) -> Json:
    """The field of a record by its name."""
    return next(one for one in record["fields"] if one["name"] == name)
