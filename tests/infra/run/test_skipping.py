"""A run that passes over candles that lead to nothing makes the same log to the byte as a run that is given each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.log.recorder_log import RecorderLog
from adapters.tapes import Tape, synthetic_tape
from commands.foreseeing import foreseen
from commands.watching import Instance
from domain.candle import Candle
from domain.errors import StrategyFailed
from domain.leverage.settings import LeverageSettings
from domain.log import Envelope
from domain.management.settings import ManagementSettings
from domain.market import MarketView
from domain.settings import Settings, SimulationSettings, StrategySettings
from domain.strategies import Proposal, Strategy, Watcher
from domain.strategies.book_scalper import BookScalper
from domain.strategies.trend import TrendFollowing
from domain.strategies.trend_parameters import TrendParameters
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from tests.domain.strategies.nimble import EAGER as NIMBLE_PARAMETERS
from tests.journeys.runs import EAGER
from tests.replacing import replace

_START = datetime(2025, 3, 30, 21, 7, tzinfo=UTC)
_SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_FIRST = synthetic_tape(1, _SYMBOLS[:1], candles=1)[0].instrument
_FAST = {"fast": "2", "slow": "5", "trend": "9", "rsi": "3", "adx": "2", "atr": "3", "adx_minimum": "0"}
_QUICK = StrategySettings("trend", parameters=_FAST)
_WIDE = StrategySettings("trend", parameters={**_FAST, "stop_atrs": "20", "target_atrs": "30"})
_TIGHT = StrategySettings("trend", parameters={**_FAST, "stop_atrs": "0.4", "target_atrs": "0.5"})
_COARSE = StrategySettings(id="coarse", strategy="trend", parameters=_FAST, interval="1h")
_OF_ONE = StrategySettings(id="one", strategy="trend", parameters=_FAST, instruments=(_FIRST,))
_SLOW = StrategySettings("trend", parameters={"fast": "20", "slow": "50", "trend": "90"})
_SILENT = StrategySettings("trend", parameters={"fast": "700", "slow": "800", "trend": "900"})
_EVERY_KIND = tuple(
    (StrategySettings(name, parameters={key: str(value) for key, value in given.items()}),)
    for name, given in NIMBLE_PARAMETERS.items()
)
_TWO_KINDS = (_EVERY_KIND[0][0], _EVERY_KIND[-1][0], _COARSE)
_CHOSEN = (
    *((_QUICK,), (_WIDE,), (_TIGHT,), (_SLOW,), (_TIGHT, _COARSE), (_OF_ONE, _COARSE), (_COARSE,)),
    *_EVERY_KIND,
    _TWO_KINDS,
)
_MANAGED = replace(
    EAGER,
    management=ManagementSettings(
        trailing_levels=("0.002:0.001", "0.005:0.002"),
        break_even_at=Decimal("0.0015"),
        largest_loss=Decimal("0.004"),
        time_limit_seconds=1_500,
    ),
)
_RULES = (
    ManagementSettings(largest_loss=Decimal("0.006"), partial_closes=("0.001:0.5", "0.003:0.3")),
    ManagementSettings(
        early_profit=Decimal("0.002"), early_loss=Decimal("0.004"), trailing_levels=("0.004:0.001",)
    ),
    ManagementSettings(
        target_step=Decimal("0.002"), target_activation=Decimal("0.001"), break_even_at=Decimal("0.002")
    ),
    ManagementSettings(time_limit_seconds=5_000, reversal_signs=2, reversal_distance=Decimal("0.002")),
)
"""Rules that name a price or a time, and those of signs, which name none."""
_LEVERED = replace(
    EAGER,
    leverage=LeverageSettings(
        confirmations=1, period=2, steps=("0:20", "0.0006:10", "0.001:5"), least_seconds=180
    ),
)
_EXAMPLES = 8


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Markets of different intervals with gaps, quotes and funding, and settings of the account and the exchange."""
    chance = Random(draw(st.integers(0, 10_000)))
    tapes = [
        _disturbed(tape, chance, draw(st.sampled_from((0, 0, 7, 60))))
        for symbol in _SYMBOLS[: draw(st.integers(1, 3))]
        for tape in synthetic_tape(
            chance.randrange(99),
            [symbol],
            timedelta(minutes=draw(st.sampled_from((1, 1, 5, 60)))),
            draw(st.integers(1, 160)),
            _START + timedelta(minutes=chance.randrange(200)),
        )
    ]
    simulation = SimulationSettings(
        latency_ms=draw(st.sampled_from((0, 150, 61_000, 1_000_000))),
        volume_share=Decimal(draw(st.sampled_from(("0.10", "0.0001")))),
        seed=chance.randrange(99),
    )
    base = draw(
        st.sampled_from(
            (EAGER, Settings(), _MANAGED, _LEVERED, *(replace(EAGER, management=one) for one in _RULES))
        )
    )
    strategies = draw(st.sampled_from(_CHOSEN))
    chosen = replace(base, strategies=strategies, simulation=simulation)
    return plan_of(tapes, "paper", Decimal(10_000), Decimal(draw(st.sampled_from((1, 25)))), chosen)


def _disturbed(tape: Tape, chance: Random, every: int) -> Tape:
    """The tape without some of its candles; each `every` candles one has a funding rate and quotes (0: none)."""
    candles = [one for one in tape.candles if chance.random() < 0.97] or list(tape.candles)
    if every:
        candles = [
            one
            if number % every
            else replace(one, funding_rate=Decimal("0.0003"), bid=one.close, ask=one.close)
            for number, one in enumerate(candles)
        ]
    return replace(tape, candles=tuple(candles))


def frames(log: RecorderLog) -> list[bytes]:
    return [data for _ordinal, data in log.frames(0, log.head())]


def played(plan: Plan, *, skips: bool) -> tuple[list[bytes], int]:
    """The log of a paper run to the byte, and the number of instants that its engine was given."""
    with closing(open_memory(AvroCodec())) as log:
        given = sum(1 for _instant in PaperRun(plan, log, _unseen, skips=skips).instants())
        return frames(log), given


def backtested(plan: Plan, *, skips: bool, warming: Sequence[Candle] = ()) -> list[Envelope]:
    with closing(Backtesting(candle_recording(plan, warming), skips=skips)) as made:
        assert list(made.steps()) == list(range(1, made.recording.total + 1))
        return [one.envelope for one in made.events()]


def _unseen(_envelope: Envelope) -> None:
    """The events are read from the logs."""


@settings(max_examples=_EXAMPLES)
@given(plans())
def test_logs_are_equal_to_the_byte_with_and_without_skipping(plan: Plan) -> None:
    assert played(plan, skips=True)[0] == played(plan, skips=False)[0]
    assert backtested(plan, skips=True) == backtested(plan, skips=False)


def _quiet_plan(strategies: Sequence[StrategySettings] = (_SLOW,), candles: int = 600) -> Plan:
    tapes = synthetic_tape(4, _SYMBOLS[:1], timedelta(minutes=1), candles, _START)
    return plan_of(tapes, "paper", Decimal(10_000), Decimal(1), replace(EAGER, strategies=tuple(strategies)))


def test_an_engine_of_a_market_without_signals_is_given_the_candles_around_full_hours_alone() -> None:
    """The two that open the day, the last one, and of ten full hours the candle that ends it and the one after."""
    log, given = played(_quiet_plan((_SILENT,)), skips=True)
    assert log == played(_quiet_plan((_SILENT,)), skips=False)[0]
    assert given == 2 + 10 * 2 + 1


def test_a_position_is_passed_over_at_prices_and_times_at_which_no_rule_of_its_manager_acts() -> None:
    """Rules that are far away cost no candle; without a price, as the signs of a reversal, each candle is given."""
    far = ManagementSettings(
        largest_loss=Decimal("0.5"), time_limit_seconds=31_536_000, trailing_levels=("0.5:0.1",)
    )
    given: dict[str, int] = {}
    for name, rules in {
        "none": ManagementSettings(),
        "far": far,
        "signs": ManagementSettings(reversal_signs=6, reversal_change=Decimal(1)),
    }.items():
        quiet = _quiet_plan((_WIDE,))
        managed = replace(quiet, settings=replace(quiet.settings, management=rules))
        log, given[name] = played(managed, skips=True)
        assert log == played(managed, skips=False)[0]
    assert given["none"] == given["far"] < given["signs"]


def test_the_market_view_has_the_last_candle_that_was_passed_over() -> None:
    run = PaperRun(_quiet_plan((_SILENT,)), open_memory(AvroCodec()), _unseen, skips=True)
    candles = run.plan.tapes[0].candles
    market, prices = run.driver.engine.market, {one.close_time: one.close for one in candles}
    for at, closed in run.instants():
        last = market.last(candles[0].instrument)
        assert last is not None
        assert (last.at, last.price) == (at, prices[at])
        assert closed <= 59


def test_a_resumed_run_skips_after_the_end_of_its_log_and_leads_to_the_same_log() -> None:
    plan = _quiet_plan((_QUICK,), 250)
    whole, _given = played(plan, skips=False)
    with closing(open_memory(AvroCodec())) as log:
        first = PaperRun(plan, log, _unseen, skips=True).instants()
        while log.head() < len(whole) // 2:
            next(first)
        given = sum(1 for _instant in PaperRun(plan, log, _unseen, skips=True).instants())
        assert frames(log) == whole
    assert given < len(plan.tapes[0].candles)


def test_warmed_strategies_propose_the_same_with_and_without_skipping() -> None:
    plan = _quiet_plan((_QUICK,), 250)
    stretch = Stretch(begin=plan.tapes[0].candles[125].open_time)
    part = replace(plan, tapes=[stretch.of(one) for one in plan.tapes])
    warming = stretch.before(plan.tapes)
    found = backtested(part, skips=True, warming=warming)
    assert found == backtested(part, skips=False, warming=warming)
    assert found != backtested(part, skips=True)


@dataclass(frozen=True)
class Scanless:
    """Trend following, with another `scan` or none; `reads_market` needs the last prices, too."""

    scanned: Callable[[Sequence[Candle]], Sequence[Proposal | None]] | None = None
    reads_market: bool = False
    fails_at: int = 0
    name: str = "trend"

    def watch(self) -> Watcher:
        watcher = TrendFollowing(TrendParameters(fast=2, slow=5, trend=9, rsi=3, adx=2, atr=3)).watch()
        return MarketReader(watcher) if self.reads_market else Failing(watcher, self.fails_at)

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        assert self.scanned is not None
        return self.scanned(candles)


class MarketReader:
    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def on_candle(self, candle: Candle) -> Proposal | None:
        raise AssertionError("reads the market instead")

    def on_market(self, candle: Candle, market: MarketView) -> Proposal | None:
        return self._watcher.on_candle(candle)


class Failing:
    def __init__(self, watcher: Watcher, fails_at: int) -> None:
        self._watcher, self._left = watcher, fails_at

    def on_candle(self, candle: Candle) -> Proposal | None:
        self._left -= 1
        if self._left == 0:
            raise ZeroDivisionError("no range")
        return self._watcher.on_candle(candle)


def _short(candles: Sequence[Candle]) -> Sequence[Proposal | None]:
    return [None] * (len(candles) - 1)


def _raises(candles: Sequence[Candle]) -> Sequence[Proposal | None]:
    raise ZeroDivisionError("no range")


def _instance(strategy: Strategy) -> Instance:
    return Instance(id="trend", strategy=strategy)


@pytest.mark.parametrize(
    "strategy",
    [
        pytest.param(Scanless(scanned=_short, reads_market=True), id="reads the last prices"),
        pytest.param(Scanless(scanned=_short), id="scan returns another number of values"),
        pytest.param(Scanless(scanned=_raises), id="scan raises"),
        pytest.param(Scanless(), id="scan is not written"),
    ],
)
def test_a_strategy_that_cannot_say_what_it_will_propose_is_given_every_candle(strategy: Scanless) -> None:
    plan = replace(_quiet_plan((_QUICK,), 130), instances=(_instance(strategy),))
    assert foreseen(plan.instances, plan.tapes[0].candles) is None
    log, given = played(plan, skips=True)
    assert given == len(plan.tapes[0].candles)
    assert log == played(plan, skips=False)[0]


def test_a_strategy_that_reads_order_books_is_given_every_candle() -> None:
    assert foreseen([_instance(BookScalper())], _quiet_plan((_QUICK,), 130).tapes[0].candles) is None


def test_a_strategy_that_fails_ends_the_run_at_its_candle_with_the_same_log() -> None:
    failing = Scanless(scanned=_raises, fails_at=120)
    plan = replace(_quiet_plan((_QUICK,), 130), instances=(_instance(failing),))
    logs: list[list[bytes]] = []
    for skips in (True, False):
        with closing(open_memory(AvroCodec())) as log:
            with pytest.raises(StrategyFailed, match="no range"):
                list(PaperRun(plan, log, _unseen, skips=skips).instants())
            logs.append(frames(log))
    assert logs[0] == logs[1]
    assert len(logs[0]) > 50
