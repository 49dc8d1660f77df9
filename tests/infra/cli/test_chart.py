"""The chart of a run, and buy and hold beside it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from adapters.tapes import synthetic_tape
from infra.cli.benchmark import buy_and_hold
from infra.cli.chart import Chart
from infra.cli.stopping import Stopping
from tests.infra.cli.conftest import Whence

D = Decimal
START = datetime(2025, 1, 1, tzinfo=UTC)


def points(*amounts: int) -> list[tuple[datetime, Decimal]]:
    return [(START + timedelta(hours=n), D(amount)) for n, amount in enumerate(amounts)]


def drawn(*equity: int, held: tuple[int, ...] = (100, 100)) -> ET.Element:
    last = START + timedelta(hours=max(len(equity), len(held)))
    chart = Chart("A < B & C", "USDT", points(*equity), points(*held), START, last)
    return ET.fromstring(chart.svg())  # noqa: S314  # written by this program


def path(root: ET.Element, name: str) -> list[tuple[float, float]]:
    """The corners of the last path of this class; the first one is in the legend."""
    found = [one.get("d", "") for one in root.iter() if one.get("class") == name][-1]
    place = [0.0, 0.0]
    corners: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([MLHV])([\d.,-]+)", found):
        values = [float(one) for one in numbers.split(",")]
        if letter in "ML":
            place = values
        else:
            place["HV".index(letter)] = values[0]
        corners.append((place[0], place[1]))
    return corners


@pytest.mark.parametrize(
    "equity", [(100,), (100, 100), (100, 120, 90), (0, 0), (100, -5), (10**9, 10**9 + 1)]
)
def test_every_series_gives_a_chart_inside_its_frame(equity: tuple[int, ...]) -> None:
    root = drawn(*equity)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for name in ("equity", "held", "drawdown"):
        assert all(0 <= x <= width and 0 <= y <= height for x, y in path(root, name))
    assert not [one for one in root.iter() if "href" in " ".join(one.attrib)]


def test_a_higher_balance_is_drawn_higher_and_a_fall_lower_in_the_drawdown() -> None:
    root = drawn(100, 120, 90)
    heights = list(dict.fromkeys(y for _, y in path(root, "equity")))
    assert heights[1] < heights[0] < heights[2]
    falls = [y for _, y in path(root, "drawdown")]
    assert max(falls) > falls[0]


def test_text_in_the_chart_is_escaped() -> None:
    assert "A < B & C" in [one.text for one in drawn(100).iter()]


def test_buy_and_hold_shares_the_balance_among_the_tapes() -> None:
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=50)
    held = buy_and_hold(tapes, D(10_000), tapes[0].candles[-1].close_time)
    growth = [tape.candles[-1].close / tape.candles[0].open for tape in tapes]
    assert held[-1][0] == tapes[0].candles[-1].close_time
    assert round(held[-1][1], 6) == round(sum(5_000 * one for one in growth), 6)


def test_a_tape_that_ends_early_counts_with_its_last_close() -> None:
    long, short = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=50)
    short = replace(short, candles=short.candles[:10])
    held = buy_and_hold([long, short], D(10_000), long.candles[-1].close_time)
    expected = 5_000 * (
        long.candles[-1].close / long.candles[0].open + short.candles[-1].close / short.candles[0].open
    )
    assert round(held[-1][1], 6) == round(expected, 6)


def test_many_candles_give_about_a_thousand_points() -> None:
    (tape,) = synthetic_tape(4, ["BTCUSDT"], candles=5_000)
    assert 1_000 <= len(buy_and_hold([tape], D(1), tape.candles[-1].close_time)) <= 1_002


def test_buy_and_hold_of_a_stopped_run_ends_at_its_last_candle() -> None:
    tapes = synthetic_tape(4, ["BTCUSDT"], candles=50)
    last = tapes[0].candles[19]
    held = buy_and_hold(tapes, D(100), last.close_time)
    assert held[-1][0] == last.close_time
    assert round(held[-1][1], 6) == round(100 * last.close / tapes[0].candles[0].open, 6)
    assert buy_and_hold(tapes, D(100), tapes[0].candles[0].open_time) == [
        (tapes[0].candles[0].open_time, D(100))
    ]


def _at_once(_stopping: Stopping) -> bool:
    return True


def test_a_stopped_run_reports_the_period_that_was_played(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop is requested at once, so one instant is played: three candles of five minutes."""
    monkeypatch.setattr(Stopping, "requested", _at_once)
    done = whence("paper", "--bars", "300", "--json")
    assert done.code == 130
    result = json.loads(done.out)
    assert (result["candles"], result["whole"]) == (3, False)
    begun, ended = (datetime.fromisoformat(result[name]) for name in ("from", "to"))
    assert ended - begun == timedelta(minutes=5)
    assert abs(D(result["buy_and_hold"])) < D("0.05")


def test_a_run_draws_its_chart_and_lists_its_trades(whence: Whence, tmp_path: Path) -> None:
    done = whence("paper", "--bars", "1500", "--seed", "4", "--trades", "--chart", "run.svg")
    assert done.code == 0
    assert "SYNTHETIC MARKET" in (tmp_path / "run.svg").read_text()
    listed = [line for line in done.out.splitlines() if re.match(r"25-01-\d\d \d\d:\d\d ", line)]
    assert listed
    assert all(len(line) <= 80 for line in listed)
    assert "By symbol" in done.out
    assert "By strategy" in done.out
    assert "buy and hold" in done.out


def test_a_chart_that_cannot_be_written_is_refused_with_its_name(whence: Whence) -> None:
    Path("taken").touch()
    done = whence("paper", "--bars", "300", "--chart", "taken/folder/run.svg")
    assert done.code == 2
    assert "--chart taken/folder/run.svg: " in done.err
    assert "taken is no folder" in done.err
