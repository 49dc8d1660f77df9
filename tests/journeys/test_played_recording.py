"""A recording that `whence venue` plays from now on is traded by `whence paper --live`, and its decisions repeated."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import BookRow
from domain.book.frame import BookFrame
from domain.position import PositionClosed, PositionOpened
from tests.journeys.program import PATIENCE, whence
from tests.journeys.test_book_reader import (
    LOG,
    PROJECT,
    installed,
    logged,
    running_venue,
    trading,
    wait_for,
)

BTC = "BTCUSDT-LINEAR.BYBIT"
MINUTES = 10
HALF_SECOND_NS = 500_000_000
MODULE = """
from datetime import timedelta
from decimal import Decimal

from domain.strategies import Direction, Intent, Proposal


class Reader:
    name = "reader"

    def __init__(self, parameters):
        pass

    def watch(self):
        return self

    def on_candle(self, candle):
        return None

    def scan(self, candles):
        return [None for _ in candles]

    def on_book(self, reading):
        if not reading.is_known:
            return None
        bid, ask = reading.bids[0], reading.asks[0]
        enters = bid.size > ask.size
        return Proposal(
            strategy=self.name, instrument=reading.instrument, interval=timedelta(seconds=1),
            direction=Direction.LONG if enters else Direction.SHORT,
            intent=Intent.ENTER if enters else Intent.EXIT, confidence=0.9, trend=0.0, price=ask.price,
            stop=ask.price * (Decimal("0.97") if enters else Decimal("1.03")),
            target=ask.price * (Decimal("1.05") if enters else Decimal("0.95")), inputs={"size": float(bid.size)},
        )
"""


def books(begin_ns: int) -> Iterator[BookRow]:
    """A whole book twice a second; each five seconds the larger size moves to the other side."""
    for number in range(MINUTES * 120):
        at = begin_ns + number * HALF_SECOND_NS
        bid, ask = ("90", "30") if number // 10 % 2 else ("30", "90")
        frame = BookFrame(
            is_snapshot=True,
            first=number + 1,
            last=number + 1,
            sequence=number + 1,
            matched_ms=at // 1_000_000,
            bids=[("60000.0", bid), ("59999.5", "50")],
            asks=[("60000.1", ask), ("60000.5", "50")],
        )
        yield BookRow(arrived_ns=at, instrument=BTC, depth=50, frame=frame)


def test_a_strategy_on_books_opens_and_closes_on_a_recording_that_is_played_from_now_on(
    tmp_path: Path,
) -> None:
    folder = installed(tmp_path, MODULE)
    recorder = Recorder(tmp_path / "recording", time.time_ns())
    for row in books(time.time_ns() - 3_600 * 1_000_000_000):
        recorder.add(row)
    recorder.flush()
    recorder.release()
    with (
        running_venue("--market", str(tmp_path / "recording"), "--from-now") as address,
        trading(folder, "never", address) as process,
    ):
        wait_for(PositionClosed, folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    opened, closed, *_ = logged(folder, PositionOpened, PositionClosed)
    assert isinstance(opened.event, PositionOpened)
    assert opened.event.price == Decimal("60000.1"), "the recorded ask"
    assert isinstance(closed.event, PositionClosed)
    assert closed.event.price == Decimal(60_000), "the recorded bid"
    paths = {"PYTHONPATH": f"{folder}:{PROJECT}"}
    verified = whence(folder, "replay", "--verify", "--json", "--log", LOG, **paths)
    assert verified.returncode == 0, verified
    assert json.loads(verified.stdout)["differing"] == []
