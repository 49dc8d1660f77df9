"""The symbols of a schema's enums: an enum's value is written as its place among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar, cast

from adapters.avro.binary import SHORT

_E = TypeVar("_E", bound=StrEnum)

Symbols = Mapping[str, Sequence[str]]
"""By the enum's full name."""


def symbols_of(schema: object) -> Symbols:
    """Those of every enum that is written out somewhere in a schema."""
    return dict(_enums(schema))


def bytes_of(of: type[_E], symbols: Symbols) -> Mapping[_E, bytes]:
    """The bytes of each member of an enum of the domain."""
    places = symbols[f"whence.{of.__name__}"]
    return {member: SHORT[places.index(member.value)] for member in of}


class Members(dict[int, _E]):
    """An enum's members by their bytes; what stands for newer ones, and what is no place, has none: KeyError."""

    def __init__(self, of: type[_E], symbols: Symbols) -> None:
        self._places = symbols[f"whence.{of.__name__}"]
        super().__init__({written[0]: member for member, written in bytes_of(of, symbols).items()})

    def __missing__(self, byte: int) -> _E:
        raise KeyError(self._places[byte >> 1])


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
