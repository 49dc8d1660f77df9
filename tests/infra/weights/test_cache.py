"""What fits are made from is kept by content: it is made again exactly where something that it depends on differs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.log.sqlite import open_sqlite
from adapters.tapes import synthetic_tape
from domain.errors import InvalidInput
from domain.settings import StrategySettings
from domain.weights.result import ClosedTrades, TradeResult
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE, Change
from infra.search.market import Market, Outcome
from infra.search.parts import Part, days_of
from infra.search.workers import Task
from infra.weights.cache import BacktestKeys, Cache, log_key
from infra.weights.kept_outcomes import KeptOutcomes
from infra.weights.logs import LogTrades
from projections.trade_results import trade_results
from tests.commands.list_log import codec
from tests.domain.history import BTC, NOW
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

D = Decimal
TAPES = synthetic_tape(4, ["BTCUSDT"], timedelta(minutes=15), candles=288)
MARKET = Market(TAPES, WhenceSettings(), "")
PART = Part("all", *days_of(TAPES))
TASK = Task(PART, NO_CHANGE)
TRADE = TradeResult(
    strategy="trend",
    instrument=BTC,
    regime="RANGE",
    opened_at=NOW,
    closed_at=NOW + timedelta(microseconds=1),
    net=D("-1.50"),
    risk=D("0.10"),
)
OUTCOME = Outcome(id="a", measures={"net": "1.50", "sharpe": None}, returns=[0.1, -0.25], trades=[TRADE])


def test_an_outcome_and_trades_are_given_back_as_they_were(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "weights")
    assert (cache.outcome("a"), cache.trades("b")) == (None, None)
    cache.keep("a", OUTCOME)
    cache.keep("b", ClosedTrades([TRADE], ["trend"]))
    assert cache.outcome("a") == OUTCOME
    assert cache.trades("b") == ClosedTrades([TRADE], ["trend"])


def test_a_file_that_is_damaged_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = Cache(tmp_path)
    cache.keep("a", OUTCOME)
    (tmp_path / "a.json").write_bytes(b'{"id":')
    with caplog.at_level(logging.WARNING):
        assert cache.outcome("a") is None
    assert "a.json cannot be read and is made again" in caplog.text


def other_market(**changed: object) -> Market:
    return replace(MARKET, **changed)


_LAST = TAPES[0].candles[-1]
_CHANGED = replace(TAPES[0], candles=(*TAPES[0].candles[:-1], replace(_LAST, volume=_LAST.volume + 1)))


@pytest.mark.parametrize(
    ("market", "task"),
    [
        (other_market(tapes=[_CHANGED]), TASK),
        (other_market(settings=WhenceSettings(leverage=D(2))), TASK),
        (MARKET, Task(replace(PART, end=PART.end - timedelta(days=1)), NO_CHANGE)),
        (MARKET, Task(PART, Change(values={"weights.table": "trend/*/*=0.5"}))),
        (MARKET, Task(PART, Change(strategies=(StrategySettings("breakout"),)))),
        (MARKET, Task(PART, NO_CHANGE, with_trades=True)),
    ],
    ids=["last candle", "leverage", "days", "weights", "strategy", "trades"],
)
def test_a_key_depends_on_all_that_a_backtest_is_made_of(market: Market, task: Task) -> None:
    assert BacktestKeys(MARKET).key(TASK) == BacktestKeys(replace(MARKET)).key(Task(PART, NO_CHANGE))
    assert BacktestKeys(market).key(task) != BacktestKeys(MARKET).key(TASK)


@dataclass(slots=True)
class Traded:
    tasks: list[Task] = field(default_factory=list[Task])
    fault: str = ""

    def trade(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        for number, task in enumerate(tasks):
            self.tasks.append(task)
            yield number, replace(OUTCOME, id=task.part.name, fault=self.fault)


TASKS = [TASK, Task(replace(PART, name="short", end=PART.end - timedelta(days=1)), NO_CHANGE)]


def test_a_backtest_that_is_kept_is_not_traded_again(tmp_path: Path) -> None:
    cache, keys, traded = Cache(tmp_path), BacktestKeys(MARKET), Traded()
    first = dict(KeptOutcomes(cache, keys, traded.trade).outcomes(TASKS[1:]))
    assert (first[0].id, len(traded.tasks)) == ("short", 1)
    again = KeptOutcomes(cache, keys, traded.trade)
    found = dict(again.outcomes(TASKS))
    assert ({number: one.id for number, one in found.items()}, again.made) == ({0: "all", 1: "short"}, 1)
    assert [one.part.name for one in traded.tasks] == ["short", "all"]


def test_a_backtest_without_a_result_is_not_kept(tmp_path: Path) -> None:
    cache, keys, traded = Cache(tmp_path), BacktestKeys(MARKET), Traded(fault="failed: a reason")
    for _ in range(2):
        assert [one.fault for _, one in KeptOutcomes(cache, keys, traded.trade).outcomes([TASK])]
    assert len(traded.tasks) == 2


def a_log(file: Path, seed: int) -> WhenceSettings:
    with closing(open_sqlite(file, codec())) as log:
        play(plan(synthetic_tape(seed, ["BTCUSDT"], candles=300), EAGER), log)
    return WhenceSettings(log=f"sqlite:///{file}")


def test_logs_are_read_by_processes_once_and_give_the_trades_of_each(tmp_path: Path) -> None:
    logs = [a_log(tmp_path / f"{seed}.db", seed) for seed in (4, 5)]
    cache = Cache(tmp_path / "cache")
    read = LogTrades(logs, cache)
    found = sorted((one for closed in read.steps(2) for one in closed.trades), key=str)
    assert (read.read, read.progress) == (2, (2, 2))
    expected: list[TradeResult] = []
    for one in logs:
        with closing(open_sqlite(Path(one.log.removeprefix("sqlite:///")), codec())) as log:
            expected += trade_results(log.read())
    assert found == sorted(expected, key=str)
    assert len(found) > 2
    again = LogTrades(logs, cache)
    assert sorted((one for closed in again.steps(2) for one in closed.trades), key=str) == found
    assert again.read == 0


def test_the_key_of_a_log_changes_with_its_last_event(tmp_path: Path) -> None:
    settings = a_log(tmp_path / "a.db", 4)
    whole = log_key(settings)
    other = tmp_path / "b.db"
    with (
        closing(open_sqlite(other, codec())) as log,
        closing(open_sqlite(tmp_path / "a.db", codec())) as source,
    ):
        log.append([one.envelope for one in source.read(0, 40)])
    part = log_key(WhenceSettings(log=f"sqlite:///{other}"))
    assert part.log_id == whole.log_id
    assert part.key != whole.key


def test_a_log_and_its_copy_are_refused_together(tmp_path: Path) -> None:
    settings = a_log(tmp_path / "a.db", 4)
    with pytest.raises(InvalidInput, match=r"has the id of .*a\.db: trades of a copy would count twice"):
        LogTrades([settings, settings], Cache(tmp_path / "cache"))
