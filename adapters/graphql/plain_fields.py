"""Executes an object's plain fields without graphql-core's machinery, which takes most of the time of a list.

A plain field is a scalar or an enum that is an attribute of its object, or a method of it without arguments. Any other
field, and every plain field whose value is unusual, is executed by graphql-core, with the same result and errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from graphql import (
    ExecutionContext,
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    is_non_null_type,
)
from graphql.pyutils import Path
from strawberry.types.field import StrawberryField

Fields = dict[str, list[FieldNode]]
_DEFINITION = "strawberry-definition"
_LARGEST_INT = 2**31 - 1
_UNUSUAL: Any = object()
_MISSING = GraphQLField(cast(Any, GraphQLString))
"""Stands for a field that the type does not have, such as `__typename`."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """How to read the value of a plain field from its object, and how to write it."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    is_required: bool

    def value(self, source: Any) -> Any:
        """The written value; `_UNUSUAL` where graphql-core must execute the field."""
        try:
            value = self.read(source)
            if value is None:
                return _UNUSUAL if self.is_required else None
            return self.write(value)
        except Exception:  # noqa: BLE001  # graphql-core raises and reports it again, with its place
            return _UNUSUAL


_Plan = tuple[tuple[tuple[str, _Plain], ...], bool]
"""The plain fields of a selection by response name, and whether there are no others."""


class PlainFields(ExecutionContext):
    """An execution that reads plain fields directly."""

    _plans: dict[tuple[str, int], tuple[Fields, _Plan]] | None = None
    """By the type and the id of the fields. The fields are kept, too, so that no other fields can have this id."""

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, fields: Fields
    ) -> Any:
        """The results of the fields, in the order of the selection; awaitable where one of them is."""
        plain, is_all = self._plan(parent_type, fields)
        found = {name: one.value(source_value) for name, one in plain}
        if is_all and _UNUSUAL not in found.values():
            return found
        quick = {name: value for name, value in found.items() if value is not _UNUSUAL}
        rest = {name: nodes for name, nodes in fields.items() if name not in quick}
        others = super().execute_fields(parent_type, source_value, path, rest)
        if self.is_awaitable(others):
            return _awaited(fields, quick, cast("Awaitable[dict[str, Any]]", others))
        return _merged(fields, quick, cast("dict[str, Any]", others))

    def _plan(self, parent_type: GraphQLObjectType, fields: Fields) -> _Plan:
        plans = self._plans = self._plans if self._plans is not None else {}
        key = (parent_type.name, id(fields))
        found = plans.get(key)
        if found is None:
            found = plans[key] = (fields, self._made(parent_type, fields))
        return found[1]

    def _made(self, parent_type: GraphQLObjectType, fields: Fields) -> _Plan:
        if self.middleware_manager is not None and self.middleware_manager.middlewares:
            return (), False
        found = ((name, _plain(parent_type, nodes[0].name.value)) for name, nodes in fields.items())
        plain = tuple((name, one) for name, one in found if one is not None)
        return plain, len(plain) == len(fields)


def _merged(fields: Fields, quick: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: quick[name] if name in quick else others[name]
        for name in fields
        if name in quick or name in others
    }


async def _awaited(
    fields: Fields, quick: Mapping[str, Any], others: Awaitable[Mapping[str, Any]]
) -> dict[str, Any]:
    return _merged(fields, quick, await others)


@lru_cache(4_096)
def _plain(parent_type: GraphQLObjectType, name: str) -> _Plain | None:
    """The plain field of this name; None where the field is not plain, or the type has no such field."""
    definition: Any = parent_type.fields.get(name) or _MISSING
    field: object = definition.extensions.get(_DEFINITION)
    if not isinstance(field, StrawberryField) or field.extensions or definition.args:
        return None
    is_required = is_non_null_type(definition.type)
    read = _reader(field)
    write = _writer(definition.type.of_type if is_required else definition.type)
    return None if read is None or write is None else _Plain(read, write, is_required)


def _reader(field: StrawberryField) -> Callable[[Any], Any] | None:
    resolver = cast(Any, field).base_resolver
    if resolver is None:
        return attrgetter(field.python_name)
    others = (resolver.info_parameter, resolver.root_parameter, resolver.parent_parameter)
    if resolver.is_async or resolver.arguments or any(others) or resolver.self_parameter is None:
        return None
    return cast("Callable[[Any], Any]", resolver.wrapped_func)


def _writer(kind: object) -> Callable[[Any], Any] | None:
    if isinstance(kind, GraphQLEnumType):
        return _enum_writer(kind)
    if isinstance(kind, GraphQLScalarType):
        return _BUILT_IN.get(kind.name) or kind.serialize
    return None


def _enum_writer(kind: GraphQLEnumType) -> Callable[[Any], Any]:
    names = {value.value: name for name, value in kind.values.items()}
    return lambda member: names[member.value]


def _text(value: Any) -> Any:
    return value if type(value) is str else _UNUSUAL


def _whole(value: Any) -> Any:
    return value if type(value) is int and -_LARGEST_INT <= value <= _LARGEST_INT else _UNUSUAL


def _flag(value: Any) -> Any:
    return value if type(value) is bool else _UNUSUAL


_BUILT_IN: Mapping[str, Callable[[Any], Any]] = {
    "String": _text,
    "ID": _text,
    "Int": _whole,
    "Boolean": _flag,
}
"""Writers that only accept values which need no conversion; graphql-core converts all others."""
