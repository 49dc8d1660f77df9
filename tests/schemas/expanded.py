"""A schema with every name written out where it stands, and without what is said to people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

Json = dict[str, Any]
_NAMED = frozenset({"record", "enum", "fixed"})


def expanded(schema: object, known: Json | None = None) -> Any:
    """`known` holds the named types met so far."""
    named: Json = {} if known is None else known
    if isinstance(schema, str):
        return named.get(schema, schema)
    if isinstance(schema, list):
        return [expanded(one, named) for one in cast("list[object]", schema)]
    told = {key: _part(key, value, named) for key, value in cast("Json", schema).items() if key != "doc"}
    if told["type"] in _NAMED:
        named[told["name"]] = told
    return told


def documented(schema: object) -> Iterator[Json]:
    """Every part of a schema that owes people a word: records, enums, fixed types and fields."""
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
                **{name: told for name, told in field.items() if name != "doc"},
                "type": expanded(field["type"], named),
            }
            for field in value
        ]
    return expanded(value, named) if key in {"items", "values"} else value
