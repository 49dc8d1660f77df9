"""A schema with every named type replaced by its definition, and without its documentation and marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]
_PROSE = frozenset({"doc", "personal"})
_NAMED = frozenset({"record", "enum", "fixed"})


def expanded(schema: object, known: Json | None = None) -> Any:
    """The expanded schema; `known` holds the named types found so far."""
    named: Json = {} if known is None else known
    if isinstance(schema, str):
        return named.get(schema, schema)
    if isinstance(schema, list):
        return [expanded(one, named) for one in cast("list[object]", schema)]
    parts = {
        key: _part(key, value, named) for key, value in cast("Json", schema).items() if key not in _PROSE
    }
    if parts["type"] in _NAMED:
        named[parts["name"]] = parts
    return parts


def documented(schema: object) -> Iterator[Json]:
    """Every part of a schema that needs documentation: records, enums, fixed types and fields."""
    if isinstance(schema, list):
        for one in cast("list[object]", schema):
            yield from documented(one)
    elif isinstance(schema, dict):
        part = cast("Json", schema)
        if part["type"] in _NAMED:
            yield part
        for field in part.get("fields", ()):
            yield field
            yield from documented(field["type"])
        for within in ("items", "values"):
            yield from documented(part.get(within))


def _part(key: str, value: Any, named: Json) -> Any:
    if key == "fields":
        return [
            {
                **{name: entry for name, entry in field.items() if name not in _PROSE},
                "type": expanded(field["type"], named),
            }
            for field in value
        ]
    return expanded(value, named) if key in {"items", "values"} else value
