"""Rows of read models as GraphQL's objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment

Node = TypeVar("Node")


def told_by(
    kind: type[Node], renamed: Mapping[str, str] | None = None, **words: type[Enum]
) -> Callable[[Moment, RowMapping], Node]:
    """Makes objects of `kind` of rows, as `values_by` reads them.

    The object keeps the moment it belongs to, and asks it for whatever it leads to.
    """
    made: Any = kind
    values_of = values_by(kind, renamed, **words)

    def node_of(moment: Moment, row: RowMapping) -> Node:
        node: Node = made(moment=moment, **values_of(row))
        return node

    return node_of


def values_by(
    kind: type, renamed: Mapping[str, str] | None = None, **words: type[Enum]
) -> Callable[[Mapping[Any, Any]], dict[str, Any]]:
    """Reads the fields of `kind` from rows that have them as columns; `words` are the enums some of them hold.

    `renamed` names the column of a field that is called otherwise.
    """
    made: Any = kind
    names = [one.name for one in fields(made) if one.init and one.name != "moment"]
    plain = [(name, (renamed or {}).get(name, name)) for name in names if name not in words]

    def values_of(row: Mapping[Any, Any]) -> dict[str, Any]:
        values = {name: row[column] for name, column in plain}
        for name, word in words.items():
            value = row[name]
            values[name] = None if value is None else word(value)
        return values

    return values_of


def filters_of(where: Any) -> Mapping[str, Any]:
    """What a filter input asks for, by name, enums as the tables spell them; nothing for None."""
    if where is None:
        return {}
    return {one.name: _spelled(getattr(where, one.name)) for one in fields(where)}


def _spelled(value: Any) -> Any:
    if isinstance(value, list):
        return _all_spelled(value)
    return value.value if isinstance(value, Enum) else value


def _all_spelled(values: Any) -> Any:
    return [_spelled(one) for one in values]
