"""A backtest of candles is the paper run on them, its stretches agree, and a strategy that looks ahead is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from math import inf

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from commands.watching import Instance
from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.errors import InvalidInput, StrategyFailed
from domain.events import Event
from domain.log import Envelope
from domain.mark import AccountMarked
from domain.opening import LogOpened, Mode
from domain.order import OrderFilled
from domain.settings import StrategySettings
from domain.signal import DecisionMade, SignalDetected
from domain.strategies import Direction, Intent, Proposal
from domain.strategies.builtin import BUILTIN, StrategyFactory
from infra.cli.backtest_report import figures_of
from infra.cli.lookahead_report import LookaheadReport
from infra.run.backtest import NO_CHANGE, Change
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.lookahead import LookaheadCheck, evenly, scan_differences
from infra.run.plan import Plan
from infra.run.recording import Recording
from infra.run.recursion import dependences
from infra.run.shortened import shortened
from tests.journeys.runs import EAGER, plan, play, short_plan
from tests.replacing import replace

PLAN = short_plan()
"""Ten trades or so of both symbols."""
FACTS = (SignalDetected, DecisionMade, OrderFilled, AccountMarked)
MIDDLE = PLAN.tapes[0].candles[200].open_time


def backtested(recording: Recording, change: Change = NO_CHANGE) -> list[Envelope]:
    with closing(Backtesting(recording, change)) as made:
        assert list(made.steps())[-1] == recording.total
        return [one.envelope for one in made.events()]


def events(envelopes: Sequence[Envelope], *kinds: type[Event]) -> list[Event]:
    return [one.event for one in envelopes if isinstance(one.event, kinds)]


def signals(envelopes: Sequence[Envelope], since: datetime | None = None) -> list[SignalDetected]:
    found = [one.event for one in envelopes if isinstance(one.event, SignalDetected)]
    return [one for one in found if since is None or one.candle_closed_at > since]


def test_a_backtest_of_candles_has_the_signals_decisions_fills_and_marks_of_the_paper_run() -> None:
    paper, backtest = play(PLAN, open_memory(AvroCodec())), backtested(candle_recording(PLAN))
    fills = [
        [(one.meta.occurred_at, one.event.quantity, one.event.price, one.event.fee) for one in of
         if isinstance(one.event, OrderFilled)]
        for of in (paper, backtest)
    ]  # fmt: skip
    assert len(fills[0]) > 8
    assert fills[0] == fills[1]
    kinds = (SignalDetected, DecisionMade)
    assert events(paper, *kinds) == events(backtest, *kinds)
    # The tape ends within an hour: the backtest's last mark is not in the log.
    assert (
        events(paper, AccountMarked) == events(backtest, AccountMarked)[: len(events(paper, AccountMarked))]
    )


def test_the_log_opens_as_a_backtest_of_its_tape_and_the_same_backtest_makes_the_same_bytes() -> None:
    made = [Backtesting(candle_recording(PLAN)) for _twice in range(2)]
    logs = [open_memory(AvroCodec()) for _twice in range(2)]
    for one, log in zip(made, logs, strict=True):
        list(one.steps())
        one.write(log)
    first, second = (list(log.read()) for log in logs)
    assert [one.data for one in first] == [one.data for one in second]
    opened = first[0].envelope.event
    assert isinstance(opened, LogOpened)
    assert (opened.mode, opened.tape) == (Mode.BACKTEST, PLAN.opening.tape)
    assert opened.log_id == made[0].log_id != PLAN.opening.log_id


def test_the_last_hour_is_in_the_figures_where_it_is_not_over() -> None:
    last = PLAN.tapes[0].candles[-1].close_time
    assert last.minute  # the tape ends within an hour
    with closing(Backtesting(candle_recording(PLAN))) as made:
        list(made.steps())
        *before, mark = made.events()
        assert len(before) == made.head
        assert isinstance(mark.envelope.event, AccountMarked)
        assert figures_of(made).ended == mark.envelope.meta.occurred_at == last


def cut_plan(begin: datetime | None, end: datetime | None) -> tuple[Plan, Sequence[Candle]]:
    stretch = Stretch(begin, end)
    return plan([stretch.of(one) for one in PLAN.tapes], EAGER), stretch.before(PLAN.tapes)


def test_earlier_candles_warm_the_strategies_and_trade_nothing() -> None:
    whole = signals(backtested(candle_recording(PLAN)), since=MIDDLE)
    planned, warming = cut_plan(MIDDLE, None)
    assert len(warming) == 400
    part = backtested(candle_recording(planned, warming))
    assert len(whole) > 3
    assert signals(part) == whole
    cold = backtested(candle_recording(planned))
    assert signals(cold) != whole
    assert {one[0].meta.event_id for one in (part, cold)} != {part[0].meta.event_id}  # logs of their own


def test_a_recording_is_cut_to_the_signals_that_cut_candles_have() -> None:
    end = PLAN.tapes[0].candles[350].close_time
    planned, warming = cut_plan(MIDDLE, end)
    recording = shortened(candle_recording(PLAN), MIDDLE, end)
    of_candles, of_recording = backtested(candle_recording(planned, warming)), backtested(recording)
    assert signals(of_recording) == signals(of_candles)
    assert len(signals(of_recording)) > 2
    opened = of_recording[0].event
    assert isinstance(opened, LogOpened)
    assert opened.tape.endswith(f"from {MIDDLE.isoformat()} to {end.isoformat()}")
    assert shortened(recording, None, None) is recording


@pytest.mark.parametrize(
    "cut", [Stretch(end=MIDDLE - timedelta(days=9)), Stretch(begin=MIDDLE + timedelta(days=9))]
)
def test_a_period_without_a_candle_is_refused(cut: Stretch) -> None:
    with pytest.raises(InvalidInput, match="no candle in this period"):
        cut.of(PLAN.tapes[0])
    with pytest.raises(InvalidInput, match="no candle in this period"):
        shortened(candle_recording(PLAN), cut.begin, cut.end)


class PeekingWatcher:
    """Proposes every tenth candle; with `FUTURE`, in the direction of the next candle."""

    def __init__(self) -> None:
        self._read = 0

    def on_candle(self, candle: Candle) -> Proposal | None:
        self._read += 1
        return proposal(candle, FUTURE.get(candle.close_time, candle)) if self._read % 10 == 0 else None


FUTURE: dict[datetime, Candle] = {}
"""What a strategy knows that loads its tape from a file: the candle that opens at a time."""


@dataclass(frozen=True)
class Peeking:
    """With `in_scan`, `scan` reads the next candle, too."""

    in_scan: bool = False
    name: str = "peeking"

    def watch(self) -> PeekingWatcher:
        return PeekingWatcher()

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        if not self.in_scan:
            watcher = self.watch()
            return [watcher.on_candle(one) for one in candles]
        following = [*candles[1:], candles[-1]]
        chosen = enumerate(zip(candles, following, strict=True), 1)
        return [None if number % 10 else proposal(*pair) for number, pair in chosen]


def proposal(candle: Candle, following: Candle) -> Proposal:
    is_up = following.close >= candle.close
    away = EXACT.multiply(candle.close, Decimal("0.02"))
    below, above = EXACT.subtract(candle.close, away), EXACT.add(candle.close, away)
    return Proposal(
        strategy="peeking",
        instrument=candle.instrument,
        interval=candle.interval,
        direction=Direction.LONG if is_up else Direction.SHORT,
        intent=Intent.ENTER,
        confidence=0.9,
        trend=1.0 if is_up else -1.0,
        price=candle.close,
        stop=below if is_up else above,
        target=above if is_up else below,
        inputs={"close": float(candle.close)},
    )


TAPE = replace(PLAN.tapes[0], candles=PLAN.tapes[0].candles[:120])


def checked(monkeypatch: pytest.MonkeyPatch, strategy: Peeking, *, loads: bool) -> LookaheadCheck:
    """The check of a strategy on one tape; one that `loads` its tape knows the candles of the tape that is traded."""
    built_in: Mapping[str, StrategyFactory] = {**BUILTIN, "peeking": lambda _given: strategy}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    monkeypatch.setattr("infra.run.lookahead.CUTS", 3)
    settings = replace(EAGER, strategies=(StrategySettings(name="peeking"),))

    def recording(end: datetime | None) -> Recording:
        tape = Stretch(end=end).of(TAPE)
        FUTURE.clear()
        if loads:
            FUTURE.update({one.open_time: one for one in tape.candles})
        return candle_recording(plan([tape], settings))

    check = LookaheadCheck(recording, NO_CHANGE)
    list(check.steps())
    FUTURE.clear()
    return check


def test_a_strategy_that_reads_the_next_candle_is_found_at_the_candle_where_the_tape_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = checked(monkeypatch, Peeking(), loads=True)
    found = [one for one in check.findings.differences if "scan" not in one.strategy]
    assert found
    first = found[0]
    assert (first.at, first.strategy, first.instrument) == (first.cut, "peeking", TAPE.instrument)
    assert (first.field, first.whole, first.shortened) == ("direction", "SHORT", "LONG")
    assert check.findings.unrepeatable == []
    assert check.findings.looks_ahead(first)


def test_a_strategy_that_differs_between_two_runs_of_one_tape_is_not_accused_of_looking_ahead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = count()

    class Turning(Peeking):
        """Proposes in another direction in its first run than in later ones."""

        def watch(self) -> PeekingWatcher:
            return TurningWatcher(next(runs))

    class TurningWatcher(PeekingWatcher):
        def __init__(self, run: int) -> None:
            super().__init__()
            self._change = -1 if run == 0 else 1

        def on_candle(self, candle: Candle) -> Proposal | None:
            following = replace(candle, close=candle.close + self._change)
            return super().on_candle(candle) and proposal(candle, following)

    found = checked(monkeypatch, Turning(), loads=False).findings
    assert found.unrepeatable == ["peeking"]
    assert found.differences
    assert not any(map(found.looks_ahead, found.differences))
    LookaheadReport("it", found, ()).print(as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("NOT REPEATABLE: peeking") for line in lines)
    assert not any(line.startswith("LOOKS AHEAD") for line in lines)


def test_a_scan_that_reads_the_next_candle_is_found_though_the_watcher_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = checked(monkeypatch, Peeking(in_scan=True), loads=False).findings
    assert found.differences
    assert {one.strategy for one in found.differences} == {"peeking (scan)"}
    assert found.differences[0].cut == found.differences[0].at
    assert found.differences[-1].cut is None  # `scan` beside the watcher
    assert len(found.cuts) == 3


def test_a_strategy_that_only_reads_the_past_differs_at_no_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    found = checked(monkeypatch, Peeking(), loads=False).findings
    assert (found.signals, len(found.cuts), found.differences) == (12, 3, [])


def test_the_built_in_strategy_looks_ahead_nowhere_and_its_figures_need_candles_before() -> None:
    def recording(end: datetime | None) -> Recording:
        return candle_recording(PLAN) if end is None else candle_recording(cut_plan(None, end)[0])

    check = LookaheadCheck(recording, NO_CHANGE)
    list(check.steps())
    assert check.findings.differences == []
    assert check.findings.signals == 6
    found = {(one.instrument, one.figure): one for one in dependences(check.instances, check.candles)}
    ema = found[TAPE.instrument, "trend_ema"]
    assert list(ema.differences) == [50, 100, 200]
    assert ema.differences[50] == inf  # no signal: the slowest average has read too little
    assert 0 < ema.differences[200] < 0.05
    assert found[TAPE.instrument, "close"].differences[200] == 0.0


def test_a_scan_that_raises_or_returns_another_number_of_values_is_named() -> None:
    @dataclass(frozen=True)
    class Faulty(Peeking):
        def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
            return []

    @dataclass(frozen=True)
    class Raising(Peeking):
        def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
            raise IndexError(len(candles))

    for strategy, fault in (
        (Faulty(), "`scan` returned 0 values for 120 candles"),
        (Raising(), "IndexError: 120"),
    ):
        instance = Instance(id="faulty", strategy=strategy)
        with pytest.raises(StrategyFailed, match=fault):
            list(scan_differences(instance, TAPE.candles, [MIDDLE]))


def test_cuts_are_spread_evenly_and_the_last_signal_is_one_of_them() -> None:
    assert evenly(range(100), 4) == [24, 49, 74, 99]
    assert evenly(range(3), 4) == range(3)
