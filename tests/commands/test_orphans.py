"""The events at start for positions and entries of strategies that are no longer configured."""

from __future__ import annotations

from collections.abc import Sequence

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


def a_desk_with_an_orphan(rule: OrphanRule, to: str = "", filled: str = "1") -> Desk:
    """The strategy trend has entered, its entry is partly filled, and it is removed from the settings."""
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    if filled:
        desk.tell(a_fill_of(f"{chain}-e1", "x1", D(filled), D(100)))
    settings = Settings(strategies=(FAST,), orphans=OrphanSettings(rule, to))
    desk.ask(ChangeSettings(settings), cause="command:without")
    return desk


def start(desk: Desk) -> Sequence[str]:
    commands = settle_orphans(desk.world.portfolio, chain="start")
    return names(desk.ask(*commands, cause="command:start")) if commands else []


def orphaned(desk: Desk) -> Sequence[PositionOrphaned]:
    return [one.event for one in desk.log.envelopes if isinstance(one.event, PositionOrphaned)]


def test_with_alert_the_orphan_is_reported_at_every_start_and_nothing_else_changes() -> None:
    desk = a_desk_with_an_orphan(OrphanRule.ALERT)
    assert start(desk) == ["PositionOrphaned"]
    assert start(desk) == ["PositionOrphaned"]
    assert orphaned(desk)[0] == PositionOrphaned("trend", "")
    assert desk.world.portfolio.positions[BTC].owner == "trend"


def test_a_position_that_is_handed_over_is_no_longer_an_orphan() -> None:
    desk = a_desk_with_an_orphan(OrphanRule.HAND_OVER, "fast")
    assert start(desk) == ["PositionOrphaned", "OrderCancelRequested"]
    assert orphaned(desk) == [PositionOrphaned("trend", "fast")]
    assert desk.world.portfolio.positions[BTC].owner == "fast"
    assert start(desk) == []


def test_with_close_the_orphan_is_closed_at_the_market_once() -> None:
    desk = a_desk_with_an_orphan(OrphanRule.CLOSE)
    assert start(desk) == ["PositionOrphaned", "OrderCancelRequested", "PositionClosing", "OrderPlaced"]
    placed = desk.log.envelopes[-1].event
    assert isinstance(placed, OrderPlaced)
    assert (placed.side, placed.quantity, placed.reduce_only) == (Side.SELL, D(1), True)
    assert placed.purpose is Purpose.MANUAL
    assert start(desk) == ["PositionOrphaned"], "the exit is under way"
    desk.tell(a_fill_of("start-o1x1", "x9", D(1), D(101)))
    assert start(desk) == []


@pytest.mark.parametrize(("rule", "to"), [(OrphanRule.CLOSE, ""), (OrphanRule.HAND_OVER, "fast")])
def test_a_waiting_entry_of_a_strategy_that_is_no_longer_configured_is_cancelled(
    rule: OrphanRule, to: str
) -> None:
    desk = a_desk_with_an_orphan(rule, to, filled="")
    assert start(desk) == ["OrderCancelRequested"]
    assert start(desk) == []


def test_reporting_an_ended_position_as_an_orphan_is_refused() -> None:
    desk = a_desk_with_an_orphan(OrphanRule.HAND_OVER, "fast")
    commands = settle_orphans(desk.world.portfolio, chain="start")
    desk.tell(a_fill_of(next(iter(desk.world.portfolio.exits)), "x9", D(1), D(101)))
    with pytest.raises(Refused, match="has ended"):
        desk.ask(*commands, cause="command:late")
