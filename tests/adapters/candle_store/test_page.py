"""Pages of the chart: coarser candles equal those built from all finer ones, however they are paged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest

from adapters.candle_store import page as page_module
from adapters.candle_store.book import CandleBook
from adapters.candle_store.page import coarser, page_of
from domain.candle import Candle
from domain.errors import InvalidInput
from tests.domain.history import BTC
from tests.domain.test_coarser import FIFTEEN, FIVE, candles

HOUR = timedelta(hours=1)


def read_back(book: CandleBook, interval: timedelta, most: int) -> Sequence[Candle]:
    """All closed candles of the interval, read page by page as a chart does that is scrolled back."""
    read: list[Candle] = []
    before: datetime | None = None
    while True:
        page = page_of(book, BTC, interval, most, before=before)
        read = [*page.candles, *read]
        if not page.has_earlier:
            return read
        assert page.candles, "a page without candles has nothing before it"
        before = read[0].open_time


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("most", [1, 7, 1_000])
def test_coarser_candles_read_page_by_page_are_those_built_from_all_finer_ones(
    book: CandleBook, seed: int, most: int
) -> None:
    random = Random(seed)
    finer = [one for one in candles(60) if random.random() < 0.8]
    book.put("log", finer)
    wanted, _ = coarser(finer, FIFTEEN)
    assert list(read_back(book, FIFTEEN, most)) == list(wanted)


def test_pages_that_reach_the_bound_of_finer_candles_miss_none(
    book: CandleBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_module, "_MOST_FINER", 30)
    finer = candles(200)
    book.put("log", finer)
    wanted, _ = coarser(finer, HOUR)
    assert list(read_back(book, HOUR, 1_000)) == list(wanted)


def test_the_candle_that_is_not_closed_yet_is_apart_and_has_the_finer_ones_so_far(book: CandleBook) -> None:
    finer = candles(5)
    book.put("log", finer)
    page = page_of(book, BTC, FIFTEEN, 10)
    assert len(page.candles) == 1
    assert page.forming is not None
    assert (page.forming.open, page.forming.close) == (finer[3].open, finer[4].close)


def test_a_page_before_the_middle_of_a_coarser_candle_has_it_whole(book: CandleBook) -> None:
    finer = candles(9)
    book.put("log", finer)
    page = page_of(book, BTC, FIFTEEN, 10, before=finer[4].open_time)
    assert [one.close for one in page.candles] == [finer[2].close, finer[5].close]


def test_a_coarser_candle_as_of_its_middle_is_not_closed(book: CandleBook) -> None:
    finer = candles(6)
    book.put("log", finer)
    page = page_of(book, BTC, FIFTEEN, 10, closed=finer[1].close_time)
    assert page.candles == []
    assert page.forming is not None
    assert page.forming.close == finer[1].close


def test_an_interval_that_was_stored_is_not_built(book: CandleBook) -> None:
    stored = candles(3, interval=HOUR)
    book.put("log", [*candles(40), *stored])
    assert page_of(book, BTC, HOUR, 10).candles == stored


@pytest.mark.parametrize(
    ("instrument", "interval", "fault"),
    [
        ("ETHUSDT-LINEAR.BYBIT", FIVE, "has no candles of ETHUSDT-LINEAR.BYBIT"),
        (BTC, timedelta(minutes=1), "the store has 1 interval of it: 5m"),
    ],
    ids=["no candles of the instrument", "a finer interval than the stored one"],
)
def test_candles_that_cannot_be_built_are_refused_with_what_the_store_has(
    book: CandleBook, instrument: str, interval: timedelta, fault: str
) -> None:
    book.put("log", candles(3))
    with pytest.raises(InvalidInput, match=fault):
        page_of(book, instrument, interval, 10)
