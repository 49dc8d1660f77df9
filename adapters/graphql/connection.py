"""Pages of read models as connections, as the Relay specification defines them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment
from projections.questions.listing import Listing
from projections.questions.page import Page, Wanted, count, page

Node = TypeVar("Node")
PAGE = 50
BELOW = 20
"""The default size of a list within an entry of another list; small, because the sizes of nested lists multiply."""

First = Annotated[
    int | None,
    strawberry.argument(description=f"The most entries, from the beginning of the list; {PAGE} by default."),
]
After = Annotated[str | None, strawberry.argument(description="Only entries after this cursor.")]
Last = Annotated[
    int | None,
    strawberry.argument(description="The most entries, from the end of the list; `first` is ignored then."),
]
Before = Annotated[str | None, strawberry.argument(description="Only entries before this cursor.")]

Skip = Annotated[
    int,
    strawberry.argument(
        description="Entries that are left out: those next to the cursor, or at the beginning of the list (with "
        "`last`, at its end)."
    ),
]
Most = Annotated[
    int,
    strawberry.argument(
        name="first", description="The most entries: the first ones in the order of the log."
    ),
]


@strawberry.type(description="The place of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are entries after the page.")
    has_previous_page: bool = strawberry.field(description="Whether there are entries before the page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge; null on an empty page."
    )


@strawberry.type(description="One entry of a list.")
class Edge(Generic[Node]):
    node: Node = strawberry.field(description="The entry.")
    row: strawberry.Private[RowMapping]
    to_cursor: strawberry.Private[Callable[[RowMapping], str]]

    @strawberry.field(description="The entry's place in the list: an opaque text for `after` and `before`.")
    def cursor(self) -> str:
        return self.to_cursor(self.row)


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The entries of this page, in the list's order.")
    moment: strawberry.Private[Moment]
    listing: strawberry.Private[Listing]
    wanted: strawberry.Private[Wanted]
    found: strawberry.Private[Page]

    @strawberry.field(description="The place of this page in the list.")
    def page_info(self) -> PageInfo:
        rows, to_cursor = self.found.rows, self.found.cursor_of
        ends = [to_cursor(rows[0]), to_cursor(rows[-1])] if rows else [None, None]
        return PageInfo(
            has_next_page=self.found.has_next,
            has_previous_page=self.found.has_previous,
            start_cursor=ends[0],
            end_cursor=ends[1],
        )

    @strawberry.field(
        description="The exact number of entries on all pages together; counted only when this field is selected."
    )
    async def total_count(self) -> int:
        return await self.moment.run(partial(count, listing=self.listing, filters=self.wanted.filters))


async def connect(
    moment: Moment,
    listing: Listing,
    wanted: Wanted,
    node_of: Callable[[Moment, RowMapping], Node],
    *,
    is_last: bool = False,
) -> Connection[Node]:
    """One page of the list; `node_of` makes a node from a row. `is_last`: nothing else is read from the moment.

    Raises InvalidInput for an invalid cursor.
    """
    found = await moment.run(partial(page, listing=listing, wanted=wanted), is_last=is_last)
    edges: Sequence[Edge[Node]] = [
        Edge(node=node_of(moment, row), row=row, to_cursor=found.cursor_of) for row in found.rows
    ]
    return Connection(edges=list(edges), moment=moment, listing=listing, wanted=wanted, found=found)


def paging(
    first: int | None, after: str | None, last: int | None, before: str | None, skip: int
) -> dict[str, Any]:
    """The arguments of `Wanted` for a page. If `last` is given, `first` has only its default."""
    size = {"last": last} if last is not None else {"first": PAGE if first is None else first}
    return {**size, "after": after, "before": before, "skip": skip}
