"""Early profit, reversals, partial closes and the trailing target in runs on a tape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from commands.inputs import MarketMoved, Warmed
from commands.world import World
from domain.closing import CloseReason
from domain.log import Envelope
from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management.settings import ManagementSettings
from domain.management.turned import SIGN_NAMES
from domain.position import PositionClosed, PositionOpened, PositionReduced
from domain.settings import Settings
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from projections.explained.orders import orders_of
from tests.commands.list_log import ListLog
from tests.commands.test_managing import Managed
from tests.commands.test_managing_further import FALL, INTERVAL, RISE, candles
from tests.commands.test_managing_further import REVERSAL as DETECTED
from tests.infra.run.test_reversing import FAST, SLOW
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

D = Decimal
TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_000)
COARSE = replace(SLOW, id="coarse", interval="15m")
EARLY = ManagementSettings(early_profit=D("0.002"), early_loss=D("0.004"), early_seconds=900)
TARGET = ManagementSettings(target_activation=D("0.001"), target_step=D("0.002"))
PARTIAL = ManagementSettings(partial_closes=("0.001:0.5", "0.002:0.3"))
REVERSAL = ManagementSettings(reversal_signs=2, reversal_change=D("0.001"), reversal_distance=D("0.001"))
CLOSED_ON_REVERSAL = replace(REVERSAL, reversal_closes=True)
ALL = ManagementSettings(
    early_profit=D("0.005"),
    early_loss=D("0.006"),
    target_activation=D("0.001"),
    target_step=D("0.002"),
    partial_closes=("0.001:0.5", "0.003:0.3"),
    reversal_signs=2,
    reversal_change=D("0.001"),
    reversal_distance=D("0.001"),
)


def managed_by(rules: ManagementSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, COARSE), management=rules)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, managed_by(ALL)), ListLog())


@pytest.fixture(scope="module")
def unmanaged() -> Sequence[Envelope]:
    return play(plan(TAPES, managed_by(ManagementSettings())), ListLog())


def actions(envelopes: Sequence[Envelope]) -> Sequence[PositionManaged]:
    return [one.event for one in envelopes if isinstance(one.event, PositionManaged)]


def closes(envelopes: Sequence[Envelope]) -> Sequence[tuple[str, datetime]]:
    """The positions that were closed and when; prices differ, because their slippage is drawn by the log's id."""
    return [
        (one.meta.stream, one.meta.occurred_at) for one in envelopes if isinstance(one.event, PositionClosed)
    ]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (EARLY, {Rule.EARLY_PROFIT}),
        (TARGET, {Rule.TRAILING_TARGET, Rule.TARGET_STOP}),
        (PARTIAL, {Rule.PARTIAL_CLOSE}),
        (REVERSAL, {Rule.REVERSAL}),
        (CLOSED_ON_REVERSAL, {Rule.REVERSAL}),
    ],
    ids=["early profit", "trailing target", "partial closes", "tightened on reversal", "closed on reversal"],
)
def test_a_rule_alone_makes_another_log_and_is_decided_again(
    unmanaged: Sequence[Envelope], rules: ManagementSettings, expected: set[Rule]
) -> None:
    found = play(plan(TAPES, managed_by(rules)), ListLog())
    assert {one.rule for one in actions(found)} == expected
    first = next(n for n, one in enumerate(found) if isinstance(one.event, PositionManaged))
    before = closes(found[:first])
    assert closes(unmanaged)[: len(before)] == before
    assert len(found) != len(unmanaged)
    log, redecision = ListLog(), Redecision()
    log.append(found)
    assert not list(missing_causes(log.read()))
    for _ordinal in redecision.steps(log.read()):
        pass
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    assert redecision.made["PositionManaged"] == len(actions(found))


def test_a_run_with_all_rules_acts_by_each_and_closes_each_position_once(
    recorded: Sequence[Envelope],
) -> None:
    assert {one.rule for one in actions(recorded)} == {
        Rule.EARLY_PROFIT,
        Rule.REVERSAL,
        Rule.PARTIAL_CLOSE,
        Rule.TRAILING_TARGET,
        Rule.TARGET_STOP,
    }
    closed = Counter(one.meta.stream for one in recorded if isinstance(one.event, PositionClosed))
    assert set(closed.values()) == {1}


def test_the_log_is_equal_to_the_byte_with_and_without_skipping() -> None:
    made = plan(TAPES, managed_by(ALL))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


@pytest.mark.parametrize("rule", [Rule.EARLY_PROFIT, Rule.REVERSAL, Rule.PARTIAL_CLOSE, Rule.TRAILING_TARGET])
def test_a_run_that_ends_at_an_action_goes_on_to_the_same_events(
    recorded: Sequence[Envelope], rule: Rule
) -> None:
    at = next(
        n
        for n, one in enumerate(recorded)
        if isinstance(one.event, PositionManaged) and one.event.rule is rule
    )
    end = next(
        n for n, one in enumerate(recorded) if n > at and one.meta.recorded_at > recorded[at].meta.recorded_at
    )
    log = ListLog()
    log.append(recorded[:end])
    assert play(plan(TAPES, managed_by(ALL)), log) == recorded


def test_a_position_is_closed_early_only_after_its_time_and_by_its_net_profit() -> None:
    found = play(plan(TAPES, managed_by(EARLY)), ListLog())
    opened = {one.meta.stream: one for one in found if isinstance(one.event, PositionOpened)}
    reasons = Counter[CloseReason]()
    for one in found:
        event = one.event
        if isinstance(event, PositionManaged):
            assert one.meta.occurred_at - opened[one.meta.stream].meta.occurred_at >= timedelta(seconds=900)
            assert event.close_reason is not None
            reasons[event.close_reason] += 1
            net = D(event.figures["net"])
            assert net >= D("0.002") if event.close_reason is CloseReason.EARLY_PROFIT else net <= D("-0.004")
    assert set(reasons) == {CloseReason.EARLY_PROFIT, CloseReason.EARLY_LOSS}


def test_each_partial_close_reduces_the_position_and_its_risk_by_its_share() -> None:
    """The stop rests as it was, and closes what is left."""
    found = play(plan(TAPES, managed_by(PARTIAL)), ListLog())
    world = World()
    due: dict[str, PositionManaged] = {}
    done = Counter[str]()
    for one in found:
        before = world.portfolio.of_stream(one.meta.stream)
        world.fold(one)
        if isinstance(one.event, PositionManaged):
            assert one.event.action is ManagedBy.REDUCE
            due[one.meta.stream] = one.event
        elif isinstance(one.event, PositionReduced) and one.meta.stream in due:
            managed = due.pop(one.meta.stream)
            held = world.portfolio.of_stream(one.meta.stream)
            assert before is not None
            assert held is not None
            assert one.event.quantity == managed.quantity
            assert held.state.stop == before.state.stop
            assert held.risk * before.state.quantity == pytest.approx(before.risk * held.state.quantity)
            assert managed.levels is not None
            assert managed.levels > done[one.meta.stream]
            done[one.meta.stream] = managed.levels
    assert not due
    assert {one.levels for one in actions(found)} == {1, 2}


def test_a_reversal_states_its_evidence_and_moves_the_stop_towards_the_price() -> None:
    found = list(actions(play(plan(TAPES, managed_by(REVERSAL)), ListLog())))
    assert found
    for one in found:
        assert len(set(SIGN_NAMES) & set(one.figures)) >= 2
        assert one.stop is not None
        assert one.stop_before is not None
        assert one.price is not None
        assert abs(one.price - one.stop) < abs(one.price - one.stop_before)


def test_a_part_and_a_tightened_stop_of_one_candle_are_decided_again_from_the_evidence() -> None:
    held = Managed(replace(DETECTED, partial_closes=("0.003:0.5",)))
    begin = held.desk.at
    held.desk.handle(Warmed(begin, tuple(candles(RISE, begin - 60 * INTERVAL))))
    (candle,) = candles(FALL[:2], begin)
    held.desk.at = candle.close_time
    held.desk.handle(MarketMoved(candle.close_time, (candle,)))
    assert [one.rule for one in held.actions] == [Rule.REVERSAL, Rule.PARTIAL_CLOSE]
    redecision = Redecision()
    assert list(redecision.steps(held.desk.log.read()))
    assert redecision.made["PositionManaged"] == 2
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)


def test_the_order_of_a_partial_close_is_compared_with_the_price_that_led_to_it() -> None:
    found, log = play(plan(TAPES, managed_by(PARTIAL)), ListLog()), ListLog()
    log.append(found)
    led = [one.price for one in actions(found) if one.action is ManagedBy.REDUCE]
    parts = [
        one.decided.price
        for one in orders_of(log.read())
        if one.decided.source == "the price that the manager closed a part by"
    ]
    assert parts == led
