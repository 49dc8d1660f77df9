"""Every message of the recordings gives the fast book the levels of the plain one, through the compiled reader."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from adapters.binance.depth_frame import delta, snapshot
from adapters.binance.market import MARKETS
from adapters.binance.stream_frame import combined, depth_update
from adapters.bybit.book_frame import book_frame, book_push, book_terms
from domain.book.book import Book, BookTerms, Taken
from domain.book.frame import BookFrame
from domain.errors import InvalidInput
from tests.domain.book.oracle import levels
from tests.recordings import binance_messages, bybit_messages

pytest.importorskip("numba", reason="needs the extra `fast`")

from adapters.ladder_book.fast_book import fast_book
from adapters.ladder_book.ladder_side import LadderSide
from adapters.ladder_book.push_reader import PushReader
from adapters.ladder_book.scale import Scale
from adapters.ladder_book.tick_rows import TickRows

D = Decimal
XRP = Scale(tick=D("0.0001"), size_places=0)
TOPIC, SYMBOL = "orderbook.500.XRPUSDT", "XRPUSDT"


def test_the_recorded_pushes_of_bybit_give_both_books_the_same_levels(market_data: Path) -> None:
    reader, terms = PushReader(TOPIC, SYMBOL, XRP), book_terms(500, patience=10.0)
    plain, fast = Book(SYMBOL, terms), fast_book(SYMBOL, terms, XRP)
    messages = bybit_messages(market_data)
    for text in messages:
        frame, read = book_frame(book_push(text)), reader.read(text)
        assert isinstance(read.bids, TickRows), "the compiled reader did not read it"
        assert fast.take(read, 0.0) is plain.take(frame, 0.0)
        assert (read.sequence, read.matched_ms, read.last) == (frame.sequence, frame.matched_ms, frame.last)
        assert_equal(fast, plain)
    assert len(messages) == 50


@pytest.mark.parametrize(
    ("name", "market", "scale", "slots"),
    [
        ("spot", "SPOT", Scale(tick=D("0.01"), size_places=8), 2**17),
        ("usdm", "LINEAR", Scale(tick=D("0.1"), size_places=3), 2**14),
    ],
    ids=["spot", "usdm"],
)
def test_the_recorded_messages_of_binance_give_both_books_the_same_levels_as_far_as_the_ladder_reaches(
    market_data: Path, name: str, market: str, scale: Scale, slots: int
) -> None:
    terms = BookTerms(rule=MARKETS[market].rule)
    plain, fast = Book("BTCUSDT", terms), fast_book("BTCUSDT", terms, scale, slots)
    for number, frame in enumerate(binance_frames(market_data, name)):
        assert fast.take(frame, 0.0) is plain.take(frame, 0.0), fast.why
        if number % 50 == 0 and plain.best() is not None:
            assert_equal(fast, plain, count=300)
    assert plain.gaps == 0
    assert fast.bids.reach is not None, "no level of the recording was too far for the ladder"


def binance_frames(folder: Path, name: str) -> Iterator[BookFrame]:
    for text in binance_messages(folder, name):
        if text.startswith(b'{"lastUpdateId"'):
            yield snapshot(text)
        elif b"depthUpdate" in text:
            yield delta(depth_update(combined(text).data, "BTCUSDT"))


def assert_equal(fast: Book, plain: Book, count: int = 500) -> None:
    """Compares the best levels as texts and as arrays; of a side with a reach, those up to it."""
    assert fast.best() == plain.best()
    for ours, theirs in ((fast.bids, plain.bids), (fast.asks, plain.asks)):
        most = min(count, len(ours)) if ours.reach is not None else count
        assert levels(ours.best_rows(most)) == levels(theirs.best_rows(most))
        for found, expected in zip(ours.arrays(most), theirs.arrays(most), strict=True):
            np.testing.assert_array_equal(found, expected)


def text_of(**fields: object) -> bytes:
    """A compact push of a delta; a field replaces that of the data or of the push."""
    data: dict[str, object] = {"s": SYMBOL, "b": [["1.9000", "5"]], "a": [], "u": 7, "seq": 9}
    push: dict[str, object] = {"topic": TOPIC, "type": "delta", "ts": 30, "data": data, "cts": 28}
    for name, value in fields.items():
        (push if name in push else data)[name] = value
    return msgspec.json.encode(push)


@pytest.mark.parametrize(
    "text",
    [
        text_of(),
        text_of(type="snapshot"),
        text_of(b=[], a=[["1.9", "0"], ["2", "0.000"], ["2.00010000", "12"]]),
        text_of(u=0),
        text_of().replace(b',"cts":28', b""),
        text_of().replace(b',"seq":9', b""),
        b'{"data":{"a":[],"u":7,"b":[["1.9","1"]],"s":"XRPUSDT"},"ts":1,"type":"delta","topic":"%s"}'
        % TOPIC.encode(),
    ],
    ids=["delta", "snapshot", "spellings", "u 0", "no cts", "no seq", "another order"],
)
def test_a_push_in_the_usual_form_is_read_by_compiled_code_as_the_plain_reader_reads_it(text: bytes) -> None:
    found, expected = PushReader(TOPIC, SYMBOL, XRP).read(text), book_frame(book_push(text))
    assert isinstance(found.bids, TickRows)
    assert (levels(found.bids), levels(found.asks)) == (levels(expected.bids), levels(expected.asks))
    for name in ("is_snapshot", "first", "last", "previous", "sequence", "matched_ms", "checksum"):
        assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize(
    "text",
    [
        text_of().replace(b":", b": "),
        text_of(type="other"),
        text_of(more=1),
        text_of(s="XRPUSDT").replace(b"XRPUSDT", rb"XRPUSD\u0054"),
        text_of(b=[["1.90001", "5"]]),
        text_of(b=[["1.9", "0.5"]]),
        text_of(b=[["1.9", "-5"]]),
        text_of(b=[["0", "5"]]),
        text_of(b=[[".9", "5"]]),
        text_of(b=[["1.", "5"]]),
        text_of(b=[["1.9", "9" * 17]]),
        text_of(b=[["1.90000000000000000", "5"]]),
        text_of().replace(b'"u":7', b'"u":7,"u":8'),
    ],
    ids=[
        "spaces",
        "another type",
        "another field",
        "an escape",
        "no multiple of the tick",
        "no whole size",
        "a negative size",
        "price 0",
        "no digit before the point",
        "no digit after it",
        "a size beyond 53 bits",
        "a long price",
        "a field twice",
    ],
)
def test_a_push_in_another_form_is_left_to_the_plain_reader(text: bytes) -> None:
    expected = book_frame(book_push(text))
    assert PushReader(TOPIC, SYMBOL, XRP).read(text) == expected


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_push_that_was_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(msgspec.DecodeError):
        PushReader(TOPIC, SYMBOL, XRP).read(text_of()[: -cut * 3])


@pytest.mark.parametrize("text", [text_of(topic="orderbook.50.XRPUSDT"), text_of(s="BTCUSDT")])
def test_a_push_of_another_book_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"this is no push of orderbook\.500\.XRPUSDT of XRPUSDT"):
        PushReader(TOPIC, SYMBOL, XRP).read(text)


def known(slots: int = 16) -> Book:
    book = fast_book(SYMBOL, book_terms(500, patience=10.0), XRP, slots)
    text = text_of(type="snapshot", u=6, b=[["1.9000", "5"]], a=[["1.9010", "6"]])
    assert book.take(PushReader(TOPIC, SYMBOL, XRP).read(text), 0.0) is Taken.REPLACED
    return book


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["1.90001", "5"], "price 1.90001 is no multiple of the tick 0.0001"),
        (["1.9", "0.5"], "size 0.5 is no whole number of 10**-0"),
        (["1.9", "9" * 17], "is no whole number"),
    ],
    ids=["price", "size", "a size beyond 53 bits"],
)
def test_a_number_that_the_ladder_cannot_have_is_a_declared_gap(row: list[str], why: str) -> None:
    book = known()
    assert book.take(PushReader(TOPIC, SYMBOL, XRP).read(text_of(b=[row])), 0.0) is Taken.GAP
    assert why in book.why


def test_a_level_too_far_for_the_ladder_is_not_kept_and_ends_its_reach() -> None:
    book = known()
    side = book.bids
    assert isinstance(side, LadderSide)
    assert (side.reach, side.far) == (None, 0)
    book.take(PushReader(TOPIC, SYMBOL, XRP).read(text_of(b=[["1.8990", "1"], ["1.8900", "2"]])), 0.0)
    assert levels(side.best_rows()) == [(D("1.9"), D(5)), (D("1.899"), D(1))]
    assert side.reach is not None
    assert 1.8900 < side.reach <= 1.8990
    assert side.far == 1


def test_a_ladder_that_moves_with_the_market_says_which_levels_it_lost() -> None:
    book = known()
    reader = PushReader(TOPIC, SYMBOL, XRP)
    rows = [["1.9000", "0"], ["1.8995", "1"], ["1.9500", "3"]]
    book.take(reader.read(text_of(b=rows, a=[["1.9010", "0"], ["1.9600", "6"]])), 0.0)
    assert levels(book.bids.best_rows()) == [(D("1.95"), D(3))]
    assert book.bids.reach is not None
    assert book.bids.reach > 1.8995
    assert book.take(reader.read(text_of(u=8, b=[["1.9500", "0"]])), 0.0) is Taken.GAP
    assert book.why == "the market has left the levels of the last snapshot"


@pytest.mark.parametrize(
    ("tick", "places", "why"),
    [
        (D(0), 0, "above 0"),
        (D("NaN"), 0, "above 0"),
        (D("1e-16"), 0, "at most 15 decimals"),
        (D(1), 16, "0 to 15 decimals, not 16"),
    ],
)
def test_a_scale_without_meaning_is_refused(tick: Decimal, places: int, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        Scale(tick=tick, size_places=places)


def test_a_ladder_of_few_slots_and_one_with_a_checksum_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 8 slots, not 7"):
        LadderSide(XRP, 7, is_bid=True)
    terms = BookTerms(rule=MARKETS["SPOT"].rule, checksum=lambda bids, asks: len(bids) - len(asks))
    with pytest.raises(InvalidInput, match="a ladder has no checksum"):
        fast_book(SYMBOL, terms, XRP)
