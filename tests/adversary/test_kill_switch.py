"""A trip of the kill switch over several positions and resting orders, with sums that the test makes of the fills."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

from adapters.tapes import Tape
from commands.door import Answer, Completed, Declined
from domain.account import KillSwitchReset, KillSwitchTripped
from domain.direction import Purpose
from domain.instrument import InstrumentListed
from domain.log import Envelope
from domain.order import OrderCancelled, OrderExpired, OrderFilled, OrderPlaced, OrderRejected
from domain.position import PositionClosed, PositionOpened
from domain.settings import OnKill, StrategySettings
from domain.signal import DecisionMade, Verdict
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.plan import Plan, plan_of
from tests.adversary.accountant import faults, market_of
from tests.adversary.tripped import ABC, QRS, SHARE, XYZ, By, Sums, candles, plan, script
from tests.cases import conftest
from tests.commands.list_log import ListLog
from tests.infra.run.asking import play_asking
from tests.journeys.program import environment
from tests.replacing import replace

scripted_strategy = conftest.scripted_strategy
D = Decimal
EVERY = pytest.mark.parametrize(("on_kill", "by"), [(kill, by) for kill in OnKill for by in By])


@cache
def whole(on_kill: OnKill, by: By) -> tuple[ListLog, Mapping[str, Answer]]:
    """The log of the whole tape, and the answers to the person's requests."""
    log = ListLog()
    return log, play_asking(plan(on_kill, by), log, script(by))


def until(events: Sequence[Envelope], kind: type) -> list[Envelope]:
    """The events before the first of this class."""
    return list(takewhile(lambda one: not isinstance(one.event, kind), events))


def open_in(sums: Sums) -> set[str]:
    """The instruments of which something is held."""
    return {name for name, held in sums.held.items() if held}


def working(events: Sequence[Envelope]) -> dict[str, OrderPlaced]:
    """The orders that were placed and have neither filled nor ended, by stream."""
    placed = {one.meta.stream: one.event for one in events if isinstance(one.event, OrderPlaced)}
    filled: dict[str, Decimal] = {}
    for one in events:
        if isinstance(one.event, OrderCancelled | OrderExpired | OrderRejected):
            placed.pop(one.meta.stream, None)
        if isinstance(one.event, OrderFilled):
            filled[one.meta.stream] = filled.get(one.meta.stream, D(0)) + one.event.quantity
    return {stream: terms for stream, terms in placed.items() if filled.get(stream, D(0)) < terms.quantity}


@EVERY
def test_a_trip_names_all_that_is_open_and_nothing_adds_exposure_before_the_reset(
    on_kill: OnKill, by: By
) -> None:
    log, answers = whole(on_kill, by)
    before, at_reset = until(log.envelopes, KillSwitchTripped), until(log.envelopes, KillSwitchReset)
    tripped = log.envelopes[len(before)].event
    assert isinstance(tripped, KillSwitchTripped)
    held = open_in(Sums().read(before))
    assert held == ({ABC, QRS, XYZ} if by is By.PERSON else {QRS, XYZ})
    assert {stream.split("-", 2)[2].rsplit("-", 2)[0] for stream in tripped.positions} == held
    resting = {one for one, terms in working(before).items() if not terms.reduce_only}
    assert {f"order-paper-{order_id}" for order_id in tripped.entries} == resting
    assert len(resting) == 1
    sums = Sums().read(at_reset)
    assert sums.grown == []
    assert open_in(sums) == (set() if on_kill is OnKill.CLOSE else held - {XYZ}), "XYZ was closed by a signal"
    left = working(at_reset)
    assert all(terms.reduce_only for terms in left.values())
    assert {terms.instrument for terms in left.values()} == open_in(sums)
    assert {key: type(answers[key]) for key in ("barred", "barred-too", "silent", "reset")} == {
        "barred": Declined,
        "barred-too": Declined,
        "silent": Declined,
        "reset": Completed,
    }


@EVERY
def test_the_balance_is_the_stake_and_the_sum_of_the_fills_and_entries_follow_the_reset(
    on_kill: OnKill, by: By
) -> None:
    log, _answers = whole(on_kill, by)
    for end in log.units:
        sums = Sums().read(log.envelopes[:end])
        assert sums.balance == sums.stated
    market = market_of(candle for name in (ABC, QRS, XYZ) for candle in candles(name, by))
    assert faults(log.envelopes, market, SHARE) == []
    after = log.envelopes[len(until(log.envelopes, KillSwitchReset)) :]
    opened = [one.event.instrument for one in after if isinstance(one.event, PositionOpened)]
    assert opened == ([] if by is By.DAILY_LOSS else [QRS]), (
        "the day's loss refuses entries after the reset, too"
    )


@EVERY
def test_a_run_that_ends_after_any_unit_since_the_trip_is_resumed_to_the_same_log(
    on_kill: OnKill, by: By
) -> None:
    log, _answers = whole(on_kill, by)
    trip = len(until(log.envelopes, KillSwitchTripped))
    for end in (unit for unit in log.units if unit > trip):
        again = ListLog(log.envelopes[:end])
        play_asking(plan(on_kill, by), again, script(by))
        assert again.envelopes == log.envelopes


@pytest.mark.parametrize(
    ("on_kill", "by", "event"),
    [
        (OnKill.CLOSE, By.PERSON, "KillSwitchTripped"),
        (OnKill.HOLD, By.WIN_RATE, "KillSwitchReset"),
    ],
)
def test_an_engine_that_was_killed_at_the_trip_or_the_reset_is_resumed_to_the_same_log(
    tmp_path: Path, scripted_strategy: Path, on_kill: OnKill, by: By, event: str
) -> None:
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.adversary.tripped", tmp_path, on_kill, by, event],
        cwd=root,
        env={**environment(), "PYTHONPATH": f"{scripted_strategy}:{root}"},
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    address = f"sqlite:///{tmp_path / 'whence.db'}"
    with closing(open_owned(WhenceSettings(log=address))) as log:
        recorded = [type(one.envelope.event).__name__ for one in log.read()]
        assert event in recorded
        assert len(recorded) < len(whole(on_kill, by)[0].envelopes)
        play_asking(plan(on_kill, by), log, script(by))
        assert [one.envelope for one in log.read()] == whole(on_kill, by)[0].envelopes


@pytest.mark.parametrize("on_kill", OnKill)
def test_a_daily_loss_that_trips_is_the_first_sum_of_the_fills_at_the_limit(on_kill: OnKill) -> None:
    """The sum of the fills alone reaches the limit of 0.1 % with the last fill before the trip, and not before."""
    log, _answers = whole(on_kill, By.DAILY_LOSS)
    before = until(log.envelopes, KillSwitchTripped)
    lost = [10_000 - Sums().read(before[:end]).balance for end in range(1, len(before) + 1)]
    fills = [number for number, one in enumerate(before) if isinstance(one.event, OrderFilled)]
    assert lost[fills[-1]] >= 10
    assert max(lost[1 : fills[-1]]) < 10


def test_a_daily_loss_refuses_new_entries_of_everybody_and_trips_nothing() -> None:
    """ABC is stopped with a loss of 0.2 % of the balance. Entries that worked before go on, each with its own risk."""
    base, log = plan(OnKill.CLOSE, By.WIN_RATE), ListLog()
    risk = replace(base.settings.risk, minimum_win_rate=D(0), max_daily_loss=D("0.001"))
    tapes = base.tapes
    limited = plan_of(tapes, "paper", D(10_000), D(5), replace(base.settings, risk=risk))
    answers = play_asking(limited, log, {at: script(By.WIN_RATE)[at] for at in (4, 8, 9)})
    for key in ("barred", "barred-too"):
        refused = answers[key]
        assert isinstance(refused, Declined)
        assert "its limit of 10.000 is reached" in refused.reason
    entered = until(log.envelopes, PositionClosed)
    decided = [one.event for one in log.envelopes[len(entered) :] if isinstance(one.event, DecisionMade)]
    reasons = {reason for one in decided for vote in one.votes for reason in vote.reasons}
    assert "DAILY_LOSS_LIMIT" in reasons
    assert Verdict.ENTER not in {one.verdict for one in decided}
    assert not any(isinstance(one.event, KillSwitchTripped) for one in log.envelopes)
    sums = Sums().read(log.envelopes)
    assert sums.balance == sums.stated
    assert open_in(sums) == {QRS}


def test_what_a_thin_candle_leaves_of_a_stopped_short_is_liquidated_at_the_price_of_bybits_formula() -> None:
    """Isolated margin: bankruptcy at entry (1 + 1 / leverage), liquidation below it by the maintenance margin rate.

    The committees admit no stop beyond that price. Here a tenth of the candle's volume is less than the position, so
    the stop closes a part. Source: Bybit help centre, "Liquidation Price Calculation under Isolated Mode (Unified
    Trading Account)".
    """
    leverage, log = Fraction(20), ListLog()
    play_asking(a_short(D(20)), log, {8: script(By.PERSON)[8][:1]})
    events = [one.event for one in log.envelopes]
    (rules,) = (one.instrument for one in events if isinstance(one, InstrumentListed))
    entry, stopped, exit_ = (one for one in events if isinstance(one, OrderFilled))
    entered = Fraction(entry.price)
    reached = entered * (1 + 1 / leverage - Fraction(rules.maintenance_margin))
    assert Fraction(stopped.price) < reached < Fraction(HIGH)
    assert (stopped.quantity, exit_.quantity) == (D(4), entry.quantity - 4)
    assert abs(Fraction(exit_.price) - entered * (1 + 1 / leverage)) < Fraction(rules.tick)
    assert exit_.fee == exit_.price * exit_.quantity * rules.taker_fee
    (closed,) = (one for one in events if isinstance(one, PositionClosed))
    assert closed.reason is Purpose.LIQUIDATION
    sums = Sums().read(log.envelopes)
    assert sums.balance == sums.stated
    lost = sum((one.price - entry.price) * one.quantity for one in (stopped, exit_))
    assert sums.balance == 10_000 - lost - sum(one.fee for one in (entry, stopped, exit_))
    assert (open_in(sums), working(log.envelopes)) == (set(), {})
    assert any(isinstance(one, KillSwitchTripped) for one in events)


HIGH = D("51.81")


def a_short(leverage: Decimal) -> Plan:
    """The plan of a short in XYZ whose market rises beyond its liquidation price in candle 10, with little volume."""
    say = "2 XYZUSDT SHORT ENTER 2% -20%"
    settings = replace(
        plan(OnKill.HOLD, By.PERSON).settings, strategies=(StrategySettings("scripted", {"say": say}),)
    )
    path = list(candles(XYZ, By.PERSON))
    path[10] = replace(path[10], high=HIGH, volume=D(40))
    tape = Tape(XYZ, timedelta(minutes=5), tuple(path))
    return plan_of([tape], "paper", D(10_000), leverage, settings)
