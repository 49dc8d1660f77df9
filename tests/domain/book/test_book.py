from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book.book import Book, BookState, BookTerms, Taken
from domain.book.checksum import okx
from domain.book.frame import BookFrame, Row
from domain.book.sequence import BinanceFutures, BinanceSpot, Bybit, SequenceRule
from domain.book.side import MOST_CHARACTERS, BookSide
from domain.direction import Side
from domain.errors import InvalidInput
from domain.market import Level
from tests.domain.book.frames import ASKS, BIDS, delta, snapshot
from tests.domain.book.kinds import NewBook
from tests.domain.book.oracle import levels

D = Decimal
NAME = "XRPUSDT-LINEAR.BYBIT"


def bybit(new_book: NewBook, depth: int = 50) -> Book:
    return new_book(NAME, BookTerms(rule=Bybit(), depth=depth))


def known(new_book: NewBook) -> Book:
    book = bybit(new_book)
    assert book.take(snapshot(100), 0.0) is Taken.REPLACED
    return book


def test_a_snapshot_gives_levels_of_both_sides_with_the_best_first(new_book: NewBook) -> None:
    book = known(new_book)
    assert levels(book.bids.best_rows()) == levels(list(BIDS))
    assert levels(book.asks.best_rows(2)) == levels(list(ASKS[:2]))
    assert book.best() == (Level(D("100.2"), D("1.0")), Level(D("100.3"), D("1.5")))


def test_a_delta_sets_sizes_adds_levels_and_removes_those_of_size_zero(new_book: NewBook) -> None:
    book = known(new_book)
    changes = [("100.2", "0.000"), ("100.15", "9"), ("99", "4"), ("98", "0")]
    assert book.take(delta(101, bids=changes, asks=[("100.3", "0.5")]), 0.0) is Taken.CHANGED
    assert levels(book.bids.best_rows()) == levels(
        [("100.15", "9"), ("100.1", "2.0"), ("100.0", "3.0"), ("99", "4")]
    )
    assert levels(book.asks.best_rows(1)) == levels([("100.3", "0.5")])


def test_a_price_in_another_spelling_is_the_same_level(new_book: NewBook) -> None:
    book = known(new_book)
    book.take(delta(101, bids=[("100.20", "7")]), 0.0)
    assert levels(book.bids.best_rows()) == levels([("100.20", "7"), *BIDS[1:]])
    book.take(delta(102, bids=[("100.2", "0.0")]), 0.0)
    assert levels(book.bids.best_rows()) == levels(list(BIDS[1:]))


def test_prices_of_15_digits_that_differ_in_the_last_one_are_different_levels() -> None:
    book = Book(NAME, BookTerms(rule=Bybit()))
    prices = ["90071992547409.1", "90071992547409.2", "0.00000000000001", "0.00000000000002"]
    book.take(snapshot(1, bids=[(price, "1") for price in prices], asks=[]), 0.0)
    assert [row[0] for row in book.bids.best_rows()] == [prices[1], prices[0], prices[3], prices[2]]


@given(st.lists(st.integers(1, 10**15 - 1), min_size=1, max_size=20, unique=True), st.integers(0, 14))
def test_prices_of_at_most_15_digits_are_in_the_order_of_their_decimals(
    digits: list[int], places: int
) -> None:
    prices = [D(number).scaleb(-places) for number in digits]
    side = BookSide(is_bid=False)
    side.apply([(text, "1") for price in prices if len(text := format(price, "f")) <= MOST_CHARACTERS])
    found = [D(price) for price, _ in side.best_rows()]
    assert found == sorted(price for price in prices if len(format(price, "f")) <= MOST_CHARACTERS)


def test_a_gap_empties_the_book_and_later_deltas_are_refused_and_counted_until_a_snapshot(
    new_book: NewBook,
) -> None:
    book = known(new_book)
    assert book.take(delta(102), 0.0) is Taken.GAP
    assert (book.state(0.0), book.why) == (BookState.GAP, "update 102 came after 100")
    assert book.best() is None
    with pytest.raises(InvalidInput, match="is not known: update 102 came after 100"):
        book.depth(5, received_ms=0)
    assert [book.take(delta(update), 0.0) for update in (103, 104)] == [Taken.REFUSED] * 2
    assert (book.gaps, book.refused) == (1, 2)
    assert book.take(snapshot(105), 0.0) is Taken.REPLACED
    assert (book.state(0.0), book.why) == (BookState.KNOWN, "")


def test_a_copy_of_a_message_that_is_delivered_again_changes_nothing(new_book: NewBook) -> None:
    book = known(new_book)
    frames = [delta(101, bids=[("100.2", "8")]), delta(102, bids=[("100.2", "9")])]
    for frame in frames:
        book.take(frame, 0.0)
    assert [book.take(frame, 0.0) for frame in (snapshot(100), *frames)] == [Taken.OLD] * 3
    assert (book.old, book.update) == (3, 102)
    assert levels(book.bids.best_rows(1)) == levels([("100.2", "9")])


def test_a_delta_from_before_a_restart_is_not_the_next_one_after_it(new_book: NewBook) -> None:
    book = bybit(new_book)
    book.take(snapshot(4, at=100), 0.0)
    late = delta(5, bids=[("100.2", "666")], at=120)
    book.take(snapshot(1, at=500), 0.0)
    for update in (2, 3, 4):
        assert book.take(delta(update, at=500 + update), 0.0) is Taken.CHANGED
    assert book.take(late, 0.0) is Taken.OLD
    assert book.take(delta(5, bids=[("100.2", "7")], at=600), 0.0) is Taken.CHANGED
    assert levels(book.bids.best_rows(1)) == levels([("100.2", "7")])


def test_sequence_and_time_of_the_book_never_go_back(new_book: NewBook) -> None:
    book = known(new_book)
    book.take(delta(101, sequence=5), 0.0)
    assert (book.sequence, book.matched_ms) == (1000, 2020)


def test_a_snapshot_from_before_a_refused_delta_is_not_taken(new_book: NewBook) -> None:
    book = known(new_book)
    book.take(delta(105), 0.0)
    assert book.take(snapshot(103), 0.0) is Taken.OLD
    assert book.state(0.0) is BookState.GAP
    assert book.take(snapshot(106), 0.0) is Taken.REPLACED


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("100.25", "-1"), "'-1' is not a size"),
        (("100.25", "1e3"), "'1e3' is not a size"),
        (("100.25", ""), "'' is not a size"),
        (("100.25", "."), "'.' is not a size"),
        (("100.25", "1.2.3"), "'1.2.3' is not a size"),
        (("100.25", "nan"), "'nan' is not a size"),
        (("x", "1"), "'x' is not a price of at most 15 digits"),
        (("nan", "1"), "'nan' is not a price of at most 15 digits"),
        (("-5", "0"), "'-5' is not a price of at most 15 digits"),
        (("0.0", "1"), "a price is 0"),
        (("100.20000000000001", "1"), "is not a price of at most 15 digits"),
        (("100.3", "1"), "is not below ask 100.3"),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value)[:30],
)
def test_a_delta_with_a_row_that_no_book_has_is_a_gap(
    new_book: NewBook, row: tuple[str, str], why: str
) -> None:
    book = known(new_book)
    assert book.take(delta(101, bids=[row]), 0.0) is Taken.GAP
    assert why in book.why
    assert book.take(snapshot(102, bids=[("1", "x")]), 0.0) is Taken.GAP
    assert book.best() is None


def test_a_side_with_more_levels_than_the_depth_is_a_gap(new_book: NewBook) -> None:
    book = bybit(new_book, depth=3)
    book.take(snapshot(100), 0.0)
    assert book.take(delta(101, asks=[("100.6", "1")]), 0.0) is Taken.GAP
    assert book.why == "a side has more than 3 levels"


def test_a_book_without_messages_for_longer_than_the_patience_is_stale_until_the_next_one(
    new_book: NewBook,
) -> None:
    book = known(new_book)
    assert [book.state(at) for at in (0.0, 10.0, 10.1)] == [BookState.KNOWN, BookState.KNOWN, BookState.STALE]
    book.take(snapshot(100), 20.0)
    assert book.state(21.0) is BookState.KNOWN
    book.take(snapshot(99), 29.0)
    assert book.state(31.0) is BookState.STALE


def test_a_book_of_a_new_connection_is_awaited_and_refuses_deltas(new_book: NewBook) -> None:
    book = known(new_book)
    book.begin()
    assert book.state(0.0) is BookState.AWAITED
    assert book.take(delta(101), 0.0) is Taken.REFUSED
    assert book.gaps == 0


@pytest.mark.parametrize(
    "rule", [Bybit(), BinanceSpot(), BinanceFutures()], ids=lambda rule: type(rule).__name__
)
def test_a_snapshot_with_lower_numbers_is_taken_on_a_new_connection_and_on_no_other(
    rule: SequenceRule,
) -> None:
    book = Book(NAME, BookTerms(rule=rule))
    book.take(snapshot(10_000, at=500), 0.0)
    earlier = snapshot(500, at=499)
    assert book.take(earlier, 0.0) is Taken.OLD
    book.begin()
    assert book.take(earlier, 0.0) is Taken.REPLACED
    assert (book.update, book.matched_ms) == (500, 499)
    assert book.take(delta(501, at=500, previous=500), 0.0) is Taken.CHANGED


def test_a_checksum_that_differs_from_the_exchanges_is_a_gap() -> None:
    book = Book(NAME, BookTerms(rule=Bybit(), checksum=okx))
    assert book.take(snapshot(100, checksum=okx(BIDS, ASKS)), 0.0) is Taken.REPLACED
    assert book.take(delta(101, bids=[("100.2", "2")]), 0.0) is Taken.CHANGED
    assert book.take(delta(102, bids=[("100.2", "3")], checksum=okx(BIDS, ASKS)), 0.0) is Taken.GAP
    assert "its checksum is" in book.why


@pytest.mark.parametrize(
    ("bids", "asks", "stated"),
    [
        ([("3366.1", "7"), ("3366", "6")], [("3366.8", "9"), ("3368", "8")], -1881014294),
        ([("3366.1", "7")], [("3366.8", "9"), ("3368", "8"), ("3372", "8")], 831078360),
    ],
    ids=["sides of one length", "a side that ends sooner"],
)
def test_the_checksum_of_okx_is_that_of_its_documentation(
    bids: list[Row], asks: list[Row], stated: int
) -> None:
    assert okx(bids, asks) == stated


def test_a_depth_has_the_levels_and_numbers_of_the_book(new_book: NewBook) -> None:
    depth = known(new_book).depth(2, received_ms=7)
    assert (depth.instrument, depth.update_id, depth.sequence) == (NAME, 100, 1000)
    assert (depth.matched_ms, depth.received_ms) == (2000, 7)
    np.testing.assert_array_equal(depth.bid_prices, [100.2, 100.1])
    np.testing.assert_array_equal(depth.bid_sizes, [1.0, 2.0])
    np.testing.assert_array_equal(depth.ask_prices, [100.3, 100.4])
    np.testing.assert_array_equal(depth.ask_sizes, [1.5, 2.5])


def test_a_depth_of_an_empty_side_has_no_levels(new_book: NewBook) -> None:
    book = bybit(new_book)
    book.take(snapshot(1, bids=[]), 0.0)
    assert book.depth(5, received_ms=0).bid_prices.shape == (0,)
    assert book.best() is None


def test_a_sweep_takes_the_other_side_of_the_book(new_book: NewBook) -> None:
    book = known(new_book)
    assert book.sweep(Side.BUY, D(1)).worst == D("100.3")
    assert book.sweep(Side.SELL, D(2)).worst == D("100.1")


def spot(new_book: NewBook, listed: int | None = None) -> Book:
    return new_book(NAME, BookTerms(rule=BinanceSpot(), listed=listed))


def test_deltas_of_binance_before_its_snapshot_are_held_and_applied_after_it(new_book: NewBook) -> None:
    book = spot(new_book)
    early = [
        delta(99, bids=[("100.2", "66")]),
        delta(102, [("100.2", "5")], first=100),
        delta(103, [("99", "6")]),
    ]
    assert [book.take(frame, 0.0) for frame in early] == [Taken.HELD] * 3
    assert book.take(snapshot(100), 0.0) is Taken.REPLACED
    assert book.update == 103
    assert levels(book.bids.best_rows()) == levels([("100.2", "5"), *BIDS[1:], ("99", "6")])


def test_a_snapshot_of_binance_that_is_older_than_the_held_deltas_is_a_gap_and_they_are_kept(
    new_book: NewBook,
) -> None:
    book = spot(new_book)
    for update in (105, 106):
        book.take(delta(update), 0.0)
    assert book.take(snapshot(100), 0.0) is Taken.GAP
    assert book.take(snapshot(105), 0.0) is Taken.REPLACED
    assert book.update == 106


def test_deltas_beyond_the_most_that_are_held_are_refused_and_counted(new_book: NewBook) -> None:
    book = spot(new_book)
    for update in range(1, 2_011):
        book.take(delta(update), 0.0)
    assert book.refused == 10


@pytest.mark.parametrize(
    ("frame", "taken"),
    [
        (delta(101), Taken.CHANGED),
        (delta(105, first=98), Taken.CHANGED),
        (delta(100), Taken.OLD),
        (delta(102), Taken.GAP),
    ],
    ids=["next", "overlapping", "old", "gap"],
)
def test_a_delta_of_binance_spot_follows_by_its_first_and_last_update(
    new_book: NewBook, frame: BookFrame, taken: Taken
) -> None:
    book = spot(new_book)
    book.take(snapshot(100), 0.0)
    assert book.take(frame, 0.0) is taken


@pytest.mark.parametrize(
    ("frame", "taken"),
    [
        (delta(110, first=95, previous=90), Taken.CHANGED),
        (delta(110, first=104, previous=100), Taken.CHANGED),
        (delta(100, first=95, previous=90), Taken.OLD),
        (delta(110, first=104, previous=101), Taken.GAP),
        (delta(110, first=101), Taken.GAP),
    ],
    ids=[
        "covers the snapshot",
        "begins with the snapshot",
        "ends with the snapshot",
        "after it",
        "without pu",
    ],
)
def test_the_first_delta_of_binance_futures_covers_the_snapshot(
    new_book: NewBook, frame: BookFrame, taken: Taken
) -> None:
    book = new_book(NAME, BookTerms(rule=BinanceFutures()))
    book.take(snapshot(100), 0.0)
    assert book.take(frame, 0.0) is taken


def test_a_later_delta_of_binance_futures_names_the_one_before(new_book: NewBook) -> None:
    book = new_book(NAME, BookTerms(rule=BinanceFutures()))
    book.take(snapshot(100), 0.0)
    assert book.take(delta(110, first=101, previous=100), 0.0) is Taken.CHANGED
    assert book.take(delta(120, first=115, previous=110), 0.0) is Taken.CHANGED
    assert book.take(delta(130, first=121, previous=119), 0.0) is Taken.GAP


def test_levels_beyond_a_cut_snapshot_are_not_kept_and_leaving_them_all_is_a_gap(new_book: NewBook) -> None:
    book = spot(new_book, listed=3)
    book.take(snapshot(100), 0.0)
    book.take(delta(101, bids=[("99.9", "5"), ("100.05", "5")], asks=[("100.6", "5")]), 0.0)
    assert [price for price, _ in levels(book.bids.best_rows())] == [
        *map(D, ("100.2", "100.1", "100.05", "100"))
    ]
    assert [price for price, _ in levels(book.asks.best_rows())] == [*map(D, ("100.3", "100.4", "100.5"))]
    gone = [(row[0], "0") for row in book.asks.best_rows()]
    assert book.take(delta(102, asks=[*gone, ("100.7", "1")]), 0.0) is Taken.GAP
    assert book.why == "the market has left the levels of the last snapshot"


def test_levels_beyond_a_snapshot_that_lists_the_whole_book_are_kept(new_book: NewBook) -> None:
    book = spot(new_book, listed=4)
    book.take(snapshot(100), 0.0)
    book.take(delta(101, bids=[("99.9", "5")]), 0.0)
    assert len(book.bids) == 4


def test_a_snapshot_that_comes_after_later_deltas_is_completed_by_them(new_book: NewBook) -> None:
    book = spot(new_book, listed=3)
    book.take(snapshot(100), 0.0)
    for frame in (delta(101, bids=[("100.2", "7")]), delta(102, bids=[("100.1", "8")])):
        book.take(frame, 0.0)
    later = snapshot(101, bids=[("100.2", "7"), ("100.1", "2.0"), ("99.0", "9")])
    assert book.take(later, 0.0) is Taken.REPLACED
    assert (book.update, book.gaps) == (102, 0)
    assert levels(book.bids.best_rows()) == levels([("100.2", "7"), ("100.1", "8"), ("99.0", "9")])
    assert book.take(delta(103), 0.0) is Taken.CHANGED


def test_a_snapshot_from_before_the_deltas_that_are_kept_changes_nothing(new_book: NewBook) -> None:
    book = spot(new_book)
    book.take(snapshot(100), 0.0)
    book.take(delta(101), 0.0)
    assert book.take(snapshot(98), 0.0) is Taken.OLD
    assert (book.state(0.0), book.update) == (BookState.KNOWN, 101)


def test_a_book_with_less_than_a_quarter_of_the_listed_levels_is_running_out(new_book: NewBook) -> None:
    rows = [(f"{99 - n}.0", "1") for n in range(8)]
    book = spot(new_book, listed=8)
    book.take(snapshot(100, bids=rows), 0.0)
    book.take(delta(101, bids=[(price, "0") for price, _ in rows[:6]]), 0.0)
    assert not book.is_running_out
    book.take(delta(102, bids=[(rows[6][0], "0")]), 0.0)
    assert book.is_running_out
    book.take(snapshot(103, bids=rows), 0.0)
    assert not book.is_running_out
