"""The differences between a class and its record, one sentence each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from msgspec import NODEFAULT, Struct, structs

from adapters.avro.shape import Choice, Many, Maybe, Named, Part, Plain, Shape, fields_of, is_record

Json = dict[str, Any]
UNKNOWN = "UNKNOWN"

_PLAIN: Mapping[Plain, Any] = {
    Plain.TEXT: "string",
    Plain.MONEY: {"type": "string", "logicalType": "whence-decimal"},
    Plain.COUNT: "long",
    Plain.OPINION: "double",
    Plain.FLAG: "boolean",
    Plain.MOMENT: {"type": "long", "logicalType": "timestamp-micros"},
    Plain.IDENTITY: {"type": "fixed", "name": "whence.Uuid", "size": 16, "logicalType": "uuid"},
}


def differences(owner: type, fields: list[Json]) -> Iterator[str]:
    """One sentence for each difference; `fields` are those of the expanded record, in order, without `meta`."""
    shapes = dict(fields_of(owner))
    recorded = [field["name"] for field in fields]
    if recorded != list(shapes):
        yield f"{owner.__name__} has {', '.join(shapes)} in this order; its record has {', '.join(recorded)}"
        return
    for field in fields:
        where = f"{owner.__name__}.{field['name']}"
        yield from _of_types(shapes[field["name"]], field["type"], where)
    yield from _of_defaults(owner, fields, shapes)


def _of_types(shape: Shape, schema: Any, where: str) -> Iterator[str]:
    match shape, schema:
        case Plain(), _ if schema == _PLAIN[shape]:
            return
        case Maybe(inner), ["null", nested]:
            yield from _of_types(inner, nested, where)
        case Many(item), {"type": "array", "items": nested}:
            yield from _of_types(item, nested, f"{where}[]")
        case Named(value), {"type": "map", "values": nested}:
            yield from _of_types(value, nested, f"{where}{{}}")
        case Part(of), {"type": "record", "name": name, "fields": fields} if name == f"whence.{of.__name__}":
            yield from differences(of, fields)
        case Choice(of), {"type": "enum", "name": name} if name == f"whence.{of.__name__}":
            yield from _of_symbols([member.value for member in of], schema, where)
        case _:
            yield f"{where} is {shape}; its record has {schema}"


def _of_symbols(members: list[str], schema: Json, where: str) -> Iterator[str]:
    """Differences of an enum.

    One that may grow begins with UNKNOWN, its default, as which older readers read new symbols.
    """
    grows = UNKNOWN in schema["symbols"]
    if schema["symbols"] != ([UNKNOWN, *members] if grows else members):
        yield f"{where} has {', '.join(members)}; its record has {', '.join(schema['symbols'])}"
    if schema.get("default") != (UNKNOWN if grows else None):
        yield f"{where}: the default symbol of an enum must be {UNKNOWN}, or there must be none"


def _of_defaults(owner: type, fields: list[Json], shapes: Mapping[str, Shape]) -> Iterator[str]:
    """A default in the class must be the default in the record, too. The record alone may have one, for older bytes."""
    own = _defaults_of(owner)
    for field in fields:
        name = field["name"]
        if isinstance(shapes[name], Maybe) and field.get("default", ...) is not None:
            yield f"{owner.__name__}.{name} may be None; its record must have the default null"
        default = _default(own[name])
        if default is not None and field.get("default") != default:
            yield f"{owner.__name__}.{name} is {default!r} by default; its record has {field.get('default')!r}"


def _defaults_of(owner: type) -> Mapping[str, object]:
    """The defaults by field name, None for a field without one; a default factory is called once."""
    if issubclass(owner, Struct):
        named = {one.name: (one.default, one.default_factory) for one in structs.fields(owner)}
        missing: object = NODEFAULT
    else:
        plain = cast("Any", owner)
        named = {one.name: (one.default, one.default_factory) for one in dataclasses.fields(plain)}
        missing = dataclasses.MISSING
    return {
        name: factory() if callable(factory) else None if value is missing else value
        for name, (value, factory) in named.items()
    }


def _default(value: object) -> object:
    """The default in Avro's JSON form; None for no default, and for a nested record: its fields have defaults."""
    if value is None or is_record(type(value)):
        return None
    if isinstance(value, tuple):
        return [] if value == () else None
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {
            name: list(cast("tuple[object, ...]", one)) if isinstance(one, tuple) else one
            for name, one in items
        }
    return format(value, "f") if isinstance(value, Decimal) else value
