"""The symbols of a schema's enums: an enum's value is written as its place among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, cast

Symbols = Mapping[str, Sequence[str]]
"""By the enum's full name."""


def symbols_of(schema: object) -> Symbols:
    """Those of every enum that is written out somewhere in a schema."""
    return dict(_enums(schema))


def of_enum(symbols: Symbols, enum: type[StrEnum]) -> Sequence[str]:
    """Those of the enum that a class of the domain goes by."""
    return symbols[f"whence.{enum.__name__}"]


def _enums(schema: object) -> Iterator[tuple[str, Sequence[str]]]:
    if isinstance(schema, list):
        for one in cast("list[object]", schema):
            yield from _enums(one)
    elif isinstance(schema, dict):
        part = cast("dict[str, Any]", schema)
        if part.get("type") == "enum":
            yield part["name"], part["symbols"]
        for within in part.values():
            yield from _enums(within)
