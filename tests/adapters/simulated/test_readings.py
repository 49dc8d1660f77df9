"""Readings of a book between candles: orders are filled from their levels, and no candle trades what came after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from adapters.simulated import SimulatedExchange
from adapters.simulated.fill_source import FillSource
from commands.exchange import AnyReport, Liquidated, Ticket
from domain.errors import InvalidInput
from domain.market import BookReading, Level
from tests.adapters.simulated.scene import (
    BTC,
    BUY,
    FIVE,
    SELL,
    START,
    after_candles,
    candle,
    d,
    exchange,
    fills,
    kinds,
    of_kind,
    ticket,
)
from tests.replacing import replace

SECOND = timedelta(seconds=1)
PATIENCE = timedelta(seconds=10)


def levels(*texts: str) -> tuple[Level, ...]:
    """Levels of `size@price`."""
    parts = (one.split("@") for one in texts)
    return tuple(Level(Decimal(price), Decimal(size)) for size, price in parts)


def reading(bids: Sequence[str] = ("5@99.9",), asks: Sequence[str] = ("5@100.1",)) -> BookReading:
    shown, offered = levels(*bids), levels(*asks)
    return BookReading(
        instrument=BTC.id, at=START, update_id=1, is_known=bool(bids), bids=shown, asks=offered
    )


LOST = reading((), ())


class Books:
    """An exchange with a candle at START, and readings after it."""

    def __init__(self) -> None:
        self.venue: SimulatedExchange = exchange()
        self.venue.on_candles([candle(-1, "100 100 100 100")])

    def shows(self, seconds: int, shown: BookReading) -> list[AnyReport]:
        at = self.at(seconds)
        self.venue.meet_books(at, PATIENCE)
        self.venue.on_readings([shown], at)
        self.venue.meet_books(at, PATIENCE)
        return list(self.venue.reports())

    def passes(self, seconds: int) -> list[AnyReport]:
        self.venue.meet_books(self.at(seconds), PATIENCE)
        return list(self.venue.reports())

    def sends(self, seconds: int, *tickets: Ticket) -> None:
        self.venue.submit([replace(one, sent_at=self.at(seconds)) for one in tickets])

    @staticmethod
    def at(seconds: int) -> datetime:
        return START + seconds * SECOND


def protected(stop: str) -> list[Ticket]:
    entry = ticket("e", BUY, "2", sent_at=START)
    return [entry, ticket("e-stop", SELL, "2", trigger=stop, reduce_only=True, parent="e", sent_at=START)]


def test_a_market_order_takes_the_levels_of_the_last_reading_one_by_one_and_loses_what_they_do_not_hold() -> (
    None
):
    books = Books()
    books.shows(1, reading(asks=("1@100.1", "2@100.3")))
    books.sends(2, ticket("m", BUY, "4"))
    reports = books.passes(3)
    assert kinds(reports) == ["m Submitted", "m Filled", "m Filled", "m Cancelled"]
    assert fills(reports) == [("m", d("1"), d("100.1")), ("m", d("2"), d("100.3"))]
    assert {one.at for one in reports} == {books.at(2)}
    assert books.venue.fills == {FillSource.READING: 2}


def test_what_an_order_has_taken_is_gone_until_the_next_reading() -> None:
    books = Books()
    books.shows(1, reading(asks=("3@100.1", "9@100.5")))
    books.sends(2, ticket("a", BUY, "2"), ticket("b", BUY, "2"))
    assert fills(books.passes(3))[1:] == [("b", d("1"), d("100.1")), ("b", d("1"), d("100.5"))]
    books.shows(4, reading(asks=("3@100.1",)))
    books.sends(5, ticket("c", BUY, "2"))
    assert fills(books.passes(6)) == [("c", d("2"), d("100.1"))]


@pytest.mark.parametrize("wait", [1, 12], ids=["lost", "older than the patience"])
def test_an_order_that_meets_no_fresh_book_waits_for_the_next_reading(wait: int) -> None:
    books = Books()
    books.shows(1, reading())
    if wait == 1:
        books.shows(2, LOST)
    books.sends(2 + wait, ticket("m", BUY, "1"))
    assert books.passes(3 + wait) == []
    assert fills(books.shows(4 + wait, reading(asks=("5@101",)))) == [("m", d("1"), d("101"))]


def test_an_order_without_a_book_meets_the_next_candle_and_not_the_one_in_which_it_was_sent() -> None:
    books = Books()
    books.shows(1, LOST)
    books.sends(2, ticket("m", BUY, "1"))
    assert after_candles(books.venue, [candle(0, "100 100 100 100")]) == []
    assert fills(after_candles(books.venue, [candle(1, "103 103 103 103")])) == [("m", d("1"), d("103"))]


def test_a_candle_does_not_reach_a_stop_that_came_after_its_open_and_the_next_candle_does() -> None:
    books = Books()
    books.shows(10, reading())
    books.sends(20, *protected("98"))
    assert fills(books.passes(21)) == [("e", d("2"), d("100.1"))]
    assert after_candles(books.venue, [candle(0, "97 101 96 100")]) == []
    reports = after_candles(books.venue, [candle(1, "100 100 97 99")])
    assert fills(reports) == [("e-stop", d("2"), d("98"))]
    assert {one.at for one in reports} == {START + 2 * FIVE}


def test_a_stop_is_triggered_by_the_middle_of_a_reading_and_sells_to_its_bids() -> None:
    books = Books()
    books.shows(10, reading())
    books.sends(20, *protected("98"))
    books.passes(21)
    assert books.shows(30, reading(("1@97.9",), ("5@98.3",))) == []
    reports = books.shows(40, reading(("1@97.9", "9@97.5"), ("5@98.1",)))
    assert kinds(reports)[0] == "e-stop Triggered"
    assert fills(reports) == [("e-stop", d("1"), d("97.9")), ("e-stop", d("1"), d("97.5"))]


def test_the_range_of_a_candle_with_readings_reaches_a_stop_that_stood_at_its_open() -> None:
    books = Books()
    books.shows(10, reading())
    books.sends(20, *protected("98"))
    books.passes(21)
    after_candles(books.venue, [candle(0, "100 100 100 100")])
    assert books.shows(310, reading()) == []
    assert fills(after_candles(books.venue, [candle(1, "100 100 97 100")])) == [("e-stop", d("2"), d("98"))]


def test_a_limit_order_that_rests_gets_its_price_for_the_size_that_has_reached_it() -> None:
    books = Books()
    books.shows(1, reading())
    books.sends(2, ticket("l", BUY, "3", limit="99.5"))
    assert kinds(books.passes(3)) == ["l Submitted", "l Accepted"]
    assert books.shows(4, reading(("5@99.3",), ("5@99.5",))) == [], "others may be ahead in the queue"
    assert fills(books.shows(5, reading(("5@99.2",), ("2@99.4", "9@99.6")))) == [("l", d("2"), d("99.5"))]


def test_a_reading_of_an_instrument_that_is_not_traded_is_refused() -> None:
    with pytest.raises(InvalidInput, match="which is not traded here"):
        exchange().on_readings([replace(reading(), instrument="ETHUSDT-LINEAR.BYBIT")], START)


def test_a_position_of_a_reading_is_not_liquidated_by_prices_of_before_it() -> None:
    books = Books()
    books.shows(10, reading())
    books.sends(20, ticket("m", BUY, "2"))
    books.passes(21)
    assert after_candles(books.venue, [candle(0, "100 101 50 100")]) == []
    assert of_kind(Liquidated, after_candles(books.venue, [candle(1, "100 101 50 100")]))
