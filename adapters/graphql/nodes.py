"""Makes the GraphQL objects of one noun (order, position …) from rows. One SQL statement loads the objects of many
keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from adapters.graphql.moment import Moment
from adapters.graphql.rows import NodeMaker
from projections.questions.find import Key, Keys, Rows, by_key, many_by_key
from projections.source import Source

Node = TypeVar("Node")
Many = Callable[[Source, Keys, int], Mapping[Key, Rows]]


class Nodes(Generic[Node]):
    """Loads the objects of one noun. `of` makes an object from a row; rows are found in `table` by the columns
    `key`."""

    def __init__(self, of: NodeMaker[Node], table: str, key: Sequence[str] = ("account", "id")) -> None:
        self.of = of
        self.table = table
        self._by_key = partial(by_key, table=table, columns=key)

    async def one(self, moment: Moment, *key: Any) -> Node | None:
        """The object with this key; None where there is none. One query loads all keys that are pending."""
        row = await moment.load(self._by_key, key)
        return None if row is None else self.of(moment, row)

    async def many(self, moment: Moment, query: Many, key: Key, most: int) -> list[Node]:
        """The first `most` objects that `query` returns for `key`. One query loads all keys that are pending."""
        return [self.of(moment, row) for row in await moment.load_many(query, key, most)]


def belonging(table: str, *columns: str) -> Many:
    """A query for the rows of a table whose values in `columns` equal a key."""
    return partial(many_by_key, table=table, columns=columns)
