"""`whence record` over loopback: what arrived is durable within seconds, over a kill and a second session."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from adapters.market_recordings.reader import read
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import BookRow, MarketRow, QuoteRow, TradeRow
from domain.direction import Side
from tests.adapters.bybit.feed_bench import VenueMarket
from tests.adapters.simulated.server.serving import PRICE, RunningVenue, quote, running_venue
from tests.journeys.program import PATIENCE, Running, running, whence

TOPICS = ("orderbook.50.ETHUSDT", "publicTrade.BTCUSDT", "orderbook.1.BTCUSDT", "kline.1.BTCUSDT")
WORDS = ("record", "--instruments", "BTCUSDT,ETHUSDT", "--depth", "50", "--out", "rec")


@pytest.fixture(scope="module")
def venue() -> Generator[RunningVenue]:
    with running_venue() as running_one:
        running_one.do(lambda one: quote(one.venue, "ETHUSDT", Decimal(3_000)))
        yield running_one


_SIZES = count(1)


def recorded(folder: Path, enough: Callable[[Sequence[MarketRow]], bool]) -> Sequence[MarketRow]:
    """The rows of the recording, as soon as they are enough."""
    deadline = time.monotonic() + PATIENCE
    while True:
        rows = list(read(folder)) if folder.is_dir() else []
        if enough(rows):
            return rows
        assert time.monotonic() < deadline, f"{len(rows)} rows"
        time.sleep(0.1)


def traded(market: VenueMarket, before: set[str], *quantities: str) -> None:
    """A session records the instruments, the book changes, and these trades happen."""
    for topic in TOPICS:
        market.venue.await_other_session(topic, before)
    for quantity in quantities:
        market.show(Side.BUY, 3, f"2.{next(_SIZES):03d}")
        market.trade(quantity)
        market.venue.act("advance", ms=200)


def sizes(rows: Sequence[MarketRow]) -> list[str]:
    return [row.size for row in rows if isinstance(row, TradeRow)]


def has_sizes(*wanted: str) -> Callable[[Sequence[MarketRow]], bool]:
    return lambda rows: [Decimal(one) for one in sizes(rows)] == [Decimal(one) for one in wanted]


def interrupted(program: Running) -> str:
    code, out, err = program.interrupt()
    assert code == 0, err
    return out


def test_a_recording_goes_on_after_a_kill_and_has_the_books_of_the_exchange(
    tmp_path: Path, venue: RunningVenue
) -> None:
    market, folder = VenueMarket(venue), tmp_path / "rec"
    with running(tmp_path, *WORDS, "--address", venue.url) as first:
        traded(market, set(), "0.001", "0.002")
        recorded(folder, has_sizes("0.001", "0.002"))
        first.kill()
    before = venue.sessions()
    with running(tmp_path, *WORDS, "--address", venue.url) as second:
        traded(market, before, "0.003")
        refused = whence(tmp_path, *WORDS, "--address", venue.url)
        assert (refused.returncode, "another recorder writes to rec" in refused.stderr) == (2, True)
        recorded(folder, has_sizes("0.001", "0.002", "0.003"))
        assert "1 trades" in interrupted(second)

    rows = list(read(folder))
    assert {type(row).__name__ for row in rows} == {
        "BookRow",
        "TradeRow",
        "QuoteRow",
        "CandleRow",
        "NoticeRow",
    }
    assert {row.bid for row in rows if isinstance(row, QuoteRow) and row.instrument.startswith("BTC")} <= {
        str(PRICE - Decimal("0.1")),
        str(PRICE),
        "49999.9",
    }
    assert [row.arrived_ns for row in rows] == sorted(row.arrived_ns for row in rows)
    checked = whence(tmp_path, "recordings", "check", "rec", "--json")
    assert checked.returncode == 0, checked.stderr
    report = json.loads(checked.stdout)
    assert report["faults"] == []
    found = report["instruments"]
    assert [(one["book_is_known"], one["gaps"], one["undeclared_gaps"]) for one in found] == [
        (True, 0, 0)
    ] * 2
    assert not list((folder / "open").glob("*.arrow"))


def deltas(rows: Sequence[MarketRow]) -> list[BookRow]:
    return [row for row in rows if isinstance(row, BookRow) and not row.frame.is_snapshot]


def test_a_delta_that_is_missing_in_the_recording_is_found_by_the_check(
    tmp_path: Path, venue: RunningVenue
) -> None:
    market, folder, before = VenueMarket(venue), tmp_path / "rec", venue.sessions()
    with running(tmp_path, *WORDS, "--address", venue.url) as program:
        traded(market, before, "0.001", "0.002", "0.003")
        missing, *_ = deltas(recorded(folder, lambda rows: len(deltas(rows)) > 1))
        interrupted(program)
    recorder = Recorder(tmp_path / "cut", 1)
    for row in read(folder):
        if row != missing:
            recorder.add(row)
    recorder.close()
    recorder.release()
    checked = whence(tmp_path, "recordings", "check", "cut")
    assert (checked.returncode, "gaps: 0 declared, 1 not" in checked.stdout) == (1, True), checked.stdout


def test_rows_are_printed_by_kind_as_lines_of_json(tmp_path: Path, venue: RunningVenue) -> None:
    market, folder, before = VenueMarket(venue), tmp_path / "rec", venue.sessions()
    with running(tmp_path, *WORDS, "--address", venue.url) as program:
        traded(market, before, "0.005")
        recorded(folder, has_sizes("0.005"))
        interrupted(program)
    printed = whence(tmp_path, "recordings", "rows", "rec", "--kind", "trades")
    (line,) = printed.stdout.splitlines()
    assert json.loads(line)["size"] == sizes(list(read(folder)))[0]
    unknown = whence(tmp_path, "recordings", "rows", "rec", "--kind", "orders")
    assert (unknown.returncode, "is none of books, trades" in unknown.stderr) == (2, True)
