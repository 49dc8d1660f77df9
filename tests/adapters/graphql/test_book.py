"""Live books by GraphQL, from the real feed on our venue: levels, figures, trades, and clear refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.book_view.shared import SharedBooks
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.readers import Readers
from adapters.graphql.schema import schema
from commands.caller import ANONYMOUS
from domain.book.analysis.table import FIGURES
from domain.direction import Side
from domain.instrument import instrument_id
from infra.book_view import BookViewSettings, shared_books
from infra.config import WhenceSettings
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.adapters.bybit.feed_bench import VenueMarket
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.commands.list_log import ListLog

pytestmark = pytest.mark.anyio

BTC = instrument_id("BTCUSDT")
SCHEMA = schema(limiting(Limits()))
BOOK = """query Book($instrument: String!, $levels: Int!) { book(instrument: $instrument, levels: $levels) {
  instrument isKnown why updateId gaps bids { price size } asks { price size }
  figures(names: ["spread", "imbalance_5"]) { name value units } all: figures { name }
  trades { side price size } walls { price } suspicions { episode walls { price } } } }"""
FOLLOWED = (
    f'subscription {{ book(instrument: "{BTC}", levels: 3) {{ isKnown updateId bids {{ price size }} }} }}'
)


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue() as running:
        yield running


@pytest.fixture
def books(venue: RunningVenue) -> Iterator[SharedBooks]:
    shared = shared_books(BookViewSettings(shown=True, most=1, depth=50, bybit_address=venue.url))
    assert shared is not None
    yield shared
    shared.close()


@pytest.fixture
def served(tmp_path: Path, books: SharedBooks) -> Iterator[Served]:
    engine = open_store(WhenceSettings(store=f"sqlite:///{tmp_path / 'read.db'}"))
    migrate(engine)
    readers = Readers()
    yield Served(ReadModels(engine, PROJECTIONS, 0, ListLog()), _no_decoding, readers, books=books)
    readers.close()
    engine.dispose()


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


async def asked(served: Served, instrument: str = BTC, levels: int = 3, query: str = BOOK) -> Any:
    given = {"instrument": instrument, "levels": levels} if query is BOOK else {}
    return await SCHEMA.execute(query, given, context_value=Context(ANONYMOUS, served))


async def test_a_query_has_the_levels_of_the_venue_and_figures_by_name(
    served: Served, venue: RunningVenue
) -> None:
    result = await asked(served)
    assert result.errors is None, result.errors
    found = result.data["book"]
    bids, asks = VenueMarket(venue).book()
    best = max(bids), min(asks)
    assert (found["isKnown"], found["why"], found["gaps"]) == (True, "", 0)
    assert (float(found["bids"][0]["price"]), float(found["asks"][0]["price"])) == tuple(map(float, best))
    assert len(found["bids"]) == 3
    spread, imbalance = found["figures"]
    middle = (float(best[0]) + float(best[1])) / 2
    assert (spread["name"], spread["units"]) == ("spread", "bps")
    assert spread["value"] == pytest.approx(1e4 * float(best[1] - best[0]) / middle)
    assert imbalance["name"] == "imbalance_5"
    assert len(found["all"]) == len(FIGURES)


async def test_a_subscription_sends_each_change_and_a_later_one_shares_the_feed(
    served: Served, books: SharedBooks, venue: RunningVenue
) -> None:
    market = VenueMarket(venue)
    stream: Any = await SCHEMA.subscribe(FOLLOWED, context_value=Context(ANONYMOUS, served))
    first = await _known(stream)
    market.show(Side.BUY, 4, "7.125")
    venue.act("advance", ms=200)
    changed = await _changed(stream, first["updateId"])
    assert changed["isKnown"]
    result = await asked(served, levels=50)
    assert "7.125" in {one["size"] for one in result.data["book"]["bids"]}
    assert books.instruments == [BTC]
    await stream.aclose()


async def test_trades_are_those_of_the_market(served: Served, venue: RunningVenue) -> None:
    market = VenueMarket(venue)
    stream: Any = await SCHEMA.subscribe(
        f'subscription {{ book(instrument: "{BTC}") {{ isKnown updateId trades {{ side size }} }} }}',
        context_value=Context(ANONYMOUS, served),
    )
    await _known(stream)
    market.trade("0.25")
    venue.act("advance", ms=200)
    trades: list[dict[str, str]] = []
    async with asyncio.timeout(30):
        while not trades:
            trades = (await anext(stream)).data["book"]["trades"]
    await stream.aclose()
    assert (trades[0]["side"], float(trades[0]["size"])) == ("BUY", 0.25)


@pytest.mark.parametrize(
    ("instrument", "levels", "reason"),
    [
        (BTC, 0, "a side of a book has 1 to 200 levels; 0 were requested"),
        (BTC, 201, "a side of a book has 1 to 200 levels; 201 were requested"),
        ("BTCUSDT", 3, "is not an instrument"),
        ("BTCUSDT-LINEAR.OKX", 3, "books are read of BYBIT and BINANCE alone"),
    ],
)
async def test_a_book_that_cannot_be_is_refused_with_the_reason(
    served: Served, instrument: str, levels: int, reason: str
) -> None:
    result = await asked(served, instrument, levels)
    assert result.errors is not None
    assert reason in result.errors[0].message


async def test_a_second_instrument_beyond_the_limit_is_refused(served: Served, books: SharedBooks) -> None:
    with books.looking(BTC):
        result = await asked(served, "ETHUSDT-LINEAR.BYBIT")
    assert result.errors is not None
    assert "as many as book_view.most allows" in result.errors[0].message


async def test_a_figure_that_no_book_has_is_refused_by_name(served: Served) -> None:
    query = BOOK.replace('"spread"', '"sprad"').replace("query Book($instrument: String!, $levels: Int!)", "")
    query = query.replace("$instrument", f'"{BTC}"').replace("$levels", "3")
    result = await asked(served, query=query)
    assert result.errors is not None
    assert "a book has no figure 'sprad'" in result.errors[0].message


async def test_an_api_without_books_states_the_setting(served: Served) -> None:
    without = Served(served.models, served.decode, served.readers)
    result = await asked(without)
    assert result.errors is not None
    assert "put `shown = true` into the table [book_view]" in result.errors[0].message
    assert shared_books(BookViewSettings()) is None


async def _known(stream: AsyncIterator[Any]) -> dict[str, Any]:
    async with asyncio.timeout(30):
        async for result in stream:
            if result.data["book"]["isKnown"]:
                found: dict[str, Any] = result.data["book"]
                return found
    raise AssertionError


async def _changed(stream: AsyncIterator[Any], before: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        async for result in stream:
            if result.data["book"]["updateId"] != before:
                found: dict[str, Any] = result.data["book"]
                return found
    raise AssertionError
