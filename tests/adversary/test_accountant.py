"""The accountant's figures equal the log's on random hostile tapes; `WHENCE_ADVERSARY_EXAMPLES` lengthens the test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import Tape
from domain.account import BalanceChanged
from domain.candle import Candle
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionReduced
from domain.settings import OnKill, RiskSettings, SimulationSettings, StrategySettings
from infra.run.plan import Plan, plan_of
from tests.adversary.accountant import faults, market_of
from tests.cases import conftest
from tests.journeys.runs import EAGER, play
from tests.replacing import replace

scripted_strategy = conftest.scripted_strategy
D = Decimal
EXAMPLES = int(os.environ.get("WHENCE_ADVERSARY_EXAMPLES", "40"))
STEP, BEGUN = timedelta(minutes=5), datetime(2025, 4, 3, tzinfo=UTC)
SYMBOLS = ("ABCUSDT-LINEAR.BYBIT", "XYZUSDT-LINEAR.BYBIT")
SHARE = D("0.1")


@dataclass(frozen=True)
class Move:
    """One candle, in thousandths of the price: the gap of its open, its close, its wicks; and whether it is missing."""

    gap: int
    body: int
    up: int
    down: int
    volume: int
    funding: int
    missing: bool


small, wild = st.integers(-4, 4), st.integers(-300, 300)
moves = st.builds(
    Move,
    gap=st.sampled_from([0, 0, 0, 1, -1, 40, -40, 250, -250]),
    body=small | st.just(0) | wild,
    up=st.sampled_from([0, 0, 1, 5, 20, 400]),
    down=st.sampled_from([0, 0, 1, 5, 20, 400]),
    volume=st.sampled_from([0, 3, 50, 10_000]),
    funding=st.sampled_from([0, 0, 0, 1, -1, 30]),
    missing=st.sampled_from([False] * 9 + [True]),
)
lines = st.tuples(
    st.integers(0, 40),
    st.sampled_from(["LONG", "SHORT"]),
    st.sampled_from(["ENTER", "ENTER", "EXIT"]),
    st.sampled_from(["0.2", "1", "5", "40"]),
    st.sampled_from(["0.2", "1", "5", "40"]),
)
PRICES = st.sampled_from([D("0.00001234"), D("0.9"), D("103.5"), D("61234.5"), D("9000000")])


def say(script: Sequence[tuple[int, str, str, str, str]]) -> str:
    """The script of the strategy; a stop is on the losing side of each direction, a target on the other."""
    spelled: list[str] = []
    for number, direction, intent, stop, target in script:
        stop_sign, target_sign = ("-", "") if direction == "LONG" else ("", "-")
        spelled.append(f"{number} * {direction} {intent} {stop_sign}{stop}% {target_sign}{target}%")
    return "; ".join(spelled)


def candles(instrument: str, price: Decimal, path: Sequence[Move]) -> tuple[Candle, ...]:
    """The candles of the path; prices have eight significant digits and stay above zero."""
    made: list[Candle] = []
    for number, move in enumerate(path):
        opened = _moved(price, move.gap)
        closed = _moved(opened, move.body)
        high, low = _moved(max(opened, closed), move.up), _moved(min(opened, closed), -move.down)
        price = closed
        if move.missing and number:
            continue
        made.append(
            Candle(
                instrument=instrument,
                interval=STEP,
                open_time=BEGUN + number * STEP,
                open=opened,
                high=high,
                low=low,
                close=closed,
                volume=D(move.volume) * 1000 / _moved(price, 0) + D("0.5"),
                funding_rate=D(move.funding) / 10_000 if move.funding else None,
            )
        )
    return tuple(made)


def _moved(price: Decimal, thousandths: int) -> Decimal:
    return D(f"{price * (1000 + thousandths) / 1000:.8g}").quantize(D("1e-12")).normalize() + 0


def plan(
    tapes: Sequence[tuple[Candle, ...]], script: str, leverage: int, kill: OnKill, jitter: Decimal
) -> Plan:
    risk: RiskSettings = replace(EAGER.risk, on_kill=kill, max_positions=5)
    trading = replace(
        EAGER,
        strategies=(StrategySettings("scripted", {"say": script}),),
        risk=risk,
        simulation=SimulationSettings(volume_share=SHARE, slippage_jitter=jitter),
    )
    named = [Tape(one[0].instrument, STEP, one) for one in tapes if one]
    return plan_of(named, "paper", D(10_000), D(leverage), trading)


def played(the_plan: Plan) -> list[Envelope]:
    with closing(open_memory(AvroCodec())) as log:
        play(the_plan, log)
        return [one.envelope for one in log.read()]


@given(
    paths=st.lists(st.lists(moves, min_size=20, max_size=45), min_size=1, max_size=2),
    prices=st.lists(PRICES, min_size=2, max_size=2),
    script=st.lists(lines, min_size=3, max_size=12, unique_by=lambda line: line[0]),
    leverage=st.sampled_from([1, 5, 20]),
    kill=st.sampled_from(OnKill),
    jitter=st.sampled_from([D(0), D("0.5")]),
)
@settings(
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_accountants_figures_equal_those_of_the_log_on_hostile_tapes(
    paths: list[list[Move]],
    prices: list[Decimal],
    script: list[tuple[int, str, str, str, str]],
    leverage: int,
    kill: OnKill,
    jitter: Decimal,
) -> None:
    tapes = [candles(*one) for one in zip(SYMBOLS, prices, paths, strict=False)]
    events = played(plan(tapes, say(script), leverage, kill, jitter))
    assert faults(events, market_of(one for tape in tapes for one in tape), SHARE) == []


def test_a_position_that_was_reduced_at_its_target_is_liquidated_at_the_bankruptcy_price_of_its_average() -> (
    None
):
    flat = Move(0, 0, 0, 0, 0, 0, missing=False)
    entered = replace(flat, gap=250, body=-2, volume=10_000)
    beyond_both = replace(flat, gap=250, down=400)
    path = [*[flat] * 8, entered, *[flat] * 11, beyond_both, *[flat] * 3]
    tape = candles(SYMBOLS[0], D("0.9"), path)
    events = played(plan([tape], say([(7, "LONG", "ENTER", "0.2", "40")]), 20, OnKill.HOLD, D(0)))
    placed = [one.event.purpose for one in events if isinstance(one.event, OrderPlaced)]
    assert Purpose.LIQUIDATION in placed
    assert any(isinstance(one.event, PositionReduced) for one in events)
    assert faults(events, market_of(tape), SHARE) == []


def a_traded_log() -> tuple[list[Envelope], list[Candle]]:
    """A log with a trade that was stopped and one that reached its target."""
    flat = Move(0, 0, 0, 0, 10_000, 0, missing=False)
    path = [*[flat] * 5, replace(flat, down=20), *[flat] * 5, replace(flat, up=60), *[flat] * 5]
    tape = candles(SYMBOLS[0], D("103.5"), path)
    script = say([(3, "LONG", "ENTER", "1", "40"), (8, "LONG", "ENTER", "5", "5")])
    return played(plan([tape], script, 1, OnKill.HOLD, D(0))), list(tape)


def test_the_accountant_finds_no_fault_in_a_log_with_trades() -> None:
    events, tape = a_traded_log()
    assert sum(isinstance(one.event, PositionClosed) for one in events) == 2
    assert faults(events, market_of(tape), SHARE) == []


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (OrderFilled, {"fee": D("0.01")}),
        (OrderFilled, {"price": D("99.9")}),
        (OrderFilled, {"quantity": D("0.1")}),
        (BalanceChanged, {"balance": D(10_500)}),
        (BalanceChanged, {"amount": D(500)}),
        (PositionClosed, {"net": D(1)}),
        (PositionClosed, {"gross": D(1)}),
    ],
)
def test_the_accountant_finds_a_changed_figure(kind: type, changed: dict[str, Decimal]) -> None:
    events, tape = a_traded_log()
    at = next(number for number, one in enumerate(events) if isinstance(one.event, kind))
    events[at] = replace(events[at], event=replace(events[at].event, **changed))
    assert faults(events, market_of(tape), SHARE)


def test_the_accountant_finds_a_fill_that_the_market_did_not_show() -> None:
    events, tape = a_traded_log()
    dearer = [replace(one, low=one.high, open=one.high, close=one.high) for one in tape]
    cheaper = [replace(one, high=one.low, open=one.low, close=one.low) for one in tape]
    moved = [
        replace(one, open=one.open * 2, low=one.low * 2, high=one.high * 2, close=one.close * 2)
        for one in tape
    ]
    assert faults(events, market_of(moved), SHARE)
    assert faults(events, market_of(dearer), SHARE) or faults(events, market_of(cheaper), SHARE)
