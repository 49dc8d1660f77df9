"""Notices by GraphQL: a viewer lists them, a trader acknowledges them under their own name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.alerts.book import NoticeBook, TakenUp
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.schema import schema
from commands.caller import Caller
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.adapters.alerts.test_places import NOTICE
from tests.commands.list_log import ListLog

pytestmark = pytest.mark.anyio

SCHEMA = schema(limiting(Limits()))
LIST = "query List($every: Boolean!) { notices(every: $every) { id count acknowledgedBy } }"
ACK = "mutation Ack($ids: [ID!]!) { acknowledgeNotices(ids: $ids) }"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def served(engine: Engine) -> Served:
    book = NoticeBook(engine)
    book.take_up([NOTICE], TakenUp("log", 17), ["webhook"], NOTICE.at)
    log = ListLog()
    models = ReadModels(engine, PROJECTIONS, 0, log)
    return Served(models, _no_decoding, notices=book)


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


async def response(served: Served, query: str, variables: dict[str, Any], role: Role = Role.TRADER) -> Any:
    context = Context(Caller("tess", role, "t1"), served)
    return await SCHEMA.execute(query, variables, context_value=context)


async def test_an_acknowledged_notice_is_listed_with_the_name_of_the_person(served: Served) -> None:
    listed = await response(served, LIST, {"every": False}, Role.VIEWER)
    assert listed.data == {"notices": [{"id": "e-1", "count": 1, "acknowledgedBy": None}]}
    assert (await response(served, ACK, {"ids": ["e-1"]})).data == {"acknowledgeNotices": ["e-1"]}
    assert (await response(served, ACK, {"ids": ["e-1"]})).data == {"acknowledgeNotices": []}
    assert (await response(served, LIST, {"every": False})).data == {"notices": []}
    found = await response(served, LIST, {"every": True})
    assert found.data == {"notices": [{"id": "e-1", "count": 1, "acknowledgedBy": "tess"}]}


@pytest.mark.parametrize("ids", [[], ["nonsense"], ["e-1"] * 101])
async def test_invalid_ids_are_bad_input_and_acknowledge_nothing(served: Served, ids: list[str]) -> None:
    refused = await response(served, ACK, {"ids": ids})
    assert [error.extensions["code"] for error in refused.errors] == ["BAD_INPUT"]
    assert (await response(served, LIST, {"every": False})).data["notices"]
