"""`whence book`: its frames, and what it refuses before it connects anywhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta

import pytest
from rich.console import Console

from adapters.book_view.seen import BookSeen
from adapters.book_view.watched import WatchedBooks
from infra.cli.book_screen import BookScreen
from tests.adapters.book_view.flowing import AT, GivenFeed, manipulated
from tests.domain.book.flow import NAME
from tests.infra.cli.conftest import Whence


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("BTC/USDT",), "INSTRUMENT 'BTC/USDT-LINEAR.BYBIT' is no instrument of bybit"),
        (("BTCUSDT,ETHUSDT",), "INSTRUMENT names 2 instruments: name 1 at most"),
        (("BTCUSDT-LINEAR.OKX",), "is no instrument of bybit"),
        (("BTCUSDT", "--depth", "500"), "not of 500"),
        (("BTCUSDT", "--exchange", "binance", "--testnet"), "--testnet is of bybit alone"),
        (("BTCUSDT", "--exchange", "okx"), "'okx' is not one of 'bybit', 'binance'"),
    ],
)
def test_what_has_no_book_is_refused(whence: Whence, words: Sequence[str], reason: str) -> None:
    refused = whence("book", *words)
    printed = " ".join(refused.err.replace("│", " ").split())
    assert (refused.code, reason in printed) == (2, True), refused.err


def test_an_exchange_that_cannot_be_reached_leads_to_one_line_and_none_of_its_client(whence: Whence) -> None:
    refused = whence("book", "BTCUSDT", "--once", "--patience", "1", "--address", "http://127.0.0.1:9")
    assert refused.code == 1
    (line,) = refused.err.splitlines()
    assert line.startswith("whence: no order book of BTCUSDT-LINEAR.BYBIT came within 1 s")


def test_a_frame_has_levels_figures_trades_walls_and_suspicions_in_80_columns_without_colours() -> None:
    text = drawn(BookScreen(5), looks()[0], width=80)
    for part in (f"{NAME}  live", "spread", "imbalance of 5 levels", "microprice", "trades", "suspicions"):
        assert part in text
    assert "SPOOFING" in text
    assert "\x1b" not in text
    lines = text.splitlines()
    assert sum("█" in one for one in lines) == 10
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("width", [20, 40, 80])
def test_no_number_is_cut_and_no_line_is_wider_than_a_narrow_terminal(width: int) -> None:
    known, lost = looks()
    for seen in (known, lost):
        text = drawn(BookScreen(5), seen, width=width)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width
    words = drawn(BookScreen(5), known, width=width).split()
    assert {f"{one.price}" for one in (*known.bids, *known.asks)} <= set(words)


def test_a_lost_book_is_shown_as_last_known_and_dimmed_with_its_age() -> None:
    known, lost = looks()
    screen = BookScreen(5)
    levels = [one for one in drawn(screen, known).splitlines() if "█" in one]
    text = drawn(screen, lost, is_coloured=True)
    assert "NOT KNOWN" in text
    assert "update 8 is missing, last message 30.0 s ago" in text
    assert "\x1b[2" in text
    assert [one[:30] for one in drawn(screen, lost).splitlines() if "█" in one] == [
        one[:30] for one in levels
    ]


def looks() -> tuple[BookSeen, BookSeen]:
    """A book with a suspicion, and the gap that follows."""
    feed = GivenFeed()
    watched = WatchedBooks(feed, (NAME,), clock=lambda: AT + timedelta(seconds=30))
    for message in manipulated():
        feed.give(message)
        watched.step()
    known = watched.seen(NAME, 5)
    feed.lose("update 8 is missing")
    watched.step()
    return known, watched.seen(NAME, 5)


def drawn(screen: BookScreen, seen: BookSeen, *, width: int = 100, is_coloured: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=is_coloured, highlight=False).print(screen.of(seen))
    return out.getvalue()
