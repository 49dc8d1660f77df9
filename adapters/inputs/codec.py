"""Inputs as MessagePack, exactly: what is read equals what was written, in every type.

A value of a class is an array: the place of its class in the schema, then its fields in the schema's order. An enum's
member is the place and the member's value. Other values that MessagePack lacks are arrays that begin with a negative
number (`_TUPLE` to `_SET`). Text, numbers, None, mappings and bytes are MessagePack's own; times are its timestamps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from adapters.avro.shape import names_of
from adapters.inputs.schema import Schema, classes, demanded, newest
from commands.input_tape import Taped
from domain.errors import InvalidInput, LogCorrupt, UnknownSchema

_TUPLE, _LIST, _DECIMAL, _TIMEDELTA, _UUID, _SET = -1, -2, -3, -4, -5, -6
_MICROSECOND: Final = timedelta(microseconds=1)

Write = Callable[[Any], Any]
_PLAIN: Final[frozenset[type]] = frozenset((str, int, float, bool, bytes, type(None)))
"""What MessagePack has itself."""
Read = Callable[[Any], Any]


class _Writes(dict[type, Write]):
    """What writes the values of each type."""

    def __missing__(self, kind: type) -> Write:
        raise InvalidInput(f"a value of type {kind.__name__} has no place on a tape")


class Writer:
    """Encodes inputs under the newest schema."""

    def __init__(self) -> None:
        """Raises UnknownSchema where a class has changed and `schemas/tape` has no schema for it yet."""
        self.schema = newest()
        if dict(self.schema.fields) != demanded():
            raise UnknownSchema(
                f"the classes of the inputs are not those of {self.schema}: add a schema with `python -m "
                "adapters.inputs.schema > schemas/tape/<next number>.json`"
            )
        self._encode = msgspec.msgpack.Encoder().encode
        self._writes = _Writes(
            {
                **dict.fromkeys(_PLAIN, _same),
                datetime: _moment,
                Decimal: lambda value: (_DECIMAL, str(value)),
                timedelta: lambda value: (_TIMEDELTA, value // _MICROSECOND),
                UUID: lambda value: (_UUID, value.bytes),
                tuple: lambda value: self._array(_TUPLE, value),
                list: lambda value: self._array(_LIST, value),
                frozenset: lambda value: self._array(_SET, sorted(value)),
                dict: self._mapping,
                MappingProxyType: self._mapping,
            }
        )
        known = classes()
        for place, (name, fields) in enumerate(self.schema.fields.items()):
            self._writes[known[name]] = self._of_class(known[name], place, fields)

    def encode(self, received_at: datetime, given: Taped) -> bytes:
        """The bytes of one input with the time at which it came. Raises InvalidInput for a value without a form."""
        try:
            return self._encode((received_at, self._writes[type(given)](given)))
        except (OverflowError, RecursionError) as fault:
            raise InvalidInput(f"a {type(given).__name__} cannot be put on the tape: {fault}") from None

    def _array(self, first: int, values: Iterable[Any]) -> Any:
        """An array of `first` and the values. Plain ones are not looked up: the figures of a book are more than 100."""
        writes, plain = self._writes, _PLAIN
        return [
            first,
            *[value if type(value) in plain else writes[type(value)](value) for value in values],
        ]

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        writes = self._writes
        return {key: writes[type(item)](item) for key, item in value.items()}

    def _of_class(self, kind: type, place: int, fields: Sequence[str]) -> Write:
        if issubclass(kind, Enum):
            return lambda value: (place, value.value)
        array = self._array
        if len(fields) < 2:
            return lambda value: array(place, (getattr(value, name) for name in fields))
        values = attrgetter(*fields)
        return lambda value: array(place, values(value))


class Reader:
    """Decodes the inputs of one schema, also an earlier one: fields that were added since have their defaults."""

    def __init__(self, schema: Schema) -> None:
        """Raises UnknownSchema where a class or a field of the schema is not in this program any more."""
        known = classes()
        self._schema = schema
        self._reads: dict[int, Read] = {
            _TUPLE: lambda items: tuple(map(self._read, items)),
            _LIST: lambda items: list(map(self._read, items)),
            _SET: lambda items: frozenset(map(self._read, items)),
            _DECIMAL: lambda items: Decimal(items[0]),
            _TIMEDELTA: lambda items: items[0] * _MICROSECOND,
            _UUID: lambda items: UUID(bytes=items[0]),
        }
        self._nested: dict[type, Read] = {list: self._read_array, dict: self._read_map}
        for place, (name, fields) in enumerate(schema.fields.items()):
            self._reads[place] = self._of_class(_known(schema, known, name), name, fields)

    def decode(self, data: bytes) -> Sequence[tuple[datetime, Taped]]:
        """The inputs of one batch, each with the time at which it came. Raises LogCorrupt, UnknownSchema."""
        try:
            entries = cast("list[list[Any]]", msgspec.msgpack.decode(data))
            return [(at, self._read(value)) for at, value in entries]
        except (msgspec.MsgspecError, LookupError, ValueError, TypeError, ArithmeticError) as fault:
            raise LogCorrupt(f"these bytes are no inputs of {self._schema}: {fault}") from fault

    def _read(self, value: Any) -> Any:
        return self._nested.get(value.__class__, _same)(value)

    def _read_array(self, value: list[Any]) -> Any:
        return self._reads[value[0]](value[1:])

    def _read_map(self, value: dict[Any, Any]) -> Any:
        return {key: self._read(item) for key, item in value.items()}

    def _of_class(self, kind: type[Any], name: str, fields: Sequence[str]) -> Read:
        if issubclass(kind, Enum):
            return lambda items: kind(items[0])
        if missing := sorted(set(fields) - set(names_of(kind))):
            raise UnknownSchema(
                f"{self._schema}: {name} has no {', '.join(missing)} in this version of the program"
            )
        names = tuple(fields)
        return lambda items: kind(**dict(zip(names, map(self._read, items), strict=True)))


def _known(schema: Schema, known: Mapping[str, type], name: str) -> type:
    found = known.get(name)
    if found is None:
        raise UnknownSchema(f"{schema}: this version of the program has no {name}")
    return found


def _same(value: Any) -> Any:
    return value


def _moment(value: datetime) -> datetime:
    """The time itself. Raises InvalidInput where it has no zone: it would be read as another type."""
    if value.tzinfo is None:
        raise InvalidInput(f"{value} has no zone, and has no place on a tape")
    return value
