"""What follows at start from positions whose strategy is not configured any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from commands.orphans import settle_orphans
from commands.settings import ChangeSettings
from domain.direction import Purpose, Side
from domain.errors import Refused
from domain.order import OrderPlaced
from domain.position import PositionOrphaned
from domain.settings import OrphanRule, OrphanSettings, Settings, StrategySettings
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.domain.history import BTC, D

FAST = StrategySettings(id="fast", strategy="trend")


def an_orphanage(rule: OrphanRule, to: str = "", filled: str = "1") -> Desk:
    """The strategy trend has entered, its entry is filled in part, and it is taken out of the settings."""
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    if filled:
        desk.tell(a_fill_of(f"{chain}-e1", "x1", D(filled), D(100)))
    settings = Settings(strategies=(FAST,), orphans=OrphanSettings(rule, to))
    desk.ask(ChangeSettings(settings), cause="command:without")
    return desk


def start(desk: Desk) -> Sequence[str]:
    fresh_until = desk.at + timedelta(minutes=1)
    commands = settle_orphans(desk.world.portfolio, chain="start", fresh_until=fresh_until)
    return names(desk.ask(*commands, cause="command:start")) if commands else []


def orphaned(desk: Desk) -> Sequence[PositionOrphaned]:
    return [one.event for one in desk.log.envelopes if isinstance(one.event, PositionOrphaned)]


def test_an_alert_leaves_everything_as_it_is_and_comes_again_at_the_next_start() -> None:
    desk = an_orphanage(OrphanRule.ALERT)
    assert start(desk) == ["PositionOrphaned"]
    assert start(desk) == ["PositionOrphaned"]
    assert orphaned(desk)[0] == PositionOrphaned("trend", "")
    assert desk.world.portfolio.positions[BTC].owner == "trend"


def test_a_position_is_handed_over_and_no_orphan_any_more() -> None:
    desk = an_orphanage(OrphanRule.HAND_OVER, "fast")
    assert start(desk) == ["PositionOrphaned", "OrderCancelRequested"]
    assert orphaned(desk) == [PositionOrphaned("trend", "fast")]
    assert desk.world.portfolio.positions[BTC].owner == "fast"
    assert start(desk) == []


def test_a_position_is_closed_at_the_market_once() -> None:
    desk = an_orphanage(OrphanRule.CLOSE)
    assert start(desk) == ["PositionOrphaned", "OrderCancelRequested", "OrderPlaced"]
    placed = desk.log.envelopes[-1].event
    assert isinstance(placed, OrderPlaced)
    assert (placed.side, placed.quantity, placed.reduce_only) == (Side.SELL, D(1), True)
    assert placed.purpose is Purpose.MANUAL
    assert start(desk) == ["PositionOrphaned"], "the way out is under way"
    desk.tell(a_fill_of("start-x1", "x9", D(1), D(101)))
    assert start(desk) == []


@pytest.mark.parametrize("rule", [OrphanRule.CLOSE, OrphanRule.HAND_OVER])
def test_an_entry_that_waits_is_taken_back_when_nobody_stands_behind_it(rule: OrphanRule) -> None:
    desk = an_orphanage(rule, "fast", filled="")
    assert start(desk) == ["OrderCancelRequested"]
    assert start(desk) == []


def test_a_position_that_has_ended_is_no_orphan() -> None:
    desk = an_orphanage(OrphanRule.HAND_OVER, "fast")
    commands = settle_orphans(desk.world.portfolio, chain="start", fresh_until=desk.at)
    desk.tell(a_fill_of(next(iter(desk.world.portfolio.exits)), "x9", D(1), D(101)))
    with pytest.raises(Refused, match="has ended"):
        desk.ask(*commands, cause="command:late")
