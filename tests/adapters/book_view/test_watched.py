"""What people see of a live book: its levels and figures, no levels at a gap, and suspicions with their evidence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.book_view.watched import WatchedBooks, decimal
from domain.book.analysis.manipulation import Suspicion
from domain.book.analysis.table import FIGURES
from domain.book.depth import Depth
from domain.errors import InvalidInput
from tests.adapters.book_view.flowing import AT, GivenFeed, manipulated
from tests.domain.book.analysis.planted import suspicions_of
from tests.domain.book.flow import NAME
from tests.replacing import replace

MESSAGES = manipulated()


def watching(feed: GivenFeed) -> WatchedBooks:
    return WatchedBooks(feed, (NAME,), clock=lambda: AT + timedelta(seconds=2))


def test_before_the_first_levels_the_reason_of_the_feed_is_returned() -> None:
    watched = watching(GivenFeed())
    watched.step()
    seen = watched.seen(NAME, 5)
    assert (seen.is_known, seen.why, seen.bids, seen.values, seen.age) == (
        False,
        "the book is AWAITED",
        (),
        (),
        None,
    )


def test_levels_figures_trades_and_suspicions_are_those_of_the_feed_and_the_analysis() -> None:
    feed = GivenFeed()
    watched, trades = watching(feed), 0
    for message in MESSAGES:
        feed.give(message)
        trades += not isinstance(message, Depth)
        watched.step()
    seen = watched.seen(NAME, 5)
    last = next(one for one in reversed(MESSAGES) if isinstance(one, Depth))
    assert [float(one.price) for one in seen.bids] == last.bid_prices[:5].tolist()
    assert [float(one.size) for one in seen.asks] == last.ask_sizes[:5].tolist()
    assert (seen.is_known, seen.update_id, seen.age) == (True, last.update_id, 2.0)
    assert len(seen.values) == len(FIGURES)
    assert 0 < len(seen.trades) <= min(50, trades)
    assert seen.trades[0].matched_ms >= seen.trades[-1].matched_ms
    found: list[Suspicion] = suspicions_of(MESSAGES)
    assert found
    assert list(seen.suspicions) == found[::-1]


def test_a_gap_has_no_levels_and_the_analysis_begins_anew() -> None:
    feed = GivenFeed()
    watched = watching(feed)
    for message in MESSAGES[:1_500]:
        feed.give(message)
        watched.step()
    mean = FIGURES.index(next(one for one in FIGURES if one.feature.name == "imbalance_mean"))
    assert watched.seen(NAME, 5).values[mean] is not None
    feed.lose("update 8 is missing")
    watched.step()
    lost = watched.seen(NAME, 5)
    assert (lost.is_known, lost.why, lost.bids, lost.walls, lost.gaps) == (
        False,
        "update 8 is missing",
        (),
        (),
        1,
    )
    for message in MESSAGES[1_500:1_505]:
        feed.give(message)
        watched.step()
    found = watched.seen(NAME, 5)
    assert (found.is_known, found.values[mean]) == (True, None)


def test_a_gap_that_ended_between_two_steps_begins_the_analysis_anew() -> None:
    feed = GivenFeed()
    watched = watching(feed)
    for message in MESSAGES[:1_500]:
        feed.give(message)
        watched.step()
    mean = FIGURES.index(next(one for one in FIGURES if one.feature.name == "imbalance_mean"))
    feed.lose("update 8 is missing")
    for message in MESSAGES[1_500:1_505]:
        feed.give(message)
    watched.step()
    found = watched.seen(NAME, 5)
    assert (found.is_known, found.gaps, found.values[mean]) == (True, 1, None)


def test_levels_that_the_analysis_refuses_are_a_book_that_is_not_known() -> None:
    feed = GivenFeed()
    watched = watching(feed)
    (first, second) = [one for one in MESSAGES if isinstance(one, Depth)][:2]
    feed.give(second)
    watched.step()
    earlier: Depth = replace(first, update_id=second.update_id + 1)
    feed.give(earlier)
    watched.step()
    seen = watched.seen(NAME, 5)
    assert (seen.is_known, "give them in the order of the exchange" in seen.why) == (False, True)
    later: Depth = replace(second, update_id=second.update_id + 2)
    feed.give(later)
    watched.step()
    assert watched.seen(NAME, 5).is_known


def test_an_instrument_that_is_not_watched_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match=r"ETHUSDT-LINEAR\.BYBIT is not watched here"):
        watching(GivenFeed()).seen("ETHUSDT-LINEAR.BYBIT", 5)


@pytest.mark.parametrize(
    ("value", "text"), [(100_000.0, "100000"), (0.0001, "0.0001"), (1e-08, "0.00000001"), (2.5, "2.5")]
)
def test_a_float_is_returned_as_the_number_of_the_exchange(value: float, text: str) -> None:
    assert f"{decimal(value):f}" == text
    assert decimal(value) == Decimal(text)
