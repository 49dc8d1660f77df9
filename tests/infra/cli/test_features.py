"""`whence features` as a shell sees it: data sets of candles and of a log, what is shown, stops and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.tapes import synthetic_tape
from infra.cli import INTERRUPTED
from infra.cli.stopping import Stopping
from infra.learning.dataset import Dataset, LabelSource
from infra.learning.dataset_file import read_dataset
from tests.infra.cli.conftest import Whence

MARKET = (
    "--set", "trading.simulation.slippage=0",
    "--set", "trading.alpha.minimum_reward_to_risk=0",
    "--set", "trading.tiers.normal_confidence=0",
    "--set", "trading.tiers.strict_confidence=0",
    "--set", "trading.risk.cooldown_seconds=0",
    "--strategy", "fast=trend fast=5 slow=12 trend=30 adx_minimum=0",
    "--strategy", "other=supertrend",
)  # fmt: skip
SYMBOLS = ("BTCUSDT", "ETHUSDT")
CANDLES = ("--candles", "BTCUSDT_15m.csv", "ETHUSDT_15m.csv")


@pytest.fixture
def candles(whence: Whence, tmp_path: Path) -> None:
    """Quarter-hourly candles of ten days."""
    for tape in synthetic_tape(4, SYMBOLS, timedelta(minutes=15), candles=960):
        rows = [
            f"{one.open_time.isoformat()},{one.open},{one.high},{one.low},{one.close},{one.volume}"
            for one in tape.candles
        ]
        symbol = tape.instrument.partition("-")[0]
        (tmp_path / f"{symbol}_15m.csv").write_text(
            "\n".join(["time,open,high,low,close,volume", *rows, ""]), "utf-8"
        )


def _is_requested(_stopping: Stopping) -> bool:
    return True


Key = tuple[str, str, int]


def by_signal(dataset: Dataset) -> Mapping[Key, int]:
    """The numbers of the rows by strategy, instrument and time of the signal."""
    keys = zip(dataset.strategies, dataset.instruments, map(int, dataset.signal_at), strict=True)
    return {key: number for number, key in enumerate(keys)}


def rows_of_both(one: Dataset, other: Dataset) -> Sequence[tuple[int, int]]:
    ours, theirs = by_signal(one), by_signal(other)
    return [(ours[key], theirs[key]) for key in ours if key in theirs]


ACCOUNT = ("open_risk_share", "drawdown", "positions_held", "losses_in_a_row", "position_held")


@pytest.mark.usefixtures("candles")
def test_the_rows_of_a_log_and_of_its_candles_have_equal_features_and_equal_stops(
    whence: Whence, tmp_path: Path
) -> None:
    traded = whence("backtest", *CANDLES, *MARKET, "--log", "sqlite:///a.db", "--json")
    assert traded.code == 0, traded
    done = whence("features", "build", *CANDLES, *MARKET, "--out", "all")
    assert done.code == 0, done
    assert "rows of core.1, 2025-01 to 2025-01; signals without a row:" in done.out
    done = whence("features", "build", "--log", "sqlite:///a.db", *CANDLES, "--out", "traded", "--json")
    assert done.code == 0, done
    assert json.loads(done.out)["made_from"]["source"] == "log"

    proposed, recorded = read_dataset(tmp_path / "all"), read_dataset(tmp_path / "traded")
    both = rows_of_both(recorded, proposed)
    # Signals near the end are known by their trade alone: the candles end before a barrier.
    assert len(recorded.net) - 5 <= len(both) > 50
    market = [number for number, name in enumerate(recorded.features) if name not in ACCOUNT]
    account = [number for number, name in enumerate(recorded.features) if name in ACCOUNT]
    for one, other in both:
        assert np.array_equal(recorded.x[one, market], proposed.x[other, market], equal_nan=True)
        assert np.isnan(proposed.x[other, account]).all()
        assert not np.isnan(recorded.x[one, account]).any()

    # A trade that its stop has closed is what the barriers say, but for the stop that is rounded to a tick.
    stopped = [
        (one, other)
        for one, other in both
        if recorded.labels[one] is LabelSource.TRADE and recorded.stopped[one] and proposed.stopped[other]
    ]
    assert len(stopped) > 4
    for one, other in stopped:
        assert recorded.net[one] == pytest.approx(proposed.net[other], abs=2e-5)
        assert recorded.resolved_at[one] == proposed.resolved_at[other]
    assert {recorded.labels[one] for one, _other in both} == set(LabelSource)

    shown = whence("features", "show", "traded")
    assert shown.code == 0, shown
    assert "TRADE" in shown.out
    found = json.loads(whence("features", "show", "traded", "--json").out)
    assert sum(one["rows"] for one in found["groups"]) == len(recorded.net)
    assert [one["feature"] for one in found["features"]] == list(recorded.features)


@pytest.mark.usefixtures("candles")
def test_a_build_that_was_stopped_goes_on_by_the_same_command(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("features", "build", *CANDLES, "--strategy", "supertrend", "--out", "rows")
    with monkeypatch.context() as stopped:
        stopped.setattr(Stopping, "requested", _is_requested)
        done = whence(*words)
    assert (done.code, done.out) == (INTERRUPTED, "")
    assert "stopped; the same command goes on with the months in rows" in done.err
    assert not (tmp_path / "rows" / "dataset.json").exists()
    assert whence(*words).code == 0
    again = whence(*words)
    assert "1 of 1 months were sealed by an earlier run" in again.out


def test_a_log_of_the_synthetic_market_needs_no_candles(whence: Whence, tmp_path: Path) -> None:
    assert whence("paper", "--bars", "1500", "--log", "sqlite:///s.db", "--json").code == 0
    done = whence("features", "build", "--log", "sqlite:///s.db", "--out", "rows", "--json")
    assert done.code == 0, done
    assert json.loads(done.out)["made_from"]["synthetic"] is True
    assert not np.isnan(read_dataset(tmp_path / "rows").x).all(axis=0).any()


def test_the_table_of_a_set_is_shown(whence: Whence) -> None:
    table = json.loads(whence("features", "show", "--json").out)
    assert {"name", "formula", "units", "window", "source", "is_calendar"} == set(table[0])
    assert "Wilder's RSI" in whence("features", "show", "--set", "core.1").out


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("build", "--out", "x"), "give candle files with --candles, a log with --log, or both"),
        (
            ("build", "--log", "sqlite:///a.db", "--strategy", "trend", "--out", "x"),
            "are for candles alone",
        ),
        (("show", "nowhere"), "holds no complete data set"),
        (("show", "--set", "core.7"), "no feature set is called 'core.7'; there are: core.1"),
        (("show", "x", "--set", "core.1"), "give either the folder or --set"),
    ],
)
def test_what_cannot_be_built_or_shown_is_refused(whence: Whence, words: Sequence[str], refusal: str) -> None:
    done = whence("features", *words)
    assert done.code == 2
    assert refusal in " ".join(done.err.split())


@pytest.mark.usefixtures("candles")
def test_a_log_is_refused_without_the_candles_of_its_signals(whence: Whence, tmp_path: Path) -> None:
    for name, symbol in (("first", "ETHUSDT"), ("other", "BTCUSDT")):  # each has the candles of the other one
        text = (tmp_path / f"{symbol}_15m.csv").read_text("utf-8")
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    assert whence("backtest", *CANDLES, "--log", "sqlite:///a.db").code == 0
    swapped = ("--candles", "first.csv", "other.csv", "--symbol", "BTCUSDT", "--symbol", "ETHUSDT")
    for given, refusal in (
        ((), "does not hold its candles"),
        (("--candles", "BTCUSDT_15m.csv"), "no file has candles of ETHUSDT-LINEAR.BYBIT"),
        (swapped, "the candles close at"),
    ):
        done = whence("features", "build", "--log", "sqlite:///a.db", *given, "--out", "x")
        assert done.code == 2
        assert refusal in " ".join(done.err.split())
        assert not (tmp_path / "x" / "dataset.json").exists()


def test_a_build_of_candle_files_has_no_books(whence: Whence, tmp_path: Path) -> None:
    candles = tmp_path / "BTCUSDT_5m.csv"
    candles.write_text("")
    done = whence("features", "build", "--out", "x", "--features", "book.1", "--candles", str(candles))
    assert done.code != 0
    assert "candle files have no order books" in done.err


def test_an_unknown_feature_set_is_refused_with_the_known_ones(whence: Whence) -> None:
    done = whence("features", "build", "--out", "x", "--features", "book.9", "--log", "sqlite:///none.db")
    assert done.code != 0
    assert "core.1, book.1" in done.err
