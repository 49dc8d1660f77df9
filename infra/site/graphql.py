"""The page of the GraphQL schema: operations, then types."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    build_schema,
)

from adapters.graphql.schema import printed
from infra.site.markdown import code, plain, table

_HEAD = """\
# GraphQL

Every operation and type that `whence api` serves at `/graphql`. [Queries in GraphQL](../graphql.md) begins with the
questions of a trader and has the rules of pages, times and limits. `whence schemas graphql` prints the schema."""
_OPERATIONS = {"Query": "Queries", "Mutation": "Mutations", "Subscription": "Subscriptions"}


def page() -> str:
    """The whole page."""
    schema = build_schema(printed())
    lines = [_HEAD, ""]
    for name, title in _OPERATIONS.items():
        found = schema.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        lines += [f"## {title}", "", *_operations(found)]
    lines += ["## Types", ""]
    for name in sorted(schema.type_map):
        if not name.startswith("__") and name not in _OPERATIONS:
            lines += _type(schema.type_map[name])
    return "\n".join(lines)


def _operations(found: GraphQLObjectType) -> Iterator[str]:
    for name, field in found.fields.items():
        yield f"### {name}"
        yield ""
        yield f"{plain(field.description or '')} Returns {code(str(field.type))}."
        yield ""
        if field.args:
            yield from table(
                ("argument", "type", "meaning"),
                (
                    (code(one), code(str(of.type)), plain(of.description or ""))
                    for one, of in field.args.items()
                ),
            )


def _type(found: GraphQLNamedType) -> Iterator[str]:
    yield f"### {found.name}"
    yield ""
    if found.description:
        yield plain(found.description)
        yield ""
    match found:
        case GraphQLEnumType():
            yield from table(
                ("value", "meaning"),
                ((code(one), plain(value.description or "")) for one, value in found.values.items()),
            )
        case GraphQLObjectType() | GraphQLInputObjectType():
            yield from table(
                ("field", "type", "meaning"),
                (
                    (code(_called(one, of)), code(str(of.type)), plain(of.description or ""))
                    for one, of in found.fields.items()
                ),
            )
        case GraphQLUnionType():
            yield f"One of {', '.join(code(one.name) for one in found.types)}."
            yield ""
        case GraphQLScalarType():
            pass
        case _:
            raise TypeError(f"the reference has no form for {found!r}")


def _called(name: str, field: GraphQLField | GraphQLInputField) -> str:
    """The name with its arguments."""
    if isinstance(field, GraphQLInputField) or not field.args:
        return name
    return f"{name}({', '.join(f'{one}: {_spelled(of)}' for one, of in field.args.items())})"


def _spelled(argument: GraphQLArgument) -> str:
    # graphql-core leaves the type inside of its wrapping types open.
    return str(argument.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
