"""The fields that the schemas mark as personal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from adapters.avro.schema import WriterSchema


def personal_fields(schema: WriterSchema) -> frozenset[str]:
    """The dotted names of the schema's personal fields, as in `meta.actor`."""
    return frozenset(_marked(schema.source, ""))


def _marked(record: Any, before: str) -> Iterator[str]:
    for field in record["fields"]:
        name = f"{before}{field['name']}"
        if field.get("personal"):
            yield name
        kind = _items(field["type"])
        if isinstance(kind, dict) and cast("dict[str, Any]", kind).get("type") == "record":
            yield from _marked(kind, f"{name}.")


def _items(kind: Any) -> Any:
    """The type of an array's items; any other type as it is."""
    return cast("dict[str, Any]", kind).get("items", kind) if isinstance(kind, dict) else kind
