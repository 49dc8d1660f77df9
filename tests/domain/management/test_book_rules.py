"""The rules of the manager on order books: the stop behind strong levels, and the exit of a part before one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.managed import LastManaged, ManagedBy, PositionManaged, Rule
from domain.management import decide
from domain.management.settings import ManagementSettings
from domain.management.strong_book import StrongBook, book_read, strong_book
from domain.market import BookReading, Level
from domain.position import Open
from tests.domain.history import BTC, NOW, D
from tests.domain.management.readings import LONG, SHORT, a_reading
from tests.replacing import replace

# The tick is 0.1; a stop is a tenth of a percent behind its level and at least one percent from the price.
STOP = ManagementSettings(
    book_stop_at=D("0.01"), book_behind=D("0.001"), book_distance=D("0.01"), minimum_step=D("0.0001")
)
EXIT = ManagementSettings(book_exit_share=D("0.5"), book_exit_distance=D("0.002"))


def levels(prices: range | list[str], strong: Mapping[str, int]) -> tuple[Level, ...]:
    return tuple(Level(D(str(one)), D(strong.get(str(one), 1))) for one in prices)


def a_book(strong_bids: Mapping[str, int], strong_asks: Mapping[str, int], bid: int = 104) -> StrongBook:
    """What is strong of bids from 104 down and asks from 105 up, one apart, each of one unit but the given ones."""
    reading = BookReading(
        instrument=BTC,
        at=NOW,
        update_id=1,
        is_known=True,
        bids=levels(range(bid, bid - 12, -1), strong_bids),
        asks=levels(range(bid + 1, bid + 13), strong_asks),
    )
    found = strong_book(reading, STOP.book_strong)
    assert found is not None
    return found


def of_book(
    price: str, rules: ManagementSettings, book: StrongBook | None, state: Open = LONG, **changed: object
) -> list[PositionManaged]:
    return [*decide(a_reading(price, rules, state, book=book, **changed))]


@pytest.mark.parametrize(
    ("strong", "stop"),
    [
        ({"103": 3}, "102.8"),  # 102.897, rounded away from the price to the tick
        ({"104": 3}, None),  # its stop would be nearer than one percent
        ({"104": 3, "101": 5}, "100.8"),
        ({"103": 2}, None),  # not three median sizes
        ({"94": 9}, None),  # no tighter than the stop at rest, 95
        ({}, None),
    ],
)
def test_the_stop_of_a_long_is_moved_behind_the_nearest_strong_bid_that_is_far_enough(
    strong: Mapping[str, int], stop: str | None
) -> None:
    found = of_book("104.5", STOP, a_book(strong, {}))
    assert [one.stop for one in found] == ([] if stop is None else [D(stop)])
    assert all((one.rule, one.action) == (Rule.BOOK_STOP, ManagedBy.MOVE_STOP) for one in found)


def test_the_stop_of_a_short_is_moved_behind_the_nearest_strong_ask() -> None:
    (found,) = of_book("95.5", STOP, a_book({}, {"97": 4}, bid=95), SHORT)
    assert (found.rule, found.stop) == (Rule.BOOK_STOP, D("97.1"))
    assert found.figures == {"from_profit": "0.01", "level": "97", "level_size": "4"}


def test_the_stop_is_not_moved_below_the_profit_nor_while_the_book_is_not_known() -> None:
    book = a_book({"99": 4}, {})
    assert of_book("100.9", STOP, book) == []
    assert of_book("104.5", STOP, None) == []
    gap = BookReading(instrument=BTC, at=NOW, update_id=2, is_known=False, why="a message is missing")
    assert strong_book(gap, D(3)) is None
    assert strong_book(None, D(3)) is None


def test_a_stop_behind_a_level_is_never_moved_back() -> None:
    tight = replace(LONG, stop=D("103.5"))
    assert of_book("104.5", STOP, a_book({"103": 3}, {}), tight) == []


def test_the_tightest_of_the_stops_is_taken() -> None:
    both = replace(STOP, trailing_levels=("0.01:0.005",))
    (found,) = of_book("104.5", both, a_book({"103": 3}, {}))
    assert (found.rule, found.stop) == (Rule.TRAILING_STOP, D("103.9"))


@given(
    price=st.decimals(D(96), D(119), places=1),
    strong=st.dictionaries(st.sampled_from([str(one) for one in range(93, 105)]), st.integers(1, 9)),
    behind=st.decimals(D(0), D("0.1"), places=4),
    distance=st.decimals(D(0), D("0.5"), places=4),
)
def test_whatever_the_book_a_stop_is_only_tightened_and_stays_before_the_price(
    price: Decimal, strong: Mapping[str, int], behind: Decimal, distance: Decimal
) -> None:
    rules = replace(STOP, book_stop_at=D("0.001"), book_behind=behind, book_distance=distance)
    for one in of_book(str(price), rules, a_book(strong, {})):
        assert one.stop is not None
        assert LONG.stop is not None
        assert LONG.stop < one.stop < price


@pytest.mark.parametrize(
    ("state", "price", "book"),
    [
        (replace(LONG, entered=D(10)), "104.9", a_book({}, {"105": 5})),
        (replace(SHORT, entered=D(10)), "95.1", a_book({"95": 5}, {}, bid=95)),
    ],
    ids=["long", "short"],
)
def test_a_part_is_closed_once_before_a_strong_level_ahead(state: Open, price: str, book: StrongBook) -> None:
    (found,) = of_book(price, EXIT, book, state)
    assert (found.rule, found.action, found.quantity) == (Rule.BOOK_EXIT, ManagedBy.REDUCE, D(5))
    assert found.figures["level_size"] == "5"
    last = LastManaged(at=NOW - timedelta(hours=1), action=ManagedBy.REDUCE, stop=None, target=None)
    assert of_book(price, EXIT, book, state, last={Rule.BOOK_EXIT: last}) == []


@pytest.mark.parametrize(
    ("price", "asks", "changed"),
    [
        ("104.5", {"105": 5}, {}),  # half a percent away
        ("104.9", {"105": 2}, {}),  # not strong
        ("104.9", {"106": 5}, {}),
        ("104.9", {"105": 5}, {"can_reduce": False}),
        ("104.9", {"105": 5}, {"state": replace(LONG, cost=D(1_060), entered=D(10))}),  # at a loss
        ("104.9", {"105": 5}, {"state": replace(LONG, quantity=D(5), cost=D(500), entered=D(10))}),  # no rest
    ],
)
def test_no_part_is_closed_without_a_near_strong_level_a_profit_and_a_rest(
    price: str, asks: Mapping[str, int], changed: dict[str, object]
) -> None:
    state = changed.pop("state", replace(LONG, entered=D(10)))
    assert isinstance(state, Open)
    assert of_book(price, EXIT, a_book({}, asks), state, **changed) == []


def test_a_part_is_closed_where_no_other_rule_acts() -> None:
    both = replace(STOP, book_exit_share=D("0.5"), book_exit_distance=D("0.002"))
    book = a_book({"103": 3}, {"105": 5})
    state = replace(LONG, entered=D(10))
    assert [one.rule for one in of_book("104.9", both, book, state)] == [Rule.BOOK_STOP]
    assert [one.rule for one in of_book("104.9", both, book, replace(state, stop=D("102.8")))] == [
        Rule.BOOK_EXIT
    ]


@pytest.mark.parametrize(("strong_bids", "strong_asks"), [({"103": 3, "102": 9}, {}), ({}, {"105": 5})])
def test_an_event_is_decided_again_from_its_evidence(
    strong_bids: Mapping[str, int], strong_asks: Mapping[str, int]
) -> None:
    both = replace(STOP, book_exit_share=D("0.5"), book_exit_distance=D("0.002"))
    state = replace(LONG, entered=D(10))
    (found,) = of_book("104.9", both, a_book(strong_bids, strong_asks), state)
    side = state.direction if found.rule is Rule.BOOK_STOP else state.direction.opposite
    assert of_book("104.9", both, book_read(found.figures, side), state) == [found]
