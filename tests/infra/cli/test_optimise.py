"""`whence optimise` as a shell sees it: its search over processes, its report in every form, and what it refuses."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.tapes import synthetic_tape
from infra.config import load
from infra.run.demo_log import NOT_TRADED
from infra.trading import LIVE, for_live, trading_settings
from tests.infra.cli.conftest import Completed, Whence
from tests.journeys.program import PATIENCE, running
from tests.journeys.program import whence as program

FAST, CONFIDENCE = "trading.strategies.trend.fast", "trading.tiers.normal_confidence"
EAGER = (
    "--set",
    "trading.alpha.minimum_reward_to_risk=0",
    "--strategy",
    "trend fast=6 slow=12 trend=30 adx_minimum=0",
)
SEARCH = (
    "--search",
    f"{FAST}=5..8",
    "--search",
    "trading.tiers.normal_confidence=0,0.1",
    "--objective",
    "total-return",
)
_PATIENCE = 3 * PATIENCE
"""Seconds for one trial or one search; both take some seconds of processor time, which a busy machine spreads."""
PARTS = ("--trials", "2", "--folds", "1", "--held-out", "0.5")


@pytest.fixture
def candles(tmp_path: Path) -> str:
    """Quarter-hourly candles of four days."""
    (tape,) = synthetic_tape(4, ["BTCUSDT"], timedelta(minutes=15), candles=384)
    rows = [
        f"{one.open_time.isoformat()},{one.open},{one.high},{one.low},{one.close},{one.volume}"
        for one in tape.candles
    ]
    (tmp_path / "BTCUSDT_15m.csv").write_text(
        "\n".join(["time,open,high,low,close,volume", *rows, ""]), "utf-8"
    )
    return "BTCUSDT_15m.csv"


def no_process(_method: str) -> None:
    raise AssertionError("a search whose trials were all made starts a process")


def test_settings_are_found_over_processes_and_a_backtest_takes_them_as_they_are(
    whence: Whence, tmp_path: Path, candles: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("--study", "s.db", "--record", "r.db", "--settings", "best.toml", "--html", "o.html")
    market = ("--candles", candles, "--leverage", "2", *EAGER)
    done = whence("optimise", *market, *SEARCH, *PARTS, *files, "--processes", "2", "--json")
    assert done.code == 0, done
    found = json.loads(done.out)
    best, (fold,) = found["best"], found["walk_forward"]
    assert sum(found["trials"].values()) == found["luck"]["trials"] == 4
    assert [one["number"] for one in found["training_trials"]] == [1, 2]
    values = [one["measures"]["total_return"] for one in found["training_trials"]]
    assert best["trial"]["measures"]["total_return"] == max(values)
    assert len(set(values)) > 1
    assert fold["trained_on"]["to"] == fold["followed_by"]["from"]
    assert best["trained_on"]["to"] == best["followed_by"]["from"] == fold["followed_by"]["to"]

    # The backtest of the held-out days has the same figures with the file alone: the search has no engine of its own.
    first = best["followed_by"]["from"][:10]
    backtest = json.loads(
        whence("backtest", "--candles", candles, "--config", "best.toml", "--from", first, "--json").out
    )
    assert backtest["measures"] == best["after"]["measures"]
    assert backtest["measures"]["trades"] > 0
    settings = json.loads(whence("settings", "--config", "best.toml", "--diff", "--json").out)
    changed = {one["key"]: one["value"] for one in settings}
    assert changed["leverage"] == "2"
    assert float(changed[CONFIDENCE]) == float(best["trial"]["settings"][CONFIDENCE])
    assert best["trial"]["settings"][FAST] in changed["trading.strategies"]
    assert "trading.risk.minimum_win_rate" not in changed  # a live run keeps its own default
    trading = load(config=tmp_path / "best.toml").trading
    live = for_live(trading_settings(trading), trading)
    assert live.caps.max_notional == LIVE["caps.max_notional"]
    paper = whence("paper", "--candles", candles, "--config", "best.toml", "--log", "memory:", "--json")
    assert paper.code == 0, paper

    held = best["after"]["measures"]["buy_and_hold"]
    assert held is not None
    beside = f"held-out days: total return {best['after']['measures']['total_return']:+.2%}, buy and hold {held:+.2%}"
    assert f"# {beside}" in (tmp_path / "best.toml").read_text("utf-8")

    page = (tmp_path / "o.html").read_text("utf-8")
    assert beside in page
    assert page.count(">buy and hold</text>") == 4  # the tests and the held-out days, drawn wide and narrow
    assert page.count('class="dot-chosen"') == 4  # two settings, drawn wide and narrow
    for words in (NOT_TRADED, "held out", "deflated Sharpe", f"{FAST}"):
        assert words in page

    monkeypatch.setattr("infra.search.workers.multiprocessing.get_context", no_process)
    again = whence("optimise", *market, *SEARCH, *PARTS, *files[:4], "--processes", "1")
    assert again.code == 0, again
    assert "4 trials" in again.out
    assert "Training and what followed" in again.out
    assert beside in " ".join(again.out.split())
    heads = again.out[again.out.index("Training and what followed") :]
    assert "buy and" in heads[: heads.index("fold 1")]
    assert "deflated Sharpe ratio: none; 4 trials of this tape" in again.out
    named = {
        "fold 1": fold["trial"],
        "test 1": fold["after"],
        "training": best["trial"],
        "held out": best["after"],
    }
    few = [name for name, one in named.items() if one["measures"]["trades"] < 10]
    assert few
    assert f"one trade may turn the result: {', '.join(few)}" in " ".join(again.out.split())
    assert "under 30 days, so that there is no" not in again.out  # a total return has no least number of days
    other = whence("optimise", *market, *SEARCH, *PARTS, *files[:4], "--set", "trading.risk.max_positions=2")
    assert (other.code, "of another search: its settings is" in other.err) == (2, True), other


def tried(record: Path) -> int:
    """The number of trials in a record; 0 before the file has its table."""
    try:
        with closing(sqlite3.connect(f"file:{record}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM trials").fetchone()[0])
    except sqlite3.Error:
        return 0


def killed_at(folder: Path, words: tuple[str, ...], record: Path, wanted: int) -> bool:
    """Kills a search once its record has `wanted` trials; returns whether it was still running then."""
    with running(folder, *words) as search:
        found, deadline = tried(record), time.monotonic() + _PATIENCE
        while found < wanted and search.is_alive:
            assert time.monotonic() < deadline, f"no trial after the first {found} within {_PATIENCE:g} s"
            time.sleep(0.02)
            if (now := tried(record)) > found:
                found, deadline = now, time.monotonic() + _PATIENCE
        was_alive = search.is_alive
        search.kill()
    return was_alive


def test_a_search_that_is_killed_goes_on_and_counts_each_trial_once(tmp_path: Path, candles: str) -> None:
    words = (
        "optimise",
        "--candles",
        candles,
        *EAGER,
        *SEARCH,
        "--trials",
        "8",
        "--folds",
        "1",
        "--held-out",
        "0.5",
    )
    one = (*words, "--study", "one.db", "--record", "one-r.db", "--processes", "1")
    kills = sum(killed_at(tmp_path, one, tmp_path / "one-r.db", wanted) for wanted in (2, 9))
    assert kills
    assert tried(tmp_path / "one-r.db") < 16
    resumed = program(tmp_path, *one, "--json", patience=_PATIENCE)
    whole = program(
        tmp_path, *words, "--study", "two.db", "--record", "two-r.db", "--json", patience=_PATIENCE
    )
    assert (resumed.returncode, whole.returncode) == (0, 0), resumed
    found, expected = json.loads(resumed.stdout), json.loads(whole.stdout)
    assert sum(found["trials"].values()) == found["luck"]["trials"] == tried(tmp_path / "one-r.db") == 16
    for name in ("trials", "luck", "best", "walk_forward", "training_trials"):
        assert found[name] == expected[name]


def refused(whence: Whence, *words: str) -> Completed:
    done = whence("optimise", *words, "--record", "r.db", "--study", "s.db")
    assert done.code == 2, done
    assert not list(Path.cwd().glob("*.db"))  # nothing was begun
    return done


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--search", f"{FAST}=5..8", "--objective", "luck"), "'luck': no such objective; there are: total-return"),
        (("--search", f"{FAST}=5..8"), "4 days are too few: with --held-out 0.2 and --folds 3 the first search has"),
        ((*SEARCH, "--folds", "9"), "4 days are too few"),
        ((*SEARCH, "--held-out", "1"), "--held-out 1: it is a fraction of the days, from 0 to below 1"),
        ((*SEARCH, "--held-out", "x"), "--held-out: 'x' is not a number"),
        (("--search", f"{FAST}=5..8:0", *SEARCH[4:], "--folds", "1"), "the step is 0"),
        (("--search", "trading.strategies.trend.interval=1m,5m", *SEARCH[4:], *PARTS), "interval: 1m is"),
        ((*SEARCH, "--from", "2031-01-01"), "has no candle in this period"),
        ((*SEARCH, "--settings", "BTCUSDT_15m.csv/best.toml"), "is no folder"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_before_the_first_trial(
    whence: Whence, candles: str, words: tuple[str, ...], message: str
) -> None:
    assert message in refused(whence, "--candles", candles, *words).err


def test_a_search_needs_candles_because_a_synthetic_market_has_nothing_to_find(whence: Whence) -> None:
    assert "--candles is missing" in refused(whence, *SEARCH).err
