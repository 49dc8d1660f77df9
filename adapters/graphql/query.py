"""Everything that can be asked."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry

from adapters.graphql.as_of import AsOf, when
from adapters.graphql.connection import PAGE, After, Before, Connection, First, Last, connect, paging
from adapters.graphql.context import Info
from adapters.graphql.enums import SortDirection
from adapters.graphql.order import Order, OrderFilter, OrdersBy, order_of
from adapters.graphql.permission import requires
from adapters.graphql.rows import filters_of
from adapters.http.caller import Role
from projections.questions.find import one
from projections.questions.orders import ORDERS
from projections.questions.page import Wanted

Account = Annotated[str | None, strawberry.argument(description="Whose; any account's when left out.")]


@strawberry.type(description="What can be asked of the log's read models. Nothing here changes anything.")
class Query:
    @strawberry.field(description="One order.", extensions=[requires(Role.VIEWER)])
    async def order(
        self,
        info: Info,
        order_id: Annotated[
            strawberry.ID, strawberry.argument(name="id", description="The client order id.")
        ],
        account: Account = None,
        as_of: AsOf = None,
    ) -> Order | None:
        moment = await info.context.moment(when(as_of))
        row = await moment.ask(partial(one, table="orders", account=account, id=order_id))
        return None if row is None else order_of(moment, row)

    @strawberry.field(description="Orders, the latest first.", extensions=[requires(Role.VIEWER)])
    async def orders(
        self,
        info: Info,
        where: OrderFilter | None = None,
        order_by: OrdersBy = OrdersBy.PLACED,
        direction: SortDirection = SortDirection.DESC,
        first: First = PAGE,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of: AsOf = None,
    ) -> Connection[Order]:
        moment = await info.context.moment(when(as_of))
        wanted = Wanted(
            order_by.value,
            direction is SortDirection.DESC,
            filters_of(where),
            **paging(first, after, last, before),
        )
        return await connect(moment, ORDERS, wanted, order_of)
