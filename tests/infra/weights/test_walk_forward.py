"""The walk-forward of weights: weights of a test are of trades closed before it, and each test is traded with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.errors import Refused
from domain.weights.fitting import FitSettings, fitted
from domain.weights.result import TradeResult
from domain.weights.scale import WeightScale
from domain.weights.settings import weights_text
from infra.run.backtest import Change
from infra.search.market import Outcome
from infra.search.parts import Part, division_of
from infra.search.workers import Task
from infra.weights.walk_forward import Joined, Walked, WalkedFold, WalkForward
from projections.paired_days import Finding
from tests.domain.history import BTC
from tests.replacing import replace

D = Decimal
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DIVISION = division_of(BEGIN, BEGIN + timedelta(days=80), D(0), 2, needs_days=False)
WHOLE = Part("all days", BEGIN, BEGIN + timedelta(days=80))
SETTINGS = FitSettings(by="strategy", least_trades=2, gain=0.3)
CHANGE = Change(values={"risk.max_positions": "3"})


def results(good: float, bad: float, *, first: int, last: int) -> list[TradeResult]:
    """A trade of each of two strategies on each day from the number `first` on and before `last`."""
    return [
        TradeResult(
            strategy=name,
            instrument=BTC,
            opened_at=(at := BEGIN + timedelta(days=day, hours=1)),
            closed_at=at + timedelta(hours=2),
            net=D(str(mean + (-1) ** day * 0.5)),
            risk=D(1),
        )
        for day in range(first, last)
        for name, mean in (("good", good), ("bad", bad))
    ]


@dataclass(slots=True)
class Desk:
    """Backtests that are a table: their trades, and returns that are higher with weights by `better`.

    Without weights a part returns the trades of all days, as a market would that knew them.
    """

    trades: Sequence[TradeResult]
    better: float = 0.001
    stops_after: int = 10**6
    fault: str = ""
    traded: list[Task] = field(default_factory=list[Task])

    def trade(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        for number, task in reversed(list(enumerate(tasks))):
            if len(self.traded) == self.stops_after:
                return
            self.traded.append(task)
            yield number, self.outcome(task)

    def outcome(self, task: Task) -> Outcome:
        more = self.better if task.change.values.get("weights.table") else 0.0
        noise = [0.0001 * ((day * 7) % 5 - 2) for day in range(task.part.days)]
        returns = [more + one if more else one / 2 for one in noise]
        trades = self.trades if task.with_trades else ()
        net = f"{sum(returns):.4f}"
        return Outcome(
            id=task.part.name, measures={"net": net}, returns=returns, trades=trades, fault=self.fault
        )

    def walked(self) -> Walked | None:
        walk = WalkForward(DIVISION, WHOLE, SETTINGS, WeightScale.SIZE, CHANGE)
        found = list(walk.steps(self.trade))
        return found[-1] if found else None


KNOWN = results(1.0, -1.0, first=0, last=40)
LATER = results(-1.0, 1.0, first=40, last=80)


def whole(walked: Walked | None) -> Walked:
    assert walked is not None
    return walked


def test_the_weights_of_a_test_are_those_of_the_trades_that_were_closed_before_it() -> None:
    desk = Desk([*KNOWN, *LATER])
    walked = whole(desk.walked())
    first, second = walked.tests
    assert first.fit == fitted(KNOWN, SETTINGS)
    assert second.fit == fitted([*KNOWN, *results(-1.0, 1.0, first=40, last=60)], SETTINGS)
    assert walked.whole == fitted([*KNOWN, *LATER], SETTINGS)
    assert first.fit.table != second.fit.table != walked.whole.table


def test_trades_that_close_after_the_begin_of_a_test_change_none_of_its_weights() -> None:
    one, other = (
        whole(Desk([*KNOWN, *later]).walked()) for later in (LATER, results(9.0, 9.0, first=40, last=80))
    )
    assert one.tests[0].fit == other.tests[0].fit
    assert one.tests[1].fit != other.tests[1].fit


def test_each_test_is_traded_again_with_its_weights_and_nothing_else_has_any() -> None:
    desk = Desk([*KNOWN, *LATER])
    walked = whole(desk.walked())
    with_weights = {
        one.part.name: one.change.values["weights.table"]
        for one in desk.traded
        if one.change.values["weights.table"]
    }
    assert with_weights == {one.fold.test.name: weights_text(one.fit.table) for one in walked.tests}
    assert {one.change.values["risk.max_positions"] for one in desk.traded} == {"3"}
    parts = [one.part.name for one in desk.traded if one.with_trades]
    assert sorted(parts) == ["all days", "fold 1", "fold 2"]
    assert [one.without.returns != one.weighted.returns for one in walked.tests] == [True, True]
    assert walked.weighted.net == sum(D(one.weighted.measures["net"]) for one in walked.tests)
    assert walked.weighted.net > walked.without.net


def test_a_test_without_weights_is_not_traded_twice_and_nothing_is_shown() -> None:
    desk = Desk(results(0.1, 0.1, first=0, last=80))
    walked = whole(desk.walked())
    assert [one.part.name for one in desk.traded].count("test 1") == 1
    assert walked.tests[0].weighted is walked.tests[0].without
    assert (walked.is_tried, walked.interval, walked.finding) == (False, None, None)


@pytest.mark.parametrize(
    ("better", "finding"), [(0.001, Finding.BETTER), (-0.001, Finding.WORSE), (1e-9, Finding.NONE)]
)
def test_the_finding_is_the_interval_of_the_paired_days(better: float, finding: Finding) -> None:
    walked = whole(Desk([*KNOWN, *LATER], better=better).walked())
    assert walked.finding is finding
    assert walked.interval is not None
    assert (walked.interval.low > 0) is (finding is Finding.BETTER)


def test_under_30_days_of_tests_nothing_is_shown() -> None:
    tested = whole(Desk([*KNOWN, *LATER]).walked()).tests[0]
    short = replace(tested.without, returns=tested.without.returns[:20])
    weighted = replace(tested.weighted, returns=tested.weighted.returns[:20])
    walked = Walked([WalkedFold(tested.fold, tested.fit, short, weighted)], tested.fit)
    assert (walked.is_tried, walked.interval, walked.finding) == (True, None, None)


@pytest.mark.parametrize("stops_after", [0, 3, 6])
def test_a_stop_in_either_step_ends_without_a_result(stops_after: int) -> None:
    assert Desk([*KNOWN, *LATER], stops_after=stops_after).walked() is None


def test_a_backtest_without_a_result_is_refused_with_its_days() -> None:
    with pytest.raises(Refused, match=r"the backtest of 2025-.* has no result: refused: a reason"):
        Desk(KNOWN, fault="refused: a reason").walked()


def test_progress_names_both_steps() -> None:
    walk = WalkForward(DIVISION, WHOLE, SETTINGS, WeightScale.SIZE, CHANGE)
    list(walk.steps(Desk([*KNOWN, *LATER]).trade))
    assert walk.progress == {"without weights": (5, 5), "with weights": (2, 2)}


def test_tests_are_joined_as_following_days() -> None:
    joined = Joined([0.1, -0.2, 0.5, -0.1], D(1))
    assert joined.total == pytest.approx(1.1 * 0.8 * 1.5 * 0.9 - 1)
    assert joined.drawdown == pytest.approx(0.2)
    assert joined.ratios.sharpe is None
    assert Joined([-0.1], D(0)).drawdown == pytest.approx(0.1)
