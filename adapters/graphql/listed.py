"""Makes the schema field of a list, with arguments for filter, order, page and moment."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, TypeVar

import strawberry

from adapters.graphql.as_of import AsOf, AsOfInput, When, when
from adapters.graphql.connection import PAGE, After, Before, Connection, First, Last, Skip, connect, paging
from adapters.graphql.context import Info
from adapters.graphql.enums import SortDirection
from adapters.graphql.nodes import Nodes
from adapters.graphql.page_plan import LISTED, Listed
from adapters.graphql.permission import requires
from adapters.graphql.rows import filters_of
from commands.roles import Role
from projections.questions.listing import Listing
from projections.questions.page import Wanted

Node = TypeVar("Node")
Falling = Annotated[
    SortDirection,
    strawberry.argument(description="Whether the greatest or latest comes first (DESC), or last (ASC)."),
]


def listed(listing: Listing, nodes: Nodes[Any], where: type, by: type[Enum], description: str) -> Any:
    """The field of a list, for an attribute whose annotation is the type of connection that the field returns.

    `where` is the class of the filter input; its fields are named like the listing's filters. `by` is the enum of the
    listing's sort orders; its first member is the default.
    """
    resolver = _resolver(listing, nodes)
    resolver.__annotations__ |= {
        "where": Annotated[
            where | None, strawberry.argument(description="The filter; all entries by default.")
        ],
        "order_by": Annotated[by, strawberry.argument(description="The sort key of the list.")],
    }
    resolver.__defaults__ = (None, next(iter(by)), *(resolver.__defaults__ or ())[2:])
    return strawberry.field(
        resolver=resolver,
        description=description,
        extensions=[requires(Role.VIEWER)],
        metadata={LISTED: Listed(listing, nodes, _requested)},
    )


def _resolver(listing: Listing, nodes: Nodes[Node]) -> Any:
    async def resolve(
        info: Info,
        where: Any = None,
        order_by: Any = None,
        direction: Falling = SortDirection.DESC,
        first: First = PAGE,
        after: After = None,
        last: Last = None,
        before: Before = None,
        skip: Skip = 0,
        as_of: AsOf = None,
    ) -> Connection[Node]:
        wanted, at = _requested(where, order_by, direction, first, after, last, before, skip, as_of)
        moment = await info.context.moment(at)
        return await connect(moment, listing, wanted, nodes.of, is_last=info.context.reads_once)

    return resolve


def _requested(
    where: Any = None,
    order_by: Any = None,
    direction: SortDirection = SortDirection.DESC,
    first: int | None = PAGE,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    skip: int = 0,
    as_of: AsOfInput | None = None,
) -> tuple[Wanted, When | None]:
    page = paging(first, after, last, before, skip)
    return Wanted(order_by.value, direction is SortDirection.DESC, filters_of(where), **page), when(as_of)
