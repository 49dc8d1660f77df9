"""Which changes of settings loosen a limit."""

from __future__ import annotations

from dataclasses import fields

import pytest

from domain.adjusting import FIXED, adjusted, names
from domain.directions import DIRECTIONS, differences_of
from domain.settings import Settings


def test_every_setting_has_a_direction_or_is_fixed_while_an_engine_runs() -> None:
    assert set(DIRECTIONS) == set(names(Settings()))
    assert {one.partition(".")[0] for one in DIRECTIONS} | set(FIXED) == {
        one.name for one in fields(Settings)
    }


@pytest.mark.parametrize(
    ("name", "before", "after", "waits"),
    [
        ("risk.max_positions", "5", "4", False),
        ("risk.max_positions", "5", "6", True),
        ("risk.cooldown_seconds", "900", "901", False),
        ("risk.cooldown_seconds", "900", "0", True),
        ("caps.max_notional", "0", "100", False),
        ("caps.max_notional", "100", "50", False),
        ("caps.max_notional", "100", "0", True),
        ("caps.max_notional", "100", "200", True),
        ("limits.account_pause_seconds", "60", "0", False),
        ("limits.account_pause_seconds", "0", "60", True),
        ("limits.account_pause_seconds", "60", "30", True),
        ("limits.account_pause_seconds", "60", "90", False),
        ("risk.allowed", "", "BTCUSDT-LINEAR.BYBIT", False),
        ("risk.allowed", "BTCUSDT-LINEAR.BYBIT", "", True),
        ("risk.allowed", "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT", True),
        ("risk.allowed", "BTCUSDT-LINEAR.BYBIT,ETHUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT", False),
        ("risk.on_daily_loss", "REFUSE", "TRIP", False),
        ("risk.on_daily_loss", "TRIP", "REFUSE", True),
        ("sizing.kelly_fallback", "RISK", "SKIP", False),
        ("limits.on_missing_correlation", "REFUSE", "NOTE", True),
        ("sizing.by_confidence", "false", "true", False),
        ("intents.average_down", "false", "true", True),
        ("risk.on_kill", "HOLD", "CLOSE", True),
        ("risk.on_kill", "CLOSE", "HOLD", True),
    ],
)
def test_a_change_waits_for_a_person_where_it_permits_more_than_before(
    name: str, before: str, after: str, *, waits: bool
) -> None:
    old = adjusted(Settings(), {name: before})
    new = adjusted(old, {name: after})
    (found,) = differences_of(old, new)
    assert (found.name, found.before, found.after, found.waits) == (name, before, after, waits)
    assert adjusted(old, {found.name: found.after}) == new


def test_a_difference_is_a_line_for_a_person() -> None:
    new = adjusted(Settings(), {"risk.max_positions": "3", "orphans.rule": "CLOSE"})
    assert [str(one) for one in differences_of(Settings(), new)] == [
        "risk.max_positions = 3 (before: 5)",
        "orphans.rule = CLOSE (before: ALERT)",
    ]
