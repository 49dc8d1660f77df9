"""`whence venue` plays a recording: its market shows the recorded book, at the recorded times or from now on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from adapters.market_recordings.row import MarketRow, Notice
from adapters.simulated.venue import Venue, contract_of
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.played import PlayedMarket
from domain.direction import Side
from domain.errors import InvalidInput
from infra.recording.market import RecordedMarket, of_folder
from infra.recording.played import played
from infra.run.venue import VenueOptions, venue_of
from tests.infra.recording.test_market import (
    BTC,
    MS,
    START,
    book_row,
    candle_row,
    notice_row,
    trade_row,
    written,
)


def folder_of(tmp_path: Path) -> Path:
    rows: list[MarketRow] = [
        book_row(0, 1, whole=True),
        trade_row(50, "100.4"),
        book_row(1_000, 2),
        notice_row(2_500, Notice.GAP, "a message is missing"),
        book_row(4_000, 9, whole=True),
        candle_row(0),
    ]
    return written(tmp_path, rows)


def half(market: Market, side: Side) -> list[str]:
    """The levels of a side, best first, as `100.2x1.0`."""
    return [f"{one.price}x{one.foreign}" for one in market.book.sides[side]]


def test_books_are_shown_at_their_times_and_one_that_is_not_known_is_empty(tmp_path: Path) -> None:
    (read,) = played(RecordedMarket(of_folder(folder_of(tmp_path)), ["BTCUSDT"]), LINEAR)
    assert (read.instrument.id, read.ends - read.starts) == (BTC, 60_110)
    venue = Venue([contract_of(read.instrument, 1)], read.starts, 7)
    market = venue.market("BTCUSDT")
    player = PlayedMarket(venue, market, read.events)
    begun = START // MS
    player.move(begun)
    assert half(market, Side.BUY)[0] == "100.2x1.0"
    player.move(begun + 500)  # a trade at 100.4 took what was better, and two coins there
    assert half(market, Side.SELL)[0] == "100.4x0.5"
    player.move(begun + 1_000)
    assert half(market, Side.BUY)[0] == "100.2x2.5"
    player.move(begun + 3_000)
    assert half(market, Side.BUY) == half(market, Side.SELL) == []
    player.move(begun + 4_000)
    assert len(half(market, Side.BUY)) == 3
    assert player.is_over


def test_a_recording_from_now_on_is_moved_by_whole_minutes_to_the_clock(tmp_path: Path) -> None:
    before = time.time_ns() // MS
    running = venue_of(VenueOptions(files=(folder_of(tmp_path),), from_now=True))
    (read,) = running.recordings
    late = read.starts - (START // MS + 20)
    assert late % 60_000 == 0
    assert before - 60_000 < read.starts <= time.time_ns() // MS
    assert abs(running.server.clock.market() - time.time_ns() // MS) < 5_000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_now": True, "pace": 2.0}, "leave out --pace and --state"),
        ({"symbols": ("DOGEUSDT",)}, "has no order book of it"),
    ],
    ids=["from now at another pace", "an instrument that was not recorded"],
)
def test_what_cannot_be_played_is_refused(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        venue_of(VenueOptions(files=(folder_of(tmp_path),), **options))  # type: ignore[arg-type]


def test_a_folder_beside_other_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="leave out the other files"):
        venue_of(VenueOptions(files=(folder_of(tmp_path), Path("BTCUSDT_5m.csv"))))
