"""Makes a document for each root field of a schema, with the field's required arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

_SCALARS = {
    "Int": "1",
    "Float": "1",
    "Boolean": "true",
    "DateTime": '"2025-04-03T14:00:00Z"',
    "Ordinal": '"1"',
}
"""A valid literal for each scalar that does not accept every text."""


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field, such as `query.orders`, and a document that selects only this field."""

    operation: str
    name: str
    document: str

    def __str__(self) -> str:
        return f"{self.operation}.{self.name}"


def every_field(schema: GraphQLSchema) -> Iterator[RootField]:
    """Every root field of Query, Mutation and Subscription."""
    for operation in OperationType:
        root: Any = schema.get_root_type(operation)
        fields: dict[str, Any] = {} if root is None else root.fields
        for name, field in fields.items():
            yield RootField(
                operation.value, name, f"{operation.value} {{ {name}{_arguments(field)}{_below(field)} }}"
            )


def _arguments(field: Any) -> str:
    given = [f"{name}: {_literal(one.type)}" for name, one in field.args.items() if is_required_argument(one)]
    return f"({', '.join(given)})" if given else ""


def _below(field: Any) -> str:
    return " { __typename }" if is_composite_type(get_named_type(field.type)) else ""


def _literal(kind: Any) -> str:
    if is_non_null_type(kind):
        return _literal(kind.of_type)
    if is_list_type(kind):
        return f"[{_literal(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: one for name, one in kind.fields.items() if is_required_input_field(one)}
        return f"{{ {', '.join(f'{name}: {_literal(one.type)}' for name, one in needed.items())} }}"
    return _SCALARS.get(kind.name, '"1"')
