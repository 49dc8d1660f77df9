"""Fills that follow recorded order books: sweeps of levels, queues, and markets whose book is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.bybit.book_frame import book_frame, book_push
from adapters.milliseconds import at_ms
from adapters.simulated.recorded_book import RecordedBookExchange
from adapters.simulated.rules import SimulationRules
from commands.exchange import AnyReport, Filled, Ticket
from domain.arithmetic import EXACT
from domain.book.readings import ReadingMaker
from domain.catalogue import real_rules
from domain.direction import Side
from domain.errors import InvalidInput
from domain.market import BookUpdate, Trade
from infra.recording.market import RecordedMarket, of_folder
from infra.recording.moments import Moment
from tests.adapters.simulated.matched_scene import SECOND, book, trade
from tests.adapters.simulated.scene import BTC, BUY, NO_LATENCY, SELL, START, d, fills, kinds, ticket
from tests.domain.book.oracle import ObviousBook
from tests.infra.recording.traffic import XRP, received_from_bybit, recorded
from tests.recordings import bybit_messages
from tests.replacing import replace

RULES = SimulationRules(latency=NO_LATENCY)
LATENCY_MS = 150


class Recorded:
    """The market begins with a book of 99.9x5 and 100x5; each step takes a second."""

    def __init__(self, rules: SimulationRules = RULES) -> None:
        self.exchange = RecordedBookExchange({BTC.id: BTC}, "USDT", d("100000"), d("10"), rules, 7, START)
        self.now, self._updates = START, 0
        self.shown("99.9x5", "100x5 100.1x5")

    def shown(self, bids: str, asks: str) -> Sequence[AnyReport]:
        """The whole book; one without levels is not known."""
        return self._book(bids, asks, whole=True)

    def changed(self, bids: str = "", asks: str = "") -> Sequence[AnyReport]:
        """A change of the book."""
        return self._book(bids, asks, whole=False)

    def traded(self, side: Side, price: str, quantity: str) -> Sequence[AnyReport]:
        """A public trade."""
        self.now += SECOND
        return self._played(trade(side, price, quantity, self.now))

    def sent(self, *tickets: Ticket) -> None:
        self.exchange.submit([Ticket(one.order_id, one.terms, self.now) for one in tickets])
        assert self.exchange.reports() == []

    def _book(self, bids: str, asks: str, *, whole: bool) -> Sequence[AnyReport]:
        self.now, self._updates = self.now + SECOND, self._updates + 1
        return self._played(book(self._updates, self.now, bids, asks, whole=whole))

    def _played(self, event: BookUpdate | Trade) -> Sequence[AnyReport]:
        self.exchange.on_recorded([event])
        return self.exchange.reports()


def test_a_market_order_takes_the_levels_that_stood_before_the_next_event() -> None:
    scene = Recorded()
    scene.sent(ticket("m", BUY, "7"))
    assert fills(scene.changed(asks="100x0 100.1x0 101x9")) == [
        ("m", d("5"), d("100")),
        ("m", d("2"), d("100.1")),
    ]


def test_changes_and_trades_that_nobody_met_are_in_the_book_that_the_next_order_meets() -> None:
    scene = Recorded()
    scene.changed(asks="100x0 100.2x8")
    scene.traded(BUY, "100.1", "4")
    scene.sent(ticket("m", BUY, "2"))
    assert fills(scene.changed(bids="99x1")) == [("m", d("1"), d("100.1")), ("m", d("1"), d("100.2"))]


def test_a_limit_order_waits_behind_the_size_that_stood_at_its_price() -> None:
    scene = Recorded()
    scene.sent(ticket("l", BUY, "2", limit="99.9"))
    assert fills(scene.traded(SELL, "99.9", "4")) == []
    assert fills(scene.traded(SELL, "99.9", "2")) == [("l", d("1"), d("99.9"))]


def test_a_market_whose_book_is_not_known_carries_out_nothing_until_its_next_whole_book() -> None:
    scene = Recorded()
    scene.shown("", "")
    scene.sent(ticket("m", BUY, "1"))
    assert scene.traded(BUY, "100", "0.1") == []
    assert fills(scene.shown("99x5", "99.5x5")) == [("m", d("1"), d("99.5"))]


def test_a_request_that_waits_too_long_for_a_book_is_given_up() -> None:
    scene = Recorded()
    scene.shown("", "")
    scene.sent(ticket("m", BUY, "1"))
    reports = [one for _ in range(6) for one in scene.traded(BUY, "100", "0.1")]
    assert kinds(reports) == ["m Rejected"]


def test_a_resting_order_goes_to_the_end_of_its_queue_where_the_book_was_lost() -> None:
    scene = Recorded()
    scene.sent(ticket("l", BUY, "1", limit="99.9"))
    scene.traded(SELL, "99.9", "4")
    scene.shown("", "")
    scene.shown("99.9x5", "100x5")
    assert fills(scene.traded(SELL, "99.9", "4")) == []
    assert fills(scene.traded(SELL, "99.9", "2")) == [("l", d("1"), d("99.9"))]


def test_an_instrument_that_is_not_traded_is_refused() -> None:
    scene = Recorded()
    other = replace(trade(BUY, "1", "1", scene.now), instrument="ETHUSDT-LINEAR.BYBIT")
    with pytest.raises(InvalidInput, match=r"ETHUSDT-LINEAR\.BYBIT, which is not traded here"):
        scene.exchange.on_recorded([other])


def test_orders_on_bybit_s_recorded_book_take_the_raw_levels_and_leave_the_exact_balance(
    market_data: Path, tmp_path: Path
) -> None:
    market = RecordedMarket(of_folder(recorded(received_from_bybit(market_data), tmp_path)))
    moments = list(market.moments([ReadingMaker(XRP)], at_ms(0)))
    listing = real_rules(XRP, {})
    assert listing is not None
    rules = SimulationRules(latency=timedelta(milliseconds=LATENCY_MS))
    exchange = RecordedBookExchange(
        {XRP: listing.instrument}, "USDT", d("1000000"), d("10"), rules, 7, moments[0].at
    )
    orders = [(10, ticket("in", BUY, "40000")), (30, ticket("out", SELL, "40000"))]
    found = reports_of(exchange, moments, dict(orders))
    balance = d("1000000")
    for place, order in orders:
        side = order.terms.side
        arrives_at = at_ms(0) + (moments[place].at - at_ms(0)) + timedelta(milliseconds=LATENCY_MS)
        taken = swept(raw_book(market_data, arrives_at), side, order.terms.quantity)
        mine = [one for one in found if one.order_id == order.order_id]
        assert len(taken) >= 5
        assert sums(mine) == taken
        value = sum((EXACT.multiply(price, size) for price, size in taken.items()), d("0"))
        fee = EXACT.multiply(value, listing.instrument.taker_fee)
        assert sum((one.fee for one in mine), d("0")) == fee
        balance += (value if side is SELL else -value) - fee
    assert exchange.balances()[0].balance == balance


def reports_of(
    exchange: RecordedBookExchange, moments: Sequence[Moment], orders: dict[int, Ticket]
) -> list[Filled]:
    """Plays the moments, and sends each order after the moment of its number, for this instrument."""
    found: list[Filled] = []
    for place, moment in enumerate(moments):
        exchange.on_recorded(moment.market)
        found += [one for one in exchange.reports() if isinstance(one, Filled)]
        if place in orders:
            order = orders[place]
            exchange.submit([Ticket(order.order_id, replace(order.terms, instrument=XRP), moment.at)])
    return found


def raw_book(market_data: Path, until: datetime) -> ObviousBook:
    """The exchange's book after all messages before this time."""
    book = ObviousBook()
    for text in bybit_messages(market_data):
        frame = book_frame(book_push(text))
        if at_ms(frame.matched_ms) < until:
            book.take(frame)
    return book


def swept(book: ObviousBook, side: Side, quantity: Decimal) -> dict[Decimal, Decimal]:
    found, left = dict[Decimal, Decimal](), quantity
    for price, size in book.asks() if side is BUY else book.bids():
        if left:
            found[price] = min(left, size)
            left -= found[price]
    return found


def sums(fills_: Sequence[Filled]) -> dict[Decimal, Decimal]:
    found = dict[Decimal, Decimal]()
    for one in fills_:
        found[one.price] = found.get(one.price, d("0")) + one.quantity
    return found


def test_two_instruments_of_one_symbol_at_two_exchanges_are_refused_by_name() -> None:
    other = "BTCUSDT-LINEAR.BINANCE"
    instruments = {BTC.id: BTC, other: replace(BTC, id=other)}
    with pytest.raises(InvalidInput, match=f"{BTC.id} and {other} are of two exchanges"):
        RecordedBookExchange(instruments, "USDT", d("1000"), d("1"), SimulationRules(), 1, START)
