"""Positions and entries of strategies that are no longer configured."""

from __future__ import annotations

import pytest

from domain.orphans import orphans
from domain.portfolio import Portfolio
from domain.settings import Settings, StrategySettings
from tests.domain.history import BTC, a_decision, a_signal, an_open_day, an_opening, an_order

SLOW = StrategySettings(id="slow", strategy="trend")
FAST = StrategySettings(id="fast", strategy="trend")
BOTH, ONE, NONE = Settings(strategies=(SLOW, FAST)), Settings(strategies=(FAST,)), Settings(strategies=())


def held_by(owner: str) -> Portfolio:
    history = an_open_day(BOTH).settings(ONE).signal(a_signal(strategy=owner), a_decision())
    return history.order("abc-e1", an_order()).position(an_opening()).portfolio()


@pytest.mark.parametrize(
    ("owner", "settings", "orphaned"),
    [
        ("slow", BOTH, False),
        ("slow", ONE, True),
        ("fast", ONE, False),
        ("fast", NONE, True),
        ("a scanner", NONE, False),
    ],
)
def test_what_a_strategy_holds_is_orphaned_once_it_is_no_longer_configured(
    owner: str, settings: Settings, orphaned: bool
) -> None:
    found = orphans(held_by(owner), settings)
    assert [held.state.instrument for held in found.positions] == ([BTC] if orphaned else [])
    assert list(found.entries) == (["abc-e1"] if orphaned else [])


def test_a_position_of_a_person_is_never_an_orphan() -> None:
    portfolio = an_open_day(BOTH).position(an_opening()).portfolio()
    assert orphans(portfolio, NONE).positions == ()
