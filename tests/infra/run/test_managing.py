"""The manager of open positions in runs on a tape: each rule, skipping, stops of the run, decisions made again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from domain.log import Envelope
from domain.managed import PositionManaged, Rule
from domain.management.settings import ManagementSettings
from domain.position import PositionClosed
from domain.settings import Settings
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST, SLOW
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

D = Decimal
TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
RULES = ManagementSettings(
    trailing_levels=("0.002:0.001", "0.005:0.002"),
    break_even_at=D("0.0015"),
    largest_loss=D("0.004"),
    time_limit_seconds=1_500,
)
OF_THESE = {Rule.LARGEST_LOSS, Rule.TIME_LIMIT, Rule.BREAK_EVEN, Rule.TRAILING_STOP}


def managed_by(rules: ManagementSettings) -> Settings:
    return replace(EAGER, strategies=(FAST, SLOW), management=rules)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, managed_by(RULES)), ListLog())


def actions(envelopes: Sequence[Envelope]) -> Sequence[PositionManaged]:
    return [one.event for one in envelopes if isinstance(one.event, PositionManaged)]


def test_a_run_has_actions_of_every_rule_and_closes_each_position_once(recorded: Sequence[Envelope]) -> None:
    found = Counter(one.rule for one in actions(recorded))
    assert set(found) == OF_THESE
    closed = Counter(one.meta.stream for one in recorded if isinstance(one.event, PositionClosed))
    assert set(closed.values()) == {1}
    log = ListLog()
    log.append(recorded)
    assert not list(missing_causes(log.read()))


def test_every_action_is_equal_when_it_is_decided_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    log, redecision = ListLog(), Redecision()
    log.append(recorded)
    for _ordinal in redecision.steps(log.read()):
        pass
    assert redecision.is_equal, (redecision.divergences, redecision.impossible)
    assert redecision.made["PositionManaged"] == len(actions(recorded))


def test_the_log_is_equal_to_the_byte_with_and_without_skipping() -> None:
    made = plan(TAPES, managed_by(RULES))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


@pytest.mark.parametrize("rule", sorted(OF_THESE))
def test_a_run_that_ends_before_or_after_an_action_goes_on_to_the_same_events(
    recorded: Sequence[Envelope], rule: Rule
) -> None:
    at = next(
        n
        for n, one in enumerate(recorded)
        if isinstance(one.event, PositionManaged) and one.event.rule is rule
    )
    cause = recorded[at].meta.causation_id
    end = next(
        n for n, one in enumerate(recorded) if n > at and one.meta.recorded_at > recorded[at].meta.recorded_at
    )
    assert cause.startswith("candle:")
    for length in (at, end):
        log = ListLog()
        log.append(recorded[:length])
        assert play(plan(TAPES, managed_by(RULES)), log) == recorded
