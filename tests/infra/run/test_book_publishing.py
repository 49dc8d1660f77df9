"""A publisher of books follows its leases: what it opens, publishes, withholds and closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from adapters.book_shelf import BookShelf
from adapters.book_topic.leases import Lease
from adapters.book_topic.owner import Owner
from commands.book_feed import BookFeed
from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.analysis.table import FIGURES
from domain.book.book import BookTerms
from domain.book.depth import Depth, PublicTrade
from domain.book.readings import ReadingMaker
from domain.book.sequence import Bybit
from domain.book.sweep import Sweep
from domain.direction import Side
from domain.market import BookReading
from infra.run.book_publishing import BookPublishing, by_lease
from tests.domain.book.frames import delta, snapshot

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
SHARES: Mapping[int, Sequence[str]] = {0: [BTC], 1: [ETH]}


@dataclass
class Clock:
    at: datetime = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Leases:
    """Leases that a test moves."""

    held: dict[int, Lease] = field(default_factory=dict[int, Lease])
    are_valid: bool = True
    owners: dict[int, Owner] = field(default_factory=dict[int, Owner])

    def step(self, seconds: float) -> None:
        raise AssertionError("the test makes the steps")


class Published:
    """Keeps what is published."""

    dropped = 0

    def __init__(self) -> None:
        self.sent = list[tuple[int, BookReading]]()

    def publish(self, epoch: int, readings: Sequence[BookReading]) -> None:
        self.sent += [(epoch, one) for one in readings]

    def take(self) -> list[tuple[int, str, bool]]:
        """Epoch, instrument and whether the book is known, of what was published since the last call."""
        found, self.sent = self.sent, []
        return [(epoch, one.instrument, one.is_known) for epoch, one in found]


class Watched:
    """Keeps the number of unpublished instruments."""

    unpublished = 0

    def leased(self, change: str) -> None: ...

    def published(self, reading: BookReading) -> None: ...

    def show(self, *, held: int, known: int, dropped: int, unpublished: int) -> None:
        self.unpublished = unpublished


class ShelfFeed:
    """A feed whose messages a test puts on its shelf."""

    def __init__(self, instruments: Sequence[str], clock: Clock) -> None:
        terms = BookTerms(rule=Bybit(), depth=50)
        self.shelf = BookShelf(instruments, terms, clock=clock, seconds=lambda: 0.0)
        self._instruments = instruments
        self.is_open = False

    def start(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def depth(self, instrument: str, count: int) -> Depth | None:
        return self.shelf.depth(instrument, count)

    def sweep(self, instrument: str, side: Side, size: object) -> Sweep | None:
        raise AssertionError("readings need no sweep")

    def trades(self) -> Sequence[PublicTrade]:
        return self.shelf.trades()

    def unread(self) -> Sequence[Unread]:
        return self.shelf.unread()

    def states(self) -> Sequence[FeedState]:
        return self.shelf.states(dict.fromkeys(self._instruments, ""))


class Scene:
    """A publisher of two books that share no lease."""

    def __init__(self) -> None:
        self.clock, self.leases, self.published = Clock(), Leases(), Published()
        self.watched = Watched()
        self.feeds = list[ShelfFeed]()
        self.publishing = BookPublishing(
            self.leases,
            self.published,
            self._opened,
            SHARES,
            timedelta(milliseconds=500),
            self.watched,
            self.clock,
            source="bybit",
        )

    def step(self, seconds: float = 0.0) -> list[tuple[int, str, bool]]:
        self.clock.at += timedelta(seconds=seconds)
        self.publishing.step()
        return self.published.take()

    def _opened(self, instruments: Sequence[str]) -> BookFeed:
        self.feeds.append(ShelfFeed(instruments, self.clock))
        return self.feeds[-1]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_lease_that_was_taken_declares_its_book_unknown_first_and_then_its_own_book(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    assert scene.step() == [(7, BTC, False)]
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(0.1) == [(7, BTC, True)]


def test_changes_within_the_period_are_one_reading_and_the_newest_wins(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    scene.step(0.1)
    for update in range(101, 105):
        scene.feeds[0].shelf.take(BTC, delta(update, bids=[("100.2", f"{update}.0")]))
        assert scene.step(0.05) == []
    scene.clock.at += timedelta(seconds=0.5)
    scene.publishing.step()
    (sent,) = scene.published.sent
    assert (sent[1].update_id, str(sent[1].bids[0].size)) == (104, "104.0")


def test_a_quiet_book_is_published_again_after_a_second_and_confirmed(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(0.1) == [(7, BTC, True)]
    assert scene.step(0.9) == []
    scene.clock.at += timedelta(seconds=0.1)
    scene.publishing.step()
    ((_, again),) = scene.published.sent
    assert (again.update_id, again.confirmed_at) == (100, scene.clock.at)


def test_a_book_that_is_unchanged_after_a_new_connection_is_known_again(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    scene.step(0.1)
    scene.feeds[0].shelf.begin([BTC])
    assert scene.step(0.5) == [(7, BTC, False)]
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(0.5) == [(7, BTC, True)]


def test_a_wall_clock_that_was_set_back_delays_neither_new_readings_nor_those_of_a_quiet_book(
    scene: Scene,
) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(0.1) == [(7, BTC, True)]
    assert scene.step(-3_600) == [(7, BTC, True)]
    scene.feeds[0].shelf.take(BTC, delta(101, bids=[("100.2", "101.0")]))
    scene.clock.at -= timedelta(seconds=60)
    scene.publishing.step()
    ((_, reading),) = scene.published.sent
    assert reading.update_id == 101


def test_nothing_is_published_while_the_leases_are_not_valid(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.leases.are_valid = False
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(5.0) == []
    scene.leases.are_valid = True
    assert scene.step(0.1) == [(7, BTC, True)]


def test_a_lease_that_moved_closes_its_feed_and_the_others_stay(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7), 1: Lease(1, 7)}
    scene.step()
    scene.leases.held = {0: Lease(0, 7)}
    scene.step(0.1)
    assert [one.is_open for one in scene.feeds] == [True, False]
    scene.leases.held = {0: Lease(0, 7), 1: Lease(1, 9)}
    assert (9, ETH, False) in scene.step(0.1)
    assert len(scene.feeds) == 3


def test_the_reference_is_followed_for_figures_where_another_process_publishes_it(scene: Scene) -> None:
    scene.leases.held = {1: Lease(1, 7)}
    scene.step()
    own, followed = (one.shelf for one in scene.feeds)
    for update in range(100, 270):
        price = f"100.{update % 7 + 3}"
        for name, shelf in ((ETH, own), (BTC, followed)):
            asks = ((price, "1.0"), ("101.0", "2.0"))
            shelf.take(name, snapshot(update, asks=asks, at=update * 1_000))
        scene.step(1.0)
    shown = _read(scene)
    assert [shown[name] for name in ("reference_correlation", "reference_beta")] == pytest.approx([1, 1])
    assert {reading.instrument for _, reading in scene.published.sent} == {ETH}
    scene.leases.held = {0: Lease(0, 8), 1: Lease(1, 7)}
    scene.step(0.1)
    assert [one.is_open for one in scene.feeds] == [True, False, True], "its own book takes the place"
    scene.publishing.run(lambda: True)
    assert not any(one.is_open for one in scene.feeds)


def test_books_that_no_owner_of_their_lease_publishes_are_named_once_and_those_of_another_server(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.leases.owners = {1: Owner("bybit", frozenset({"SOLUSDT-LINEAR.BYBIT"}))}
    for _ in range(3):
        scene.step(1.0)
    (warning,) = caplog.messages
    assert f"nobody publishes the books of {ETH}" in warning
    assert scene.watched.unpublished == 1
    assert "other --instruments" in warning
    scene.leases.owners = {1: Owner("bybit-testnet", frozenset({ETH}))}
    scene.step(1.0)
    assert f"the lease of {ETH} is held by a process whose books are from bybit-testnet" in caplog.messages[1]
    scene.leases.owners = {1: Owner("bybit", frozenset({ETH}))}
    scene.step(1.0)
    assert len(caplog.messages) == 3


def test_a_gap_of_the_book_is_published(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    scene.step(0.1)
    scene.feeds[0].shelf.take(BTC, delta(105))
    assert scene.step(0.5) == [(7, BTC, False)]


def test_a_book_that_is_known_again_with_the_same_update_is_published(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    scene.step(0.1)
    scene.feeds[0].shelf.begin([BTC])
    assert scene.step(0.5) == [(7, BTC, False)]
    scene.feeds[0].shelf.take(BTC, snapshot(100))
    assert scene.step(0.5) == [(7, BTC, True)]


def test_a_gap_that_ended_between_two_looks_begins_the_analysis_anew(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    shelf = scene.feeds[0].shelf
    shelf.take(BTC, snapshot(100))
    for update in range(101, 131):
        shelf.take(BTC, delta(update, bids=[("100.2", f"{update}.0")], at=update * 1_000))
        scene.step(1.0)
    shelf.take(BTC, delta(131, at=131_000))
    assert _read(scene)["move"] == 0.0
    shelf.take(BTC, delta(140, at=131_000))
    shelf.take(BTC, snapshot(141, at=131_000))
    assert _read(scene)["move"] is None


def test_a_book_that_cannot_be_analysed_is_unknown_until_its_next_change_and_the_others_go_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.leases.held = {0: Lease(0, 7), 1: Lease(1, 3)}
    scene.step()
    with monkeypatch.context() as broken:
        take = ReadingMaker.take_depth

        def divided(self: ReadingMaker, depth: Depth) -> None:
            take(self, depth)
            if self.instrument == BTC:
                raise ZeroDivisionError

        broken.setattr(ReadingMaker, "take_depth", divided)
        for feed, name in zip(scene.feeds, (BTC, ETH), strict=True):
            feed.shelf.take(name, snapshot(100))
        assert scene.step(0.5) == [(7, BTC, False), (3, ETH, True)]
    scene.feeds[0].shelf.take(BTC, delta(101, bids=[("100.2", "2")]))
    assert (7, BTC, True) in scene.step(0.5)


def _read(scene: Scene) -> Mapping[str, float | None]:
    """The figures of the reading that is published a second later, by name."""
    scene.clock.at += timedelta(seconds=1.0)
    scene.publishing.step()
    reading = scene.published.sent[-1][1]
    return {one.feature.name: value for one, value in zip(FIGURES, reading.values, strict=True)}


def test_the_end_declares_all_books_unknown(scene: Scene) -> None:
    scene.leases.held = {0: Lease(0, 7)}
    scene.step()
    scene.publishing.run(lambda: True)
    assert scene.published.take() == [(7, BTC, False)]
    assert not scene.feeds[0].is_open


def test_instruments_are_grouped_by_their_lease() -> None:
    assert by_lease([ETH, BTC], {BTC: 3, ETH: 1}.__getitem__) == {3: [BTC], 1: [ETH]}
