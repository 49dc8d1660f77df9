"""The symbols of a schema's enums. Avro writes an enum's value as its index among the symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar, cast

from adapters.avro.binary import SHORT

_E = TypeVar("_E", bound=StrEnum)

Symbols = Mapping[str, Sequence[str]]
"""The symbols of each enum, by the enum's full name."""


def symbols_of(schema: object) -> Symbols:
    """The symbols of every enum defined in a schema."""
    return dict(_enums(schema))


def bytes_of(of: type[_E], symbols: Symbols) -> Mapping[_E, bytes]:
    """The encoded form of each member of a domain enum."""
    places = symbols[f"whence.{of.__name__}"]
    return {member: SHORT[places.index(member.value)] for member in of}


class Members(dict[int, _E]):
    """The members of an enum, by the byte that encodes each.

    A lookup raises KeyError for a symbol without a member, such as UNKNOWN, and IndexError for a byte beyond the last
    symbol. Readers with an older schema read new symbols as UNKNOWN.
    """

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
