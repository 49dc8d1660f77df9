"""How a plain field is read from its object, and how a scalar or an enum is written; the results are graphql-core's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from operator import attrgetter
from typing import Any, cast

from graphql import GraphQLEnumType, GraphQLScalarType
from strawberry.types.field import StrawberryField

from adapters.graphql.scalars import decimal_text, time_text

Read = Callable[[Any], Any]
"""From an object to the value of one of its fields."""
Write = Callable[[Any], Any]
"""From a value to its response. It raises an exception where graphql-core must complete the value, also for None."""
LARGEST_INT = 2**31 - 1
DEFINITION = "strawberry-definition"
"""The extension of a graphql-core type or field that has Strawberry's own definition."""


class Unusual(Exception):
    """A value that graphql-core must complete."""


def reader_of(field: StrawberryField) -> Read | None:
    """The function that reads the field's value from its object; None where it needs more than the object."""
    resolver = cast(Any, field).base_resolver
    if resolver is None:
        return attrgetter(field.python_name)
    others = (resolver.info_parameter, resolver.root_parameter, resolver.parent_parameter)
    if resolver.is_async or resolver.arguments or any(others) or resolver.self_parameter is None:
        return None
    return cast(Read, resolver.wrapped_func)


def writer_of(kind: object) -> Write | None:
    """The writer of a scalar or an enum; None for any other type."""
    if isinstance(kind, GraphQLEnumType):
        return _enum_writer(kind)
    if isinstance(kind, GraphQLScalarType):
        serialize = cast(Any, kind).serialize
        return _KNOWN.get(kind.name) or (serialize if serialize in _STRICT else _checked(serialize))
    return None


def _enum_writer(kind: GraphQLEnumType) -> Write:
    names = {value.value: name for name, value in kind.values.items()}
    return lambda member: names[member.value]


def _checked(serialize: Callable[[Any], Any]) -> Write:
    def write(value: Any) -> Any:
        written = None if value is None else serialize(value)
        if written is None:
            raise Unusual
        return written

    return write


def _exactly(kind: type) -> Write:
    def write(value: Any) -> Any:
        if type(value) is not kind:
            raise Unusual
        return value

    return write


def _whole(value: Any) -> Any:
    if type(value) is not int or not -LARGEST_INT <= value <= LARGEST_INT:
        raise Unusual
    return value


def _figure(value: Any) -> Any:
    if type(value) is not float or not isfinite(value):
        raise Unusual
    return value


_KNOWN: Mapping[str, Write] = {
    "String": _exactly(str),
    "ID": _exactly(str),
    "Int": _whole,
    "Boolean": _exactly(bool),
    "Float": _figure,
}
"""Writers that only accept values which need no conversion; graphql-core converts all others."""
_STRICT = frozenset({decimal_text, time_text, int})
"""The schema's own writers that fail for None."""
