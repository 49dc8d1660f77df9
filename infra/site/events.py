"""The page of all events, from their Avro schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from domain.events import NOUNS
from infra.site.markdown import code, plain, table

_SCHEMAS = Path(__file__).parents[2] / "schemas"
_HEAD = """\
# Events

An event is immutable. Its full name is `whence.<noun>.<class>`, its schema the file `schemas/<noun>/<class>.avsc`; the
former versions are in `schemas/<noun>/history`. A field may be added or removed if it has a default. Every event begins
with `meta`; `whence schemas show NAME` prints a schema."""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "", "## `meta`", ""]
    lines += _fields(_read(_SCHEMAS / "meta.avsc"))
    for noun, classes in NOUNS.items():
        lines += [f"## {noun}", ""]
        for one in classes:
            lines += _event(_read(_SCHEMAS / noun / f"{one.__name__}.avsc"))
    return "\n".join(lines)


def _read(path: Path) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def _event(schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {schema['name'].rpartition('.')[2]}"
    yield ""
    yield f"{plain(schema.get('doc', ''))} Version {schema.get('version', 1)}."
    yield ""
    yield from _fields(schema)


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    own = [one for one in schema["fields"] if one["name"] != "meta"]
    if own:
        yield from table(
            ("field", "type", "meaning"),
            ((code(one["name"]), code(_type(one["type"])), plain(one.get("doc", ""))) for one in own),
        )


def _union(given: Sequence[Any]) -> str:
    others = " or ".join(_type(one) for one in given if one != "null")
    return f"{others}?" if "null" in given else others


def _type(given: Any) -> str:
    """The type as one reads it: `string?` is string or null, `[X]` an array of X, `{X}` a map of X by string."""
    if isinstance(given, str):
        return given.removeprefix("whence.")
    if isinstance(given, list):
        return _union(cast("Sequence[Any]", given))
    match given["type"]:
        case "array":
            return f"[{_type(given['items'])}]"
        case "map":
            return f"{{{_type(given['values'])}}}"
        case "enum":
            return " / ".join(given["symbols"])
        case kind:
            return str(given.get("logicalType") or given.get("name", kind)).removeprefix("whence.")
