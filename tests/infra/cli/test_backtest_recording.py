"""`whence backtest --recording` as a shell sees it: what it reports of a recording, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.market_recordings.row import MarketRow, Notice
from tests.infra.cli.conftest import Whence
from tests.infra.recording.test_market import BTC, book_row, candle_row, notice_row, trade_row, written

MINUTES = 6


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six minutes of one message a second, of which five seconds are lost in the third minute."""
    rows: list[MarketRow] = [notice_row(0, Notice.BEGUN)]
    for second in range(60 * MINUTES):
        rows.append(book_row(1_000 * second, second + 1, whole=second in (0, 125)))
        rows.append(trade_row(1_000 * second + 10))
        if second == 120:
            rows.append(notice_row(1_000 * second + 30, Notice.GAP, "nothing came for 10 s"))
        if second % 60 == 0 and second:
            rows.append(candle_row(second // 60 - 1))
    return written(tmp_path / "recording", rows)


def test_a_recording_is_traded_and_the_time_without_its_book_is_stated(
    whence: Whence, folder: Path, tmp_path: Path
) -> None:
    log = f"sqlite:///{tmp_path}/made.db"
    done = whence("backtest", "--recording", str(folder), "--json", "--log", log)
    assert done.code == 0, done
    found = json.loads(done.out)
    assert (found["instruments"], found["candles"]) == ([BTC], MINUTES - 1)
    assert found["source"] == f"the order books of {BTC} in {folder}"
    assert found["notes"][-1] == (
        f"{BTC} has no order book from 2024-03-09 16:02:00 to 2024-03-09 16:02:05 UTC: nothing came for 10 s"
    )
    assert found["traded_with"]["spread"] == "that of the recorded order books"
    again = json.loads(whence("backtest", "--recording", str(folder), "--json").out)
    assert (again["log_id"], again["events"]) == (found["log_id"], found["events"])


def test_candles_of_another_interval_are_built_from_the_trades(whence: Whence, folder: Path) -> None:
    done = whence("backtest", "--recording", str(folder), "--json", "--interval", "2m", "--symbol", "BTCUSDT")
    assert done.code == 0, done
    assert json.loads(done.out)["candles"] == 1  # the first is left out, and the third is not over


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--symbol", "DOGEUSDT"), "--symbol 'DOGEUSDT': FOLDER has no order book of it; it has those of"),
        (("--trades", "x.csv"), "--trades is not for --recording: leave out one of them"),
        (("--seed", "4"), "--seed is not for --recording: leave out one of them"),
        (("--interval", "7s"), "--interval '7s'"),
        (("--from", "2024-03-10"), "has no candle in this period"),
    ],
    ids=["another instrument", "trades", "a seed", "no interval", "a day without candles"],
)
def test_what_does_not_fit_a_recording_is_refused(
    whence: Whence, folder: Path, options: Sequence[str], words: str
) -> None:
    done = whence("backtest", "--recording", str(folder), *options)
    assert done.code == 2
    assert words.replace("FOLDER", str(folder)) in " ".join(done.err.split())


def test_a_folder_without_a_recording_is_refused(whence: Whence, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, words in (("empty", "has no recording of a market"), ("none", "is no folder")):
        done = whence("backtest", "--recording", name)
        assert done.code == 2
        assert words in " ".join(done.err.split())
