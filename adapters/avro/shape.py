"""The shape of a class: the kind of value in each field, derived from type hints.

Reading, writing, JSON and the test that compares classes with schemas all use these shapes. A new kind of field needs
a new shape here and one line in each table keyed by shape.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from typing import Any, Final, TypeGuard, cast
from uuid import UUID

from msgspec import Struct


class Plain(Enum):
    """A field that holds one value."""

    TEXT = "text"
    MONEY = "money"
    COUNT = "count"
    OPINION = "opinion"
    FLAG = "flag"
    MOMENT = "moment"
    IDENTITY = "identity"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One of an enum's members."""

    of: type[StrEnum]


@dataclasses.dataclass(frozen=True, slots=True)
class Maybe:
    """None, or a value of the inner shape."""

    inner: Shape


@dataclasses.dataclass(frozen=True, slots=True)
class Many:
    """A tuple of any length whose items all have one shape."""

    item: Shape


@dataclasses.dataclass(frozen=True, slots=True)
class Named:
    """A mapping from text to values that all have one shape."""

    value: Shape


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A nested Struct or dataclass."""

    of: type


Shape = Plain | Choice | Maybe | Many | Named | Part

_PLAIN: Final = {
    str: Plain.TEXT,
    Decimal: Plain.MONEY,
    int: Plain.COUNT,
    float: Plain.OPINION,
    bool: Plain.FLAG,
    datetime: Plain.MOMENT,
    UUID: Plain.IDENTITY,
}


@cache
def fields_of(owner: type) -> tuple[tuple[str, Shape], ...]:
    """The names and shapes of a class's fields, in order; raises TypeError for a type without a shape."""
    hints = typing.get_type_hints(owner)
    return tuple((name, _shape(hints[name], f"{owner.__name__}.{name}")) for name in names_of(owner))


def names_of(owner: type) -> tuple[str, ...]:
    """The names of the fields of a Struct or a dataclass, in order."""
    if issubclass(owner, Struct):
        return owner.__struct_fields__
    return tuple(field.name for field in dataclasses.fields(cast("Any", owner)))


def is_record(kind: object) -> TypeGuard[type]:
    """Whether `kind` is a class with named fields: a Struct or a dataclass."""
    if not isinstance(kind, type):
        return False
    of = cast("type[Any]", kind)
    return issubclass(of, Struct) or dataclasses.is_dataclass(of)


def _shape(hint: Any, where: str) -> Shape:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Choice(hint)
    kind = cast("object", hint)
    if is_record(kind):
        return Part(kind)
    return _composed(hint, where)


def _composed(hint: Any, where: str) -> Shape:
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case types.UnionType | typing.Union if len(arguments) == 2 and type(None) in arguments:
            return Maybe(_shape(next(one for one in arguments if one is not type(None)), where))
        case builtin if builtin is tuple and arguments[1:] == (...,):
            return Many(_shape(arguments[0], where))
        case collections.abc.Mapping if arguments[0] is str:
            return Named(_shape(arguments[1], where))
        case _:
            raise TypeError(f"{where}: {hint} has no shape in adapters/avro/shape.py")
