"""The seventeen messages by which a client's handling of Bybit's update numbers is judged, and what is no push."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

import msgspec
import pytest

from adapters.bybit.book_frame import book_frame, book_push, book_terms
from domain.book.book import Book, BookState, Taken

Rows = Sequence[tuple[str, str]]
FIFTY, ONE = "orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT"


def push(
    topic: str, kind: str | None, update: int, bids: Rows = (), asks: Rows = (), *, at: int, sequence: int = 0
) -> str:
    """The text of a push; `at` counts tenths of a second, and `sequence` follows from it unless it is given."""
    ms = 1_700_000_000_000 + at * 100
    data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": update, "seq": sequence or 7_000_000 + at}
    found: dict[str, object] = {"topic": topic, "ts": ms, "data": data, "cts": ms - 2}
    return json.dumps(found if kind is None else {**found, "type": kind})


WHOLE = ([("64000.1", "2"), ("63999.9", "3.1")], [("64000.5", "1.2"), ("64000.7", "4")])
HIGHER = ([("64001.0", "1"), ("64000.8", "2.2")], [("64001.4", "0.9"), ("64001.6", "3.3")])
HIGHEST = ([("64003.0", "2.1"), ("64002.8", "1.9")], [("64003.4", "3.4"), ("64003.6", "0.7")])
BEST = ([("64001.0", "1.4")], [("64001.4", "0.4")])

CONTRACT: dict[str, tuple[str, Taken]] = {
    "delta before the snapshot": (push(FIFTY, "delta", 99, WHOLE[0], at=1), Taken.REFUSED),
    "snapshot": (push(FIFTY, "snapshot", 100, *WHOLE, at=2), Taken.REPLACED),
    "delta after a lost one": (push(FIFTY, "delta", 102, [("63999.9", "0")], at=3), Taken.GAP),
    "delta after the gap": (push(FIFTY, "delta", 103, [("64000.1", "2.5")], at=4), Taken.REFUSED),
    "snapshot after the gap": (push(FIFTY, "snapshot", 110, *HIGHER, at=5), Taken.REPLACED),
    "next delta": (push(FIFTY, "delta", 111, [("64001.0", "1.4")], at=6), Taken.CHANGED),
    "next delta of the other side": (
        push(FIFTY, "delta", 112, (), [("64001.4", "0.4")], at=7),
        Taken.CHANGED,
    ),
    "snapshot of another depth": (push(ONE, "snapshot", 5001, *BEST, at=8), Taken.REPLACED),
    "next snapshot of that depth": (
        push(ONE, "snapshot", 5002, [("64001.1", "0.6")], BEST[1], at=9),
        Taken.REPLACED,
    ),
    "next delta whose seq is lower": (
        push(FIFTY, "delta", 113, [("64001.1", "0.6")], at=10, sequence=6_000_000),
        Taken.CHANGED,
    ),
    "later delta with an earlier number": (push(FIFTY, "delta", 112, [("64000.8", "2.7")], at=11), Taken.GAP),
    "delta with number 1": (push(FIFTY, "delta", 1, *WHOLE, at=12), Taken.REPLACED),
    "delta after the restart": (push(FIFTY, "delta", 2, (), [("64000.5", "2.9")], at=13), Taken.CHANGED),
    "the other depth after the restart": (push(ONE, "snapshot", 5003, *BEST, at=14), Taken.REPLACED),
    "second delta after the restart": (push(FIFTY, "delta", 3, [("64000.1", "1.6")], at=15), Taken.CHANGED),
    "push without a type": (push(FIFTY, None, 400, *HIGHEST, at=16), Taken.REPLACED),
    "delta after it": (push(FIFTY, "delta", 401, [("64003.0", "2.6")], at=17), Taken.CHANGED),
}


def test_each_of_the_seventeen_messages_has_its_verdict() -> None:
    books: dict[str, Book] = defaultdict(lambda: Book("BTCUSDT", book_terms(50, patience=10.0)))
    found: dict[str, Taken] = {}
    for name, (text, _) in CONTRACT.items():
        parsed = book_push(text)
        found[name] = books[parsed.topic].take(book_frame(parsed), 0.0)
    assert found == {name: verdict for name, (_, verdict) in CONTRACT.items()}
    assert books[FIFTY].bids.best_rows() == [("64003.0", "2.6"), ("64002.8", "1.9")]
    assert books[FIFTY].asks.best_rows() == HIGHEST[1]
    assert books[ONE].update == 5003


def test_a_delta_with_number_1_replaces_the_whole_book() -> None:
    book = Book("BTCUSDT", book_terms(50, patience=10.0))
    for name in ("snapshot after the gap", "delta with number 1"):
        book.take(book_frame(book_push(CONTRACT[name][0])), 0.0)
    assert (book.bids.best_rows(), book.asks.best_rows()) == WHOLE


def test_a_push_without_cts_has_the_time_of_its_ts() -> None:
    text = json.loads(push(FIFTY, "snapshot", 1, at=1))
    del text["cts"]
    assert book_frame(book_push(json.dumps(text))).matched_ms == text["ts"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"topic":"orderbook.50.BTCUSDT"}',
        push(FIFTY, "delta", -1, at=1),
        push(FIFTY, "delta", 2**63, at=1),
        push(FIFTY, "delta", 2, [("1",)], at=1),  # type: ignore[list-item]
        push(FIFTY, "delta", 2, [("1", 2)], at=1),  # type: ignore[list-item]
        push(FIFTY, "delta", 2, [("1", "9" * 41)], at=1),
    ],
    ids=[
        "empty",
        "list",
        "no data",
        "negative u",
        "u beyond 63 bits",
        "price alone",
        "size as a number",
        "41 digits",
    ],
)
def test_a_text_that_is_no_push_of_a_book_is_refused(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        book_push(text)


def test_a_book_after_the_contract_is_known() -> None:
    book = Book("BTCUSDT", book_terms(50, patience=10.0))
    for text, _ in CONTRACT.values():
        parsed = book_push(text)
        if parsed.topic == FIFTY:
            book.take(book_frame(parsed), 0.0)
    assert (book.state(0.0), book.gaps, book.refused) == (BookState.KNOWN, 2, 2)
