"""Following the candle store: each new candle once, and a coarser one with all its finer ones."""

from __future__ import annotations

import pytest

from adapters.candle_store.book import CandleBook
from adapters.candle_store.following import FollowedCandles
from tests.domain.history import BTC
from tests.domain.test_coarser import FIFTEEN, FIVE, candles, closed


def test_each_stored_candle_comes_once_as_it_is_added(book: CandleBook) -> None:
    put = candles(6)
    book.put("log", put[:2])
    followed = FollowedCandles(book, BTC, FIVE)
    assert list(followed.new()) == []
    book.put("log", put[2:5])
    assert list(followed.new()) == [(one, True) for one in put[2:5]]
    book.put("log", put[5:])
    assert list(followed.new()) == [(put[5], True)]


@pytest.mark.parametrize("begun", range(1, 6))
def test_a_coarser_candle_has_the_finer_ones_from_before_the_following(book: CandleBook, begun: int) -> None:
    put = candles(9)
    book.put("log", put[:begun])
    followed = FollowedCandles(book, BTC, FIFTEEN)
    book.put("log", put[begun:])
    came = [one for one, is_closed in followed.new() if is_closed]
    assert came == closed(put)[begun // 3 :]
