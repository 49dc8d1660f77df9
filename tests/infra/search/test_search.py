"""A search makes the same trials however it is stopped, chooses on the training alone, and counts every trial."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from optuna.storages import BaseStorage, InMemoryStorage

from adapters.tapes import synthetic_tape
from domain.errors import InvalidInput, StoreUnavailable
from domain.settings import Settings
from infra.config import WhenceSettings
from infra.search.axis import axes_of
from infra.search.market import Market, Outcome
from infra.search.objective import OBJECTIVES, objective_of
from infra.search.parts import HELD_OUT, division_of
from infra.search.search import Found, Search
from infra.search.storage import default_file, opened
from infra.search.study import BATCH, Study, Trial
from infra.search.trial_record import TrialRecord
from infra.search.workers import Task
from projections.analysis.measures import MEASURES

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
MARKET = Market(synthetic_tape(4, ["BTCUSDT"], candles=300), WhenceSettings(), "")
SPACE = ("trading.strategies.trend.fast=5..40", "trading.tiers.normal_confidence=0..1:0.05")
SMALL = ("trading.strategies.trend.fast=5..9",)
BASIS = {"tape": "t", "objective": "total_return"}


def hill(task: Task) -> Outcome:
    """The best is a `fast` of 20; from 33 on nothing is defined, and from 36 on it is refused."""
    assert task.change.strategies is not None
    fast = int(task.change.strategies[0].parameters["fast"])
    name = f"{task.part.name} {task.change}"
    if fast >= 36:
        return Outcome(id=name, fault=f"refused: {fast}")
    value = None if fast >= 33 else -abs(fast - 20) / 100
    returns = [(-1) ** day / 100 + fast / 20_000 for day in range(task.part.days)]
    return Outcome(id=name, measures={"total_return": value, "turnover": "1.5"}, returns=returns)


@dataclass(slots=True)
class Desk:
    """A search whose backtests are a function; `stops_after` is the number of backtests that a run makes.

    Its studies are in Optuna's memory, or in a file where `is_kept`.
    """

    folder: Path
    texts: Sequence[str] = SPACE
    trials: int = 20
    file: str = "study.db"
    record: str = "trials.db"
    seed: int = 1
    folds: int = 0
    is_kept: bool = False
    memory: BaseStorage = field(default_factory=InMemoryStorage)
    give: Callable[[Task], Outcome] = hill
    traded: list[Task] = field(default_factory=list[Task])

    def run(self, stops_after: int = 10**6, *, backwards: bool = False) -> Found | None:
        left = stops_after

        def trade(tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
            nonlocal left
            numbered = list(enumerate(tasks))
            for number, task in reversed(numbered) if backwards else numbered:
                if not left:
                    return
                left -= 1
                self.traded.append(task)
                yield number, self.give(task)

        with ExitStack() as held:
            search = self.search(held)
            for _ in search.steps(trade):
                assert search.progress
            return search.found(trade)

    def search(self, held: ExitStack) -> Search:
        axes = axes_of(self.texts, Settings(), MARKET.check)
        division = division_of(
            BEGIN, BEGIN + timedelta(days=80), Decimal("0.2"), self.folds, needs_days=False
        )
        objective = objective_of("total-return")
        file = self.folder / self.file
        storage = held.enter_context(opened(file, BASIS)) if self.is_kept else self.memory
        return Search(
            market=MARKET,
            settings=Settings(),
            axes=axes,
            division=division,
            objective=objective,
            studies=[Study(storage, part, axes, objective, self.seed) for part in division.searched],
            record=held.enter_context(closing(TrialRecord(self.folder / self.record))),
            trials=self.trials,
        )


def of_trials(found: Found | None) -> list[Trial]:
    assert found is not None
    return list(found.trials)


def test_a_search_that_was_stopped_makes_the_trials_of_one_that_was_not(tmp_path: Path) -> None:
    whole = Desk(tmp_path, trials=12, folds=1).run()
    stopped = Desk(tmp_path, trials=12, folds=1, is_kept=True)
    assert stopped.run(stops_after=BATCH + 3) is None  # within the second batch
    assert stopped.run(stops_after=BATCH - 1, backwards=True) is None
    assert of_trials(stopped.run()) == of_trials(whole)
    trials = [
        task
        for task in stopped.traded
        if task.part.name != HELD_OUT and not task.part.name.startswith("test")
    ]
    assert len(trials) == 2 * 12  # none was made twice
    made = len(stopped.traded)
    assert stopped.run() is not None
    assert len(stopped.traded) == made  # nor what follows them


def test_the_order_in_which_backtests_end_changes_no_trial(tmp_path: Path) -> None:
    forwards, backwards = Desk(tmp_path).run(), Desk(tmp_path).run(backwards=True)
    assert of_trials(forwards) == of_trials(backwards)
    assert of_trials(Desk(tmp_path, seed=2).run()) != of_trials(forwards)


def test_a_study_goes_on_with_more_trials(tmp_path: Path) -> None:
    few = Desk(tmp_path, trials=12)
    first = of_trials(few.run())
    few.trials = 20
    more = of_trials(few.run())
    assert more[:12] == first
    assert more == of_trials(Desk(tmp_path).run())


def test_no_point_is_tried_twice_and_a_space_smaller_than_the_trials_is_tried_whole(tmp_path: Path) -> None:
    found = of_trials(Desk(tmp_path).run())
    assert len({tuple(one.point.items()) for one in found}) == len(found) == 20
    few = Desk(tmp_path, SMALL, trials=3)
    assert len(of_trials(few.run())) == 3
    few.trials = 50
    small = of_trials(few.run())
    assert sorted(one.point[SMALL[0].partition("=")[0]] for one in small) == ["5", "6", "7", "8", "9"]


def test_the_sampler_learns_and_undefined_and_refused_trials_are_never_the_best(tmp_path: Path) -> None:
    found = Desk(tmp_path, trials=40).run()
    assert found is not None
    assert found.winner.trial is not None
    assert abs(int(found.winner.trial.point["trading.strategies.trend.fast"]) - 20) <= 1
    assert set(found.counts) == {"complete", "undefined", "refused"}
    assert sum(found.counts.values()) == 40


def test_settings_are_chosen_on_the_training_and_traded_on_what_follows(tmp_path: Path) -> None:
    """Each part's best differs, so that a choice by anything else would show."""
    best = {"fold 1": 10, "fold 2": 15, "training": 25}

    def give(task: Task) -> Outcome:
        assert task.change.strategies is not None
        fast = int(task.change.strategies[0].parameters["fast"])
        return Outcome(
            id=f"{task}",
            measures={"total_return": -abs(fast - best.get(task.part.name, 40)), "turnover": "1.5"},
        )

    desk = Desk(tmp_path, ("trading.strategies.trend.fast=5..40",), trials=50, folds=2, give=give)
    found = desk.run()
    assert found is not None
    chosen = [*found.folds, found.winner]
    followed = {
        one.part.name: (one.follows.name, one.after.measures["total_return"])
        for one in chosen
        if one.follows is not None and one.after is not None
    }
    assert followed == {"fold 1": ("test 1", -30), "fold 2": ("test 2", -25), "training": (HELD_OUT, -15)}
    assert len([task for task in desk.traded if task.part.name not in best]) == 3  # one run of each


def test_every_trial_counts_those_of_earlier_studies_too(tmp_path: Path) -> None:
    first = Desk(tmp_path).run()
    other = Desk(tmp_path, seed=2).run()
    again = Desk(tmp_path, seed=2).run()
    alone = Desk(tmp_path, record="new.db", seed=2).run()
    assert first is not None
    assert other is not None
    assert again is not None
    assert alone is not None
    assert first.luck.trials == alone.luck.trials == 20  # refused and undefined ones, too
    assert 20 < other.luck.trials <= 40
    assert again.luck.trials == other.luck.trials  # the same settings again are no new chance
    assert other.luck.deflated is not None
    assert alone.luck.deflated is not None
    assert other.luck.deflated < alone.luck.deflated


def test_a_deleted_record_counts_the_trials_of_the_study_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.run()
    (tmp_path / "trials.db").unlink()
    found = desk.run()
    assert found is not None
    assert found.luck.trials == 20


def test_a_search_without_a_defined_trial_has_no_winner(tmp_path: Path) -> None:
    found = Desk(
        tmp_path, SMALL, give=lambda task: Outcome(id=f"{task}", measures={"total_return": None})
    ).run()
    assert found is not None
    assert found.winner.trial is None
    assert found.winner.after is None
    assert found.luck.deflated is None
    assert set(found.counts) == {"undefined"}


def test_a_study_of_another_search_is_refused_by_name_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    with opened(file, BASIS):
        pass
    other = {**BASIS, "tape": "another"}
    with (
        pytest.raises(InvalidInput, match="of another search: its tape is t, and now it is another"),
        opened(file, other),
    ):
        pass
    with (
        opened(file, BASIS),
        pytest.raises(InvalidInput, match="another program searches with it"),
        opened(file, BASIS),
    ):
        pass
    assert default_file(BASIS) == default_file(dict(reversed(BASIS.items()))) != default_file(other)


def test_a_file_that_is_no_study_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my notes " * 200, "utf-8")
    with pytest.raises(InvalidInput, match="is no study of this program"), opened(file, BASIS):
        pass
    assert file.read_text("utf-8") == "my notes " * 200


def test_a_study_on_a_full_disk_is_no_other_file_and_goes_on_once_there_is_space(tmp_path: Path) -> None:
    file, (soft, hard) = tmp_path / "s.db", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, hard))
    try:
        with pytest.raises(StoreUnavailable, match=r"s.db cannot be used: .*disk"), opened(file, BASIS):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with opened(file, BASIS) as storage:
        assert len(storage.get_all_studies()) == 1


def test_settings_that_never_trade_have_no_value_of_any_objective() -> None:
    idle = {"total_return": 0.0, "max_drawdown": 0.0, "turnover": "0.000000"}
    for name in ("total-return", "max-drawdown"):
        assert objective_of(name).value(idle) is None
        assert objective_of(name).value({**idle, "turnover": None}) is None
        assert objective_of(name).value({**idle, "turnover": "0.1"}) == 0


def test_an_objective_is_a_measure_of_the_analyser() -> None:
    names = {one.name for one in MEASURES}
    assert {objective_of(one).measure.name for one in OBJECTIVES} <= names
    assert objective_of("max-drawdown").rank(Decimal("0.1")) < objective_of("max-drawdown").rank(
        Decimal("0.05")
    )
    traded = {"profit_factor": "1.25", "turnover": "3.1"}
    assert objective_of("Profit_Factor").value(traded) == Decimal("1.25")
    assert objective_of("Profit_Factor").value({**traded, "profit_factor": None}) is None
    with pytest.raises(
        InvalidInput, match=r"'sharp': no such objective; did you mean sharpe.*there are: total-return"
    ):
        objective_of("sharp")
