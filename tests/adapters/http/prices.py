"""A small schema for tests of GraphiQL: a query and a subscription, which both return the caller's token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import strawberry
from starlette.requests import HTTPConnection

Info = strawberry.Info[dict[str, Any], None]


def _authorization(headers: object) -> str:
    assert isinstance(headers, Mapping)
    return str(cast(Mapping[str, object], headers).get("authorization", "nobody"))


@strawberry.type
class Query:
    @strawberry.field
    def caller(self, info: Info) -> str:
        request = info.context["request"]
        assert isinstance(request, HTTPConnection)
        return _authorization(request.headers)


@strawberry.type
class Price:
    instrument: str
    step: int
    caller: str


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def prices(self, info: Info, steps: int) -> AsyncIterator[Price]:
        caller = _authorization(info.context["connection_params"] or {})
        for step in range(1, steps + 1):
            yield Price(instrument="BTCUSDT", step=step, caller=caller)


SCHEMA = strawberry.Schema(Query, subscription=Subscription)
