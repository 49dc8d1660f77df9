"""Candles by GraphQL: pages of 1,000, as of a past moment by close time, and each new one by subscription."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from adapters.candle_store.book import CandleBook
from adapters.candle_store.following import FollowedCandles
from adapters.graphql import candle
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.readers import Readers
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.commands.list_log import ListLog
from tests.domain.history import BTC
from tests.domain.test_coarser import MIDNIGHT, candles

pytestmark = pytest.mark.anyio

SCHEMA = schema(limiting(Limits()))
PAGE = """query Page($instrument: String!, $interval: String!, $before: DateTime, $first: Int!, $asOf: AsOfInput) {
  candles(instrument: $instrument, interval: $interval, before: $before, first: $first, asOf: $asOf) {
    candles { openTime closeTime open high low close volume turnover isClosed } hasEarlier
  }
}"""
FOLLOWED = 'subscription($of: String!) { candles(instrument: $of, interval: "15m") { close isClosed } }'
COUNT = 1_500


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def served(engine: Engine) -> Iterator[Served]:
    book, readers = CandleBook(engine), Readers()
    book.put("log", candles(COUNT))
    yield Served(ReadModels(engine, PROJECTIONS, 0, ListLog()), _no_decoding, readers, candles=book)
    readers.close()


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


async def page(served: Served, **variables: Any) -> Any:
    given = {"instrument": BTC, "interval": "5m", "first": 1_000, **variables}
    result: Any = await SCHEMA.execute(PAGE, given, context_value=Context(ANONYMOUS, served))
    assert result.errors is None, result.errors
    return result.data["candles"]


async def fault(served: Served, **variables: Any) -> str:
    given = {"instrument": BTC, "interval": "5m", "first": 1_000, **variables}
    result: Any = await SCHEMA.execute(PAGE, given, context_value=Context(ANONYMOUS, served))
    assert result.errors is not None
    return str(result.errors[0].message)


async def test_pages_of_a_thousand_candles_lead_back_to_the_first_one(served: Served) -> None:
    latest = await page(served)
    before = latest["candles"][-1]["openTime"]
    earlier = await page(served, before=before)
    assert (len(latest["candles"]), latest["hasEarlier"]) == (1_000, True)
    assert (len(earlier["candles"]), earlier["hasEarlier"]) == (COUNT - 1_000, False)
    assert earlier["candles"][0]["closeTime"] == before
    assert earlier["candles"][-1]["openTime"] == "2025-04-03T00:00:00.000000Z"


async def test_as_of_a_time_the_latest_candle_is_the_last_one_that_had_closed(served: Served) -> None:
    at = MIDNIGHT + timedelta(minutes=22)
    found = await page(served, asOf={"time": at.isoformat()})
    assert found["candles"][0]["closeTime"] == "2025-04-03T00:20:00.000000Z"
    assert len(found["candles"]) == 4


async def test_the_candle_that_forms_is_first_and_not_closed(served: Served) -> None:
    at = MIDNIGHT + timedelta(minutes=20)
    found = await page(served, interval="15m", asOf={"time": at.isoformat()})
    assert [(one["close"], one["isClosed"]) for one in found["candles"]] == [("104", False), ("103", True)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"interval": "7m"}, "interval: 7m is none"),
        ({"interval": "1m"}, "candles of 1m cannot be built"),
        ({"first": 1_001}, "a page has 0 to 1000 entries; 1001 were requested"),
        ({"first": 0}, "a page has 1 to 1000 candles; 0 were requested"),
        ({"asOf": {"time": "2025-04-03T00:00:00"}}, "is not a time with its time zone"),
    ],
    ids=["no interval", "finer than stored", "too large a page", "an empty page", "no time zone"],
)
async def test_an_impossible_page_is_refused_with_the_reason(
    served: Served, given: dict[str, Any], message: str
) -> None:
    assert message in await fault(served, **given)


async def test_a_subscription_sends_each_new_candle_and_the_one_that_forms(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = threading.Event()

    class Signalling(FollowedCandles):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.set()

    monkeypatch.setattr(candle, "FollowedCandles", Signalling)
    later = candles(COUNT + 4)[COUNT:]
    assert served.candles is not None
    stream: Any = await SCHEMA.subscribe(FOLLOWED, {"of": BTC}, context_value=Context(ANONYMOUS, served))
    async with aclosing(stream):
        first = asyncio.ensure_future(anext(stream))
        assert await asyncio.to_thread(made.wait, 30)
        served.candles.put("log", later)
        seen = [(await first).data["candles"], (await anext(stream)).data["candles"]]
    assert seen == [
        {"close": str(later[2].close), "isClosed": True},
        {"close": str(later[3].close), "isClosed": False},
    ]
