"""What the rules on order books send, over readings of a book as the engine receives them."""

from __future__ import annotations

from collections.abc import Mapping

from commands.managing import reading_of
from domain.managed import ManagedBy, Rule
from domain.management import decide
from domain.management.settings import ManagementSettings
from domain.market import BookReading, Level, PriceSource
from infra.run.redeciding import Redecision
from tests.commands.desk import Desk, folded, names, snapshot
from tests.commands.test_managing import Managed, a_trade
from tests.domain.history import BTC, D
from tests.replacing import replace

STOP = ManagementSettings(book_stop_at=D("0.01"), book_behind=D("0.001"), book_distance=D("0.005"))
EXIT = ManagementSettings(book_exit_share=D("0.5"), book_exit_distance=D("0.002"))


def a_reading(
    bid: str, strong: Mapping[str, int] | None = None, strong_asks: Mapping[str, int] | None = None
) -> BookReading:
    """Ten levels a side from this bid, and from 0.2 above it, a half apart, each of one unit but the strong ones."""
    bids, asks = (
        [D(bid) - D("0.5") * n for n in range(10)],
        [D(bid) + D("0.2") + D("0.5") * n for n in range(10)],
    )
    sizes = {**(strong or {}), **(strong_asks or {})}
    return BookReading(
        instrument=BTC,
        at=Desk().at,
        update_id=7,
        is_known=True,
        bids=tuple(Level(one, D(sizes.get(f"{one:f}", 1))) for one in bids),
        asks=tuple(Level(one, D(sizes.get(f"{one:f}", 1))) for one in asks),
    )


def a_gap() -> BookReading:
    return BookReading(instrument=BTC, at=Desk().at, update_id=8, is_known=False, why="a message is missing")


def test_a_reading_moves_the_stop_behind_a_strong_bid_with_the_reading_as_its_cause() -> None:
    """The entry is at 100 with a stop at 98; at 102.1 a bid of three units stands at 101."""
    held = Managed(STOP)
    followed = held.sees(a_reading("102.0", {"101.0": 3}))
    assert names(followed) == ["PositionManaged", "OrderAmendRequested"]
    assert followed[0].meta.causation_id == f"book:{BTC}:7"
    (action,) = held.actions
    assert (action.rule, action.action, action.stop) == (Rule.BOOK_STOP, ManagedBy.MOVE_STOP, D("100.8"))
    assert (action.price, action.price_source) == (D("102.1"), PriceSource.BOOK)
    assert held.amended("100.8") == ["OrderAmended", "ProtectionMoved"]
    assert held.sees(a_reading("101.6", {"100.1": 9}), seconds=30) == [], (
        "a level that went moves nothing back"
    )
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_while_the_book_is_not_known_and_at_trades_and_ticks_nothing_is_moved() -> None:
    held = Managed(STOP)
    assert held.sees(a_gap()) == []
    assert held.trades("102.1") == []
    assert held.sees(a_gap(), a_trade("102.2")) == []
    assert names(held.sees(a_reading("102.0", {"101.0": 3}))) == ["PositionManaged", "OrderAmendRequested"]
    held.amended("100.8")
    before = held.actions
    assert held.sees(a_gap(), seconds=30) == []
    assert held.trades("104") == []
    assert held.actions == before


def test_a_part_is_closed_once_before_a_strong_ask() -> None:
    held = Managed(EXIT)
    book = a_reading("102.0", None, {"102.2": 5})
    followed = held.sees(book)
    assert names(followed) == ["PositionManaged", "OrderPlaced"]
    assert [(one.rule, one.quantity) for one in held.actions] == [(Rule.BOOK_EXIT, D(25))]
    assert held.sees(book, seconds=60) == []
    assert snapshot(held.desk.world) == folded(held.desk.log)


def test_a_position_of_an_instance_without_the_rule_is_left_alone_by_its_book() -> None:
    held = Managed(ManagementSettings(trailing_levels=("0.5:0.1",)))
    assert held.sees(a_reading("102.0", {"101.0": 3}, {"102.2": 5})) == []


def test_the_strong_levels_are_those_of_the_settings_of_the_owner() -> None:
    held = Managed(ManagementSettings(book_stop_at=D("0.01"), book_strong=D(5)))
    (position,) = held.desk.world.portfolio.positions.values()
    book = a_reading("102.0", {"101.0": 3, "100.5": 5})
    reading = reading_of(position, held.desk.world, held.desk.at, None, book=book)
    assert reading is not None
    assert reading.book is not None
    assert [one.price for one in reading.book.bids] == [D("100.5")]
    assert decide(reading) == [], "no price is recent"


def test_what_was_done_by_levels_of_a_book_is_decided_again_from_the_log() -> None:
    held = Managed(replace(STOP, book_exit_share=D("0.5"), book_exit_distance=D("0.002")))
    both = a_reading("102.0", {"101.0": 3, "100.5": 9}, {"102.2": 5})
    held.sees(both)
    held.amended("100.8")
    held.sees(both, seconds=5)
    assert [one.rule for one in held.actions] == [Rule.BOOK_STOP, Rule.BOOK_EXIT]
    redecision = Redecision()
    for _ in redecision.steps(held.desk.log.read()):
        pass
    assert redecision.made["PositionManaged"] == 2
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
