"""Positions of strategies that are no longer configured, at the start of an engine on a log without a tape."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.request import PlaceOrder, RaiseSignal
from domain.account import BalanceChanged
from domain.direction import Purpose
from domain.position import PositionClosed, PositionOrphaned
from domain.settings import OrphanRule, OrphanSettings, Settings, SettingsChanged, StrategySettings
from projections.chain import missing_causes
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import BTC, D, a_signal
from tests.infra.run.test_manual import BEGINNING, LIMIT, Hand
from tests.replacing import replace

MARKET = {BTC: D(100)}
SLOW = StrategySettings(id="slow", strategy="trend")
GONE = StrategySettings(id="gone", strategy="trend")


def a_log_with_a_position_of_gone() -> tuple[ListLog, Hand]:
    """A log with a position that a scanner opened; the scanner's name was then configured as a strategy."""
    log = ListLog()
    hand = Hand(log, prices=MARKET)
    signal = a_signal(strategy="gone", candle_closed_at=hand.at)
    hand.accepted(RaiseSignal(outside(signal)))
    hand.pass_seconds(2)
    assert hand.world.portfolio.positions[BTC].owner == "gone"
    hand.run.close()
    configured = started_again(log, hand, Settings(strategies=(GONE,)))
    configured.run.close()
    return log, configured


def started_again(log: ListLog, before: Hand, settings: Settings) -> Hand:
    return Hand(log, before.at + timedelta(seconds=10), replace(BEGINNING, settings=settings), MARKET)


def test_a_start_with_the_same_strategies_records_no_event() -> None:
    log, before = a_log_with_a_position_of_gone()
    head = log.head()
    started_again(log, before, Settings(strategies=(GONE,)))
    assert log.head() == head


def test_a_position_of_a_removed_strategy_is_reported_and_stays_open() -> None:
    log, before = a_log_with_a_position_of_gone()
    head = log.head()
    again = started_again(log, before, Settings(strategies=(SLOW,)))
    changed, orphaned = (envelope.event for envelope in log.envelopes[head:])
    assert isinstance(changed, SettingsChanged)
    assert changed.settings.strategies == (SLOW,)
    assert orphaned == PositionOrphaned("gone", "")
    again.pass_seconds(3)
    assert again.world.portfolio.positions[BTC].owner == "gone"
    assert list(missing_causes(log.read())) == []


def test_a_position_of_a_removed_strategy_is_closed_with_the_rule_close() -> None:
    log, before = a_log_with_a_position_of_gone()
    settings = Settings(strategies=(SLOW,), orphans=OrphanSettings(rule=OrphanRule.CLOSE))
    again = started_again(log, before, settings)
    again.pass_seconds(3)
    assert again.world.portfolio.positions == {}
    (closed,) = [one.event for one in log.envelopes if isinstance(one.event, PositionClosed)]
    balances = [one.event.balance for one in log.envelopes if isinstance(one.event, BalanceChanged)]
    assert (closed.reason, closed.balance) == (Purpose.MANUAL, balances[-1])
    assert list(missing_causes(log.read())) == []


def test_a_position_of_a_removed_strategy_is_handed_over_with_the_rule_hand_over() -> None:
    log, before = a_log_with_a_position_of_gone()
    rule = OrphanSettings(rule=OrphanRule.HAND_OVER, to="slow")
    again = started_again(log, before, Settings(strategies=(SLOW,), orphans=rule))
    assert again.world.portfolio.positions[BTC].owner == "slow"
    head = log.head()
    third = started_again(log, again, Settings(strategies=(SLOW,), orphans=rule))
    assert log.head() == head
    assert third.world.portfolio.positions[BTC].owner == "slow"


@pytest.mark.parametrize("rule", list(OrphanRule))
def test_a_position_of_a_person_is_not_an_orphan(rule: OrphanRule) -> None:
    log = ListLog()
    hand = Hand(log, prices=MARKET)
    terms = replace(LIMIT, quantity=D(1), limit_price=D(100), stop=D(98), target=D(106))
    hand.accepted(PlaceOrder(terms))
    hand.pass_seconds(2)
    heir = "slow" if rule is OrphanRule.HAND_OVER else ""
    settings = Settings(strategies=(SLOW,), orphans=OrphanSettings(rule=rule, to=heir))
    again = started_again(log, hand, settings)
    again.pass_seconds(2)
    assert again.world.portfolio.positions[BTC].owner == "person"
    assert not [one for one in log.envelopes if isinstance(one.event, PositionOrphaned)]
