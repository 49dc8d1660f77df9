"""The objects of one noun: made of rows, and found by key or by what they belong to, many in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment
from projections.questions.find import Key, Keys, Rows, by_key, many_by_key
from projections.source import Source

Node = TypeVar("Node")
Many = Callable[[Source, Keys, int], Mapping[Key, Rows]]


class Nodes(Generic[Node]):
    """`of` makes an object of a row; rows are found in `table` by the columns of `key`."""

    def __init__(
        self, of: Callable[[Moment, RowMapping], Node], table: str, key: Sequence[str] = ("account", "id")
    ) -> None:
        self.of = of
        self.table = table
        self._by_key = partial(by_key, table=table, columns=key)

    async def one(self, moment: Moment, *key: Any) -> Node | None:
        """The object with this key; asked together with all that are wanted at the time."""
        row = await moment.load(self._by_key, key)
        return None if row is None else self.of(moment, row)

    async def many(self, moment: Moment, question: Many, key: Key, most: int) -> list[Node]:
        """What belongs to `key`, at most `most`; asked together with all that is wanted at the time."""
        return [self.of(moment, row) for row in await moment.load_many(question, key, most)]


def belonging(table: str, *columns: str) -> Many:
    """What belongs to a key: the rows of a table whose columns are it."""
    return partial(many_by_key, table=table, columns=columns)
