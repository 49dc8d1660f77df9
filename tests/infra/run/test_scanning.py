"""The loop of a scanner: progress is committed once every signal has ended, and a late signal is never sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import pytest
from prometheus_client import CollectorRegistry

from adapters.candle_topic.group import Held, Read
from adapters.metrics.catalogue import SCANNER_CANDLES, SCANNER_INSTRUMENTS, SCANNER_LAG, SCANNER_SIGNALS
from adapters.metrics.registry import new_registry
from adapters.metrics.scanner import ScannerMetrics
from commands.door import Answer, Completed, Declined, SignalDecided, TimedOut
from commands.request import Requested
from commands.scanner import Share, scan_key
from domain.candle import Candle
from domain.grid import Grid, GridLevel
from domain.signal import SignalDetected
from domain.strategies import Proposal, Watcher
from infra.run.scanning import Scanning
from tests.adapters.candle_topic.candles import MINUTE, candle
from tests.commands.requests.asking import Asking
from tests.commands.test_scanner import EveryWatcher, scanner
from tests.domain.history import ACCOUNT
from tests.replacing import replace

NOW = candle(5).close_time
RECORDED = Completed("k", (), decided=SignalDecided(signal_id="s", verdict="SKIP", reasons=("STALE_DATA",)))


@dataclass
class Given:
    """The candles of one partition, in batches; a stop is requested when none is left."""

    batches: list[Sequence[tuple[Candle, bool]]]
    held: Sequence[Held[Share]]
    commits: list[int] = field(default_factory=list[int])

    def read(self, seconds: float) -> Sequence[Read[Share]]:
        assert seconds > 0
        batch = self.batches.pop(0) if self.batches else ()
        return [Read(self.held[0], number, one, counts) for number, (one, counts) in enumerate(batch)]

    def commit(self, reads: Sequence[Read[Share]]) -> None:
        self.commits.append(len(reads))

    def lag(self) -> int:
        return sum(map(len, self.batches))


@dataclass
class Scene:
    """The loop with a door whose answers a test gives, at a time that it sets."""

    answer: Callable[[Requested], Answer]
    now: datetime = NOW
    asked: list[Requested] = field(default_factory=list[Requested])
    waited: list[float] = field(default_factory=list[float])
    pauses: list[float] = field(default_factory=list[float])
    registry: CollectorRegistry = field(default_factory=new_registry)
    stopping: bool = False
    _lock: Lock = field(default_factory=Lock)

    def ask(self, requested: Requested, patience: float) -> Answer:
        assert 0 < patience <= 10
        with self._lock:
            self.asked.append(requested)
            self.waited.append(patience)
        return self.answer(requested)

    def run(self, *batches: Sequence[tuple[Candle, bool]]) -> Given:
        given = Given(list(batches), [Held(0, Share(scanner(bars=2)), 0)])
        metrics = ScannerMetrics("pump", self.registry)
        stopped = lambda: self.stopping or not given.batches  # noqa: E731
        Scanning(scanner(), ACCOUNT, self, metrics, lambda: self.now, stopped, self.pauses.append).run(given)
        return given

    def signals(self, outcome: str) -> float:
        labels = {"scanner": "pump", "outcome": outcome}
        return self.registry.get_sample_value(SCANNER_SIGNALS.name, labels) or 0

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, {"scanner": "pump", **labels})


def live(*bars: int) -> Sequence[tuple[Candle, bool]]:
    return [(candle(bar), True) for bar in bars]


def past(*bars: int) -> Sequence[tuple[Candle, bool]]:
    return [(candle(bar), False) for bar in bars]


def test_a_signal_is_sent_under_the_key_of_its_candle_and_the_batch_is_committed() -> None:
    scene = Scene(lambda _: RECORDED)
    given = scene.run(live(4, 5))
    (asked,) = scene.asked
    assert asked.id == scan_key("pump", candle(5).instrument, MINUTE, candle(5).close_time)
    assert given.commits == [2]
    assert scene.signals("recorded") == 1
    assert scene.value(SCANNER_CANDLES.name, place="next") == 2
    assert (scene.value(SCANNER_LAG.name), scene.value(SCANNER_INSTRUMENTS.name)) == (0, 1)


def test_candles_of_the_past_lead_to_state_and_to_no_signal() -> None:
    scene = Scene(lambda _: RECORDED)
    given = scene.run(past(2, 3), past(4), live(5))
    assert [one.valid_until for one in scene.asked] == [candle(5).close_time + timedelta(seconds=30)]
    assert given.commits == [2, 1, 1]
    assert scene.value(SCANNER_CANDLES.name, place="next") == 1


OUTCOMES: Sequence[tuple[Answer, str]] = (
    (RECORDED, "recorded"),
    (Completed("k", (), repeated=True), "repeated"),
    (Declined("k", "Refused", "the instrument has no market"), "refused"),
    (Declined("k", "Expired", "its time has passed"), "late"),
)


@pytest.mark.parametrize(("answer", "outcome"), OUTCOMES, ids=[name for _, name in OUTCOMES])
def test_each_answer_ends_the_signal_and_is_counted_by_its_outcome(answer: Answer, outcome: str) -> None:
    scene = Scene(lambda _: answer)
    assert scene.run(live(4, 5)).commits == [2]
    counted = {name: scene.signals(name) for _, name in OUTCOMES}
    assert counted == {name: float(name == outcome) for _, name in OUTCOMES}


class Gridding:
    """Proposes a grid at every second candle."""

    name = "gridding"

    def watch(self) -> Watcher:
        return GriddingWatcher(2)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        watcher = self.watch()
        return [watcher.on_candle(one) for one in candles]


class GriddingWatcher(EveryWatcher):
    def on_candle(self, candle: Candle) -> Proposal | None:
        proposal = super().on_candle(candle)
        levels = (GridLevel(candle.close, candle.close + 1),)
        grid = Grid(levels=levels, rounds=1, lifetime_seconds=60)
        return None if proposal is None else replace(proposal, grid=grid)


def test_a_grid_is_counted_as_refused_and_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(lambda _: RECORDED)
    made = replace(scanner(), strategy=Gridding())
    given = Given([live(4, 5)], [Held(0, Share(made), 0)])
    metrics = ScannerMetrics("pump", scene.registry)
    Scanning(made, "main", scene, metrics, lambda: scene.now, lambda: not given.batches, lambda _: None).run(
        given
    )
    assert (given.commits, scene.asked, scene.signals("refused")) == ([2], [], 1)
    assert "proposes a grid, which a signal from outside cannot have" in caplog.text


class Killed(BaseException):
    """The process ends here."""


class Dying(Given):
    """The process ends before its progress is committed."""

    def commit(self, reads: Sequence[Read[Share]]) -> None:
        raise Killed


def test_a_process_that_is_killed_before_its_commit_is_replaced_and_an_engine_records_the_signal_once() -> (
    None
):
    """The replacement reads the same candles and sends the same key, which the engine has in its log."""
    asking = Asking()
    asking.desk.at = NOW
    scene = Scene(asking.answer)
    first = Dying([live(4, 5)], [Held(0, Share(scanner(bars=2)), 0)])
    metrics = ScannerMetrics("pump", scene.registry)
    scanning = Scanning(scanner(), ACCOUNT, scene, metrics, lambda: scene.now, lambda: False, lambda _: None)
    with pytest.raises(Killed):
        scanning.run(first)
    recorded = list(asking.desk.log.envelopes)
    assert sum(isinstance(one.event, SignalDetected) for one in recorded) == 1
    replacement = Scene(asking.answer)
    assert replacement.run(live(4, 5)).commits == [2]
    assert asking.desk.log.envelopes == recorded
    assert (scene.signals("recorded"), replacement.signals("repeated")) == (1, 1)


def test_a_signal_of_an_old_candle_is_counted_as_late_and_not_sent() -> None:
    scene = Scene(lambda _: RECORDED, now=NOW + timedelta(seconds=31))
    assert scene.run(live(4, 5)).commits == [2]
    assert (scene.asked, scene.signals("late")) == ([], 1)


def test_a_signal_without_an_answer_is_repeated_until_it_is_answered() -> None:
    scene = Scene(lambda _: RECORDED if len(scene.asked) == 3 else TimedOut("k", "nothing is known"))
    assert scene.run(live(4, 5), live(6)).commits == [2, 1]
    assert len({one.id for one in scene.asked}) == 1
    assert scene.signals("recorded") == 1


def test_a_slow_engine_gets_fewer_repetitions_of_a_signal_the_longer_it_takes() -> None:
    scene = Scene(lambda _: RECORDED if len(scene.asked) == 5 else TimedOut("k", "nothing is known"))
    scene.run(live(4, 5), live(6))
    assert scene.waited == [2.5, 5, 10, 10, 10]


def test_a_signal_without_an_answer_is_late_when_its_time_has_passed() -> None:
    def answer(_: Requested) -> Answer:
        scene.now += timedelta(seconds=20)
        return TimedOut("k", "nothing is known")

    scene = Scene(answer)
    assert scene.run(live(4, 5), live(6)).commits == [2, 1]
    assert (len(scene.asked), scene.signals("late")) == (2, 1)


FOR_NOW = Declined("k", "RefusedForNow", "no price of it is known yet")


def test_a_signal_that_the_engine_refuses_for_now_is_repeated_until_it_is_recorded() -> None:
    scene = Scene(lambda _: RECORDED if len(scene.asked) == 4 else FOR_NOW)
    assert scene.run(live(4, 5), live(6)).commits == [2, 1]
    assert len({one.id for one in scene.asked}) == 1
    assert (scene.signals("recorded"), scene.signals("refused"), scene.pauses) == (1, 0, [1, 1, 1])


def test_an_instrument_that_stays_without_a_market_holds_up_the_others_once_alone() -> None:
    scene = Scene(lambda _: FOR_NOW)
    scene.run(live(4, 5), live(6, 7))
    assert (scene.signals("refused"), len(scene.pauses), len(scene.asked)) == (2, 15, 17)


def test_a_signal_that_is_refused_for_now_until_its_time_has_passed_is_late() -> None:
    def answer(_: Requested) -> Answer:
        scene.now += timedelta(seconds=20)
        return FOR_NOW

    scene = Scene(answer)
    assert scene.run(live(4, 5), live(6)).commits == [2, 1]
    assert (len(scene.asked), scene.signals("late")) == (2, 1)


def test_a_stop_while_a_signal_waits_for_its_answer_commits_nothing() -> None:
    def answer(_: Requested) -> Answer:
        scene.stopping = True
        return TimedOut("k", "nothing is known")

    scene = Scene(answer)
    assert scene.run(live(4, 5), live(6)).commits == []
    assert scene.signals("late") == 0


def test_many_signals_of_one_batch_are_sent_and_each_is_finished_before_the_commit() -> None:
    scene = Scene(lambda _: RECORDED)
    batch = [(candle(bar, f"A{number}"), True) for bar in (4, 5) for number in range(40)]
    assert scene.run(batch).commits == [80]
    assert len({one.id for one in scene.asked}) == 40
    assert scene.signals("recorded") == 40
