"""Converts rows of read models to GraphQL objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment

Node = TypeVar("Node")


def node_maker(
    kind: type[Node], renamed: Mapping[str, str] | None = None, **words: type[Enum]
) -> Callable[[Moment, RowMapping], Node]:
    """A function that makes objects of `kind` from rows; `values_by` describes the parameters.

    Each object keeps the moment that its row was read from, and loads its linked objects from the same moment. Its
    attributes are set together: `__init__` sets the same ones one by one, in twice the time.
    """
    values_of = values_by(kind, renamed, **words)

    def node_of(moment: Moment, row: RowMapping) -> Node:
        node = object.__new__(kind)
        vars(node).update(values_of(row), moment=moment)
        return node

    return node_of


def values_by(
    kind: type, renamed: Mapping[str, str] | None = None, **words: type[Enum]
) -> Callable[[Mapping[Any, Any]], dict[str, Any]]:
    """A function that reads the fields of `kind` from the columns of a row.

    `renamed` maps a field's name to its column's name, where they differ. `words` maps a field's name to the enum that
    its text is converted to.
    """
    made: Any = kind
    names = [one.name for one in fields(made) if one.init and one.name != "moment"]
    columns = [(renamed or {}).get(name, name) for name in names]
    members = [(name, {one.value: one for one in word}) for name, word in words.items()]

    def values_of(row: Mapping[Any, Any]) -> dict[str, Any]:
        values: dict[str, Any] = dict(zip(names, map(row.__getitem__, columns), strict=True))
        for name, by_text in members:
            if values[name] is not None:
                values[name] = by_text[values[name]]
        return values

    return values_of


def filters_of(where: Any) -> Mapping[str, Any]:
    """The values of a filter input by name, with enums as the text that the tables hold; empty for None."""
    if where is None:
        return {}
    return {one.name: _stored(getattr(where, one.name)) for one in fields(where)}


def _stored(value: Any) -> Any:
    if isinstance(value, list):
        return _all_stored(value)
    return value.value if isinstance(value, Enum) else value


def _all_stored(values: Any) -> Any:
    return [_stored(one) for one in values]
