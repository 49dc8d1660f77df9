"""Books that people look at: one feed an instrument, closed after the last one left, and a limit on open ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from adapters.book_view.shared import SharedBooks
from domain.book.depth import PublicTrade
from domain.errors import InvalidInput, RefusedForNow
from tests.adapters.book_view.flowing import GivenFeed, manipulated
from tests.domain.book.flow import NAME

OTHERS = ("ETHUSDT-LINEAR.BYBIT", "SOLUSDT-LINEAR.BYBIT")


class Feeds:
    """Opens feeds; `made` are those of each instrument, in order."""

    def __init__(self) -> None:
        self.made = dict[str, list[GivenFeed]]()

    def __call__(self, instrument: str) -> GivenFeed:
        if instrument == "NONE":
            raise InvalidInput("NONE has no live book")
        feed = GivenFeed(instrument)
        self.made.setdefault(instrument, []).append(feed)
        return feed


@pytest.fixture
def feeds() -> Feeds:
    return Feeds()


@pytest.fixture
def books(feeds: Feeds) -> Iterator[SharedBooks]:
    shared = SharedBooks(feeds, 2, linger=0.2)
    yield shared
    shared.close()


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_all_who_look_at_an_instrument_share_one_feed_until_the_last_one_left(
    feeds: Feeds, books: SharedBooks
) -> None:
    with books.looking(NAME) as first:
        with books.looking(NAME) as second:
            (feed,) = feeds.made[NAME]
            feed.give(manipulated(count=1)[0])
            until(lambda: first(5).is_known)
            assert second(5).bids == first(5).bids
        assert books.instruments == [NAME]
    until(lambda: books.instruments == [])
    until(lambda: feed.calls == ["start", "close"])


def test_one_who_comes_back_in_time_finds_the_feed_open(feeds: Feeds) -> None:
    books = SharedBooks(feeds, 2)
    with books.looking(NAME):
        pass
    with books.looking(NAME):
        assert len(feeds.made[NAME]) == 1
    books.close()
    assert feeds.made[NAME][0].calls == ["start", "close"]


def test_a_book_beyond_the_limit_is_refused_by_name_until_somebody_leaves(
    feeds: Feeds, books: SharedBooks
) -> None:
    with ExitStack() as held:
        held.enter_context(books.looking(NAME))
        with books.looking(OTHERS[0]):
            with pytest.raises(RefusedForNow, match=r"2 books .*ETHUSDT.* as book_view\.most allows"):
                held.enter_context(books.looking(OTHERS[1]))
            held.enter_context(books.looking(NAME))
        held.enter_context(books.looking(OTHERS[1]))
        assert books.instruments == sorted((NAME, OTHERS[1]))
    until(lambda: feeds.made[OTHERS[0]][0].calls == ["start", "close"])


def test_an_instrument_without_a_book_takes_no_place(books: SharedBooks) -> None:
    with pytest.raises(InvalidInput, match="NONE has no live book"), books.looking("NONE"):
        pass
    assert books.instruments == []


class BrokenFeed(GivenFeed):
    """A feed that fails at `breaks`."""

    def __init__(self, breaks: str) -> None:
        super().__init__(NAME)
        self.breaks = breaks

    def start(self) -> None:
        super().start()
        self._check("start")

    def trades(self) -> Sequence[PublicTrade]:
        self._check("step")
        return super().trades()

    def _check(self, place: str) -> None:
        if self.breaks == place:
            raise RuntimeError(place)


@pytest.mark.parametrize("place", ["start", "step"])
def test_a_book_whose_feed_fails_is_not_known_and_opened_anew_for_the_next_one(place: str) -> None:
    made = [BrokenFeed(""), BrokenFeed("")]
    waiting = iter(made)
    books = SharedBooks(lambda _: next(waiting), 1, linger=0.2)
    if place == "start":
        made[0].breaks = place
    with books.looking(NAME) as seen:
        if place == "step":
            made[0].give(manipulated(count=1)[0])
            until(lambda: seen(5).is_known)
            made[0].breaks = place
        until(lambda: not seen(5).is_known and "RuntimeError" in seen(5).why)
        assert made[0].calls[-1] == "close"
        with books.looking(NAME) as next_seen:
            made[1].give(manipulated(count=1)[0])
            until(lambda: next_seen(5).is_known)
    books.close()
