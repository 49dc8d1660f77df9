"""Checks that two versions of an event's schema can read each other (FULL_TRANSITIVE) and have the same meaning.

Apache Avro's own checker decides whether they are compatible; this module names the field at fault and the remedy. Avro
ignores logical types, so a changed logical type needs an upcaster.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import IgnoredLogicalType
from avro.schema import (
    ArraySchema,
    EnumSchema,
    MapSchema,
    NamedSchema,
    RecordSchema,
    Schema,
    UnionSchema,
    parse,
)

from adapters.avro.schema import WriterSchema
from adapters.avro.upcasters import UPCASTERS


def breaks(older: WriterSchema, newer: WriterSchema) -> list[str]:
    """One sentence for each field because of which readers of one version cannot read the other version."""
    faults = _type_faults(_parsed(older), _parsed(newer), older, "")
    return [f"{newer.name}: version {newer.version} {fault}" for fault in faults]


def _record_faults(old: Any, new: Any, older: WriterSchema, path: str) -> Iterator[str]:
    before, after = _fields(old), _fields(new)
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after:
            yield from _type_faults(before[name].type, after[name].type, older, f"{path}{name}")
        elif name in before and not before[name].has_default:
            yield (
                f"drops {path}{name}, which has no default in version {older.version}, so that version's readers "
                "need it: keep the field"
            )
        elif name in after and not after[name].has_default:
            yield (
                f"adds {path}{name} without a default, so what version {older.version} wrote cannot be read: give "
                "the field a default"
            )


def _type_faults(old: Any, new: Any, older: WriterSchema, path: str) -> Iterator[str]:
    match old, new:
        case RecordSchema(), RecordSchema() if old.fullname == new.fullname:
            yield from _record_faults(old, new, older, f"{path}." if path else "")
        case ArraySchema(items=before), ArraySchema(items=after):
            yield from _type_faults(before, after, older, f"{path}[]")
        case MapSchema(values=before), MapSchema(values=after):
            yield from _type_faults(before, after, older, f"{path}{{}}")
        case EnumSchema(), EnumSchema() if not _shared(old, new):
            yield _enum_sentence(old, new, path)
        case _ if not _shared(old, new):
            yield (
                f"changes the type of {path} from {_spelled(old)} to {_spelled(new)}, which readers of version "
                f"{older.version} and of this one cannot share: keep the field and add a new one with a default"
            )
        case _ if _meaning(old) != _meaning(new) and (older.name, older.version) not in UPCASTERS:
            yield (
                f"changes the meaning of {path} from {_meaning(old)} to {_meaning(new)}, so what version "
                f"{older.version} wrote would be misread: add that version's upcaster to adapters/avro/upcasters.py"
            )
        case _:
            return


def _enum_sentence(old: EnumSchema, new: EnumSchema, path: str) -> str:
    gone, come = set(old.symbols) - set(new.symbols), set(new.symbols) - set(old.symbols)
    changes = [f"drops {symbol}" for symbol in sorted(gone)] + [f"adds {symbol}" for symbol in sorted(come)]
    return (
        f"{' and '.join(changes) or 'renames the enum'} in {path}, whose enum has no default symbol for readers that "
        "lack one: leave the enum as it is and put the new case in a new field with a default"
    )


def _shared(old: Schema, new: Schema) -> bool:
    return _reads(old, new) and _reads(new, old)


def _reads(reader: Schema, writer: Schema) -> bool:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # avro types only its results
    result = checker.get_compatibility(reader, writer)
    return result.compatibility is SchemaCompatibilityType.compatible


def _parsed(schema: WriterSchema) -> Schema:
    with warnings.catch_warnings():
        # The library reads an unknown logical type as its underlying type, as every reader must.
        warnings.simplefilter("ignore", IgnoredLogicalType)
        return parse(json.dumps(schema.source))


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: field for field in record.fields}


def _spelled(schema: Schema) -> str:
    if isinstance(schema, UnionSchema):
        return " or ".join(map(_spelled, schema.schemas))
    return str(schema.fullname if isinstance(schema, NamedSchema) else schema.type)


def _meaning(schema: Schema) -> str:
    if isinstance(schema, UnionSchema):
        return " or ".join(map(_meaning, schema.schemas))
    return str(schema.other_props.get("logicalType", _spelled(schema)))
