"""Converts rows of read models to GraphQL objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment

Node = TypeVar("Node")


class NodeMaker(Generic[Node]):
    """Makes objects of `kind` from rows. `columns` has the column of each field, and `words` the enum of each field
    that the text in its column is converted to, both by the field's name.

    Each object keeps the moment that its row was read from, and loads its linked objects from the same moment. Its
    attributes are set together: `__init__` sets the same ones one by one, in twice the time.
    """

    def __init__(
        self, kind: type[Node], renamed: Mapping[str, str] | None = None, /, **words: type[Enum]
    ) -> None:
        """`values_by` describes the parameters."""
        self.kind, self.words = kind, words
        self.columns = _columns_of(kind, renamed or {})
        self._values_of = values_by(kind, renamed, **words)

    def __call__(self, moment: Moment, row: RowMapping) -> Node:
        """The object of a row."""
        node = object.__new__(self.kind)
        vars(node).update(self._values_of(row), moment=moment)
        return node


def values_by(
    kind: type, renamed: Mapping[str, str] | None = None, /, **words: type[Enum]
) -> Callable[[Mapping[Any, Any]], dict[str, Any]]:
    """A function that reads the fields of `kind` from the columns of a row.

    `renamed` maps a field's name to its column's name, where they differ. `words` maps a field's name to the enum that
    its text is converted to.
    """
    names, columns = zip(*_columns_of(kind, renamed or {}).items(), strict=True)
    members = [(name, {one.value: one for one in word}) for name, word in words.items()]

    def values_of(row: Mapping[Any, Any]) -> dict[str, Any]:
        values: dict[str, Any] = dict(zip(names, map(row.__getitem__, columns), strict=True))
        for name, by_text in members:
            if values[name] is not None:
                values[name] = by_text[values[name]]
        return values

    return values_of


def _columns_of(kind: type, renamed: Mapping[str, str]) -> Mapping[str, str]:
    made: Any = kind
    names = [one.name for one in fields(made) if one.init and one.name != "moment"]
    return {name: renamed.get(name, name) for name in names}


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
