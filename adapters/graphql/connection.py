"""Relay's connections over pages of read models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from sqlalchemy import RowMapping

from adapters.graphql.moment import Moment
from projections.questions.listing import Listing
from projections.questions.page import Page, Wanted, count, cursor_of, page

Node = TypeVar("Node")
PAGE = 50
BELOW = 20
"""How many of what belongs to an entry, where nobody says: lists within lists multiply."""

First = Annotated[
    int | None,
    strawberry.argument(
        description=f"At most so many, from the beginning of the list; {PAGE} when left out."
    ),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[
    int | None,
    strawberry.argument(
        description="At most so many, from the end of the list; `first` counts no more then."
    ),
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

Most = Annotated[
    int, strawberry.argument(name="first", description="At most so many, the first in the order of the log.")
]


@strawberry.type(description="Which part of a list this page is.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after the page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before the page.")
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
    spelled: strawberry.Private[Callable[[RowMapping], str]]

    @strawberry.field(description="Where the entry stands in the list: opaque, to be handed back as it is.")
    def cursor(self) -> str:
        return self.spelled(self.row)


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The entries of this page, in the list's order.")
    asked: strawberry.Private[Moment]
    listing: strawberry.Private[Listing]
    wanted: strawberry.Private[Wanted]
    found: strawberry.Private[Page]

    @strawberry.field(description="Which part of the list this page is.")
    def page_info(self) -> PageInfo:
        rows, spelled = self.found.rows, partial(cursor_of, self.listing, self.wanted)
        ends = [spelled(rows[0]), spelled(rows[-1])] if rows else [None, None]
        return PageInfo(
            has_next_page=self.found.has_next,
            has_previous_page=self.found.has_previous,
            start_cursor=ends[0],
            end_cursor=ends[1],
        )

    @strawberry.field(
        description="How many entries the list has on all pages together, exactly; counted only when asked for."
    )
    async def total_count(self) -> int:
        return await self.asked.ask(partial(count, listing=self.listing, filters=self.wanted.filters))


async def connect(
    moment: Moment, listing: Listing, wanted: Wanted, told: Callable[[Moment, RowMapping], Node]
) -> Connection[Node]:
    """The page that is wanted; `told` makes a node of a row. Raises InvalidInput for a cursor that is none."""
    found = await moment.ask(partial(page, listing=listing, wanted=wanted))
    spelled = partial(cursor_of, listing, wanted)
    edges: Sequence[Edge[Node]] = [
        Edge(node=told(moment, row), row=row, spelled=spelled) for row in found.rows
    ]
    return Connection(edges=list(edges), asked=moment, listing=listing, wanted=wanted, found=found)


def paging(first: int | None, after: str | None, last: int | None, before: str | None) -> dict[str, Any]:
    """What `Wanted` takes of a page; `last` goes before `first`, which has a default."""
    size = {"last": last} if last is not None else {"first": PAGE if first is None else first}
    return {**size, "after": after, "before": before}
