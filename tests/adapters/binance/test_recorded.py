"""What a recording gets of Binance: every message in its own texts, from which the exchange's book is made again."""

from __future__ import annotations

import json
import time
from threading import Event

from adapters.binance.book_feed import BinanceBooks, Site
from adapters.market_recordings.row import BookRow, CandleRow, MarketRow, QuoteRow, TradeRow
from adapters.market_recordings.tap import MarketTap
from domain.book.book import Book
from infra.recording.check import checked, terms_of
from tests.adapters.binance.server import BinanceServer, binance_server
from tests.adapters.binance.test_book_feed import QUICK

SOL = "SOLUSDT-LINEAR.BINANCE"
_PATIENCE = 60


class Recorded:
    """A feed of one instrument whose messages are recorded."""

    def __init__(self, server: BinanceServer) -> None:
        self.rows, self._arrival = list[MarketRow](), Event()
        site = Site(http=server.url, socket=server.url.replace("http", "ws"))
        self.feed = BinanceBooks(
            site, (SOL,), timing=QUICK, on_arrival=self._arrival.set, tap=MarketTap(self.rows.append)
        )
        self.feed.start()

    def until(self, number: int) -> None:
        """Returns when the book is known and so many messages that are none of the book have come."""
        end = time.monotonic() + _PATIENCE
        while not self._is_reached(number):
            assert time.monotonic() < end, self.feed.states()
            self._arrival.wait(0.2)
            self._arrival.clear()

    def _is_reached(self, number: int) -> bool:
        others = sum(isinstance(row, TradeRow | QuoteRow | CandleRow) for row in list(self.rows))
        return all(state.is_live for state in self.feed.states()) and others >= number


def test_a_gap_is_declared_and_the_recorded_messages_make_the_book_of_the_exchange() -> None:
    with binance_server("SOLUSDT") as server:
        recorded = Recorded(server)
        recorded.until(0)
        for sent in (True, True, False, True, True):
            server.step("SOLUSDT", sent=sent)
        _send(server, "aggTrade", {"s": "SOLUSDT", "a": 7, "p": "150.10", "q": "2.50", "T": 5, "m": False})
        recorded.until(1)
        server.step("SOLUSDT")
        _send(
            server,
            "bookTicker",
            {"s": "SOLUSDT", "u": 9, "T": 6, "b": "1.0", "B": "2", "a": "1.10", "A": "3"},
        )
        candle = {"t": 60_000, "o": "1.0", "h": "2.0", "l": "0.50", "c": "1.5", "v": "10.0", "x": True}
        _send(server, "kline_1m", {"s": "SOLUSDT", "k": candle})
        recorded.until(3)
        recorded.feed.close()
        own = server.own("SOLUSDT")

    book = Book(SOL, terms_of(SOL, 0))
    for number, row in enumerate(recorded.rows):
        if isinstance(row, BookRow):
            book.take(row.frame, float(number))
    assert (list(book.bids.best_rows()), list(book.asks.best_rows())) == own
    (found,) = checked(recorded.rows)
    assert (found.declared, found.undeclared, found.is_known) == (1, 0, True)
    trade, quoted, closed = (row for row in recorded.rows if isinstance(row, TradeRow | QuoteRow | CandleRow))
    assert isinstance(trade, TradeRow)
    assert (trade.id, trade.price, trade.size, trade.is_buy) == ("7", "150.10", "2.50", True)
    assert isinstance(quoted, QuoteRow)
    assert (quoted.update, quoted.matched_ms, quoted.bid, quoted.ask_size) == (9, 6, "1.0", "3")
    assert isinstance(closed, CandleRow)
    assert (closed.seconds, closed.opened_ms, closed.low, closed.is_closed) == (60, 60_000, "0.50", True)


def _send(server: BinanceServer, kind: str, data: dict[str, object]) -> None:
    server.send(json.dumps({"stream": f"solusdt@{kind}", "data": data}))
