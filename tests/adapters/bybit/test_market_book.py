"""The rule of update numbers: when a message is applied, refused, or shows that the book is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest

from adapters.bybit.market_book import Book, Message, Taken
from domain.market import Level

D = Decimal
BID, ASK = ("99", "1"), ("101", "2")
REPLACED, CHANGED, OLD, REFUSED, GAP = Taken


def levels(*rows: tuple[str, str]) -> tuple[Level, ...]:
    return tuple(Level(D(price), D(size)) for price, size in rows)


def snapshot(number: int, at: int = 0, bid: tuple[str, str] = BID, ask: tuple[str, str] = ASK) -> Message:
    return Message(is_snapshot=True, number=number, at=at, bids=levels(bid), asks=levels(ask))


def delta(
    number: int, at: int = 0, bids: tuple[tuple[str, str], ...] = (), asks: tuple[tuple[str, str], ...] = ()
) -> Message:
    return Message(is_snapshot=False, number=number, at=at, bids=levels(*bids), asks=levels(*asks))


@pytest.mark.parametrize(
    ("messages", "taken"),
    [
        ([delta(5)], [REFUSED]),
        ([snapshot(5), delta(6), delta(7)], [REPLACED, CHANGED, CHANGED]),
        (
            [snapshot(5), delta(7), delta(8), snapshot(20), delta(21)],
            [REPLACED, GAP, REFUSED, REPLACED, CHANGED],
        ),
        ([snapshot(5), delta(4)], [REPLACED, GAP]),
        ([snapshot(5), delta(6), delta(6)], [REPLACED, CHANGED, OLD]),
        ([snapshot(5), delta(6), delta(6, bids=(("98", "3"),))], [REPLACED, CHANGED, GAP]),
        ([snapshot(5), delta(7), delta(6)], [REPLACED, GAP, REFUSED]),
        ([snapshot(5), delta(1, bids=(BID,), asks=(ASK,)), delta(2)], [REPLACED, REPLACED, CHANGED]),
        ([snapshot(5, at=9), snapshot(3, at=8), delta(6, at=9)], [REPLACED, OLD, CHANGED]),
        ([snapshot(5, at=9), snapshot(7, at=8), delta(8, at=9)], [REPLACED, REPLACED, CHANGED]),
        ([snapshot(5, at=9), snapshot(1, at=8), delta(2, at=9)], [REPLACED, REPLACED, CHANGED]),
        ([snapshot(5), delta(6, bids=(("101", "1"),))], [REPLACED, GAP]),
        ([snapshot(5), delta(6, bids=(("98", "1"), ("97", "1")))], [REPLACED, GAP]),
        ([snapshot(5), delta(6, bids=(("98", "0"),))], [REPLACED, CHANGED]),
        ([snapshot(5, bid=("101", "1"))], [GAP]),
    ],
    ids=[
        "delta before the snapshot",
        "numbers follow",
        "a number is missing",
        "a number goes back",
        "a delta twice",
        "another delta under the same number",
        "two deltas change places",
        "a restart that is called a delta",
        "an older snapshot",
        "a later snapshot with an earlier time",
        "a restart with an earlier time",
        "bid and ask cross",
        "more levels than the depth",
        "an unknown level is removed",
        "a snapshot that crosses",
    ],
)
def test_a_message_is_taken_by_its_number(messages: list[Message], taken: list[Taken]) -> None:
    book = Book(depth=2)
    assert [book.take(message) for message in messages] == taken
    assert book.is_known is (taken[-1] in (REPLACED, CHANGED, OLD))


def test_a_delta_sets_changes_and_removes_levels() -> None:
    book = Book(depth=3)
    book.take(snapshot(5))
    book.take(delta(6, bids=(("98", "4"), ("99", "0")), asks=(("100", "1"), ("101", "3"))))
    assert book.levels() == (levels(("98", "4")), levels(("100", "1"), ("101", "3")))
    assert book.best() == (Level(D(98), D(4)), Level(D(100), D(1)))


def test_a_side_without_levels_has_no_best_price() -> None:
    book = Book(depth=1)
    book.take(Message(is_snapshot=True, number=2, at=0, bids=(), asks=levels(ASK)))
    assert (book.is_known, book.best()) == (True, None)


def test_a_recorded_book_has_no_gap_and_all_its_levels_after_every_message(market_data: Path) -> None:
    book = Book(depth=500)
    with ZipFile(market_data / "bybit_book" / "xrpusdt-ob500.data.zip") as packed:
        lines = packed.read(packed.namelist()[0]).splitlines()
    for number, line in enumerate(lines):
        frame = msgspec.json.decode(line)
        data = frame["data"]
        message = Message(
            is_snapshot=frame["type"] == "snapshot",
            number=data["u"],
            at=frame["ts"],
            bids=levels(*map(tuple, data["b"])),
            asks=levels(*map(tuple, data["a"])),
        )
        assert book.take(message) is (CHANGED if number else REPLACED)
        assert {len(side) for side in book.levels()} == {500}
