"""The reversal detector: how many signs, how long after the last detection, and how far the stop is tightened."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.closing import CloseReason
from domain.direction import Direction
from domain.managed import Rule
from domain.management.action import Close, MoveStop
from domain.management.reversal import against, reversal
from domain.management.settings import ManagementSettings
from domain.management.turned import Turned
from domain.position import Open
from tests.domain.history import NOW
from tests.domain.management.positions import D, a_long, a_short, acted, read
from tests.replacing import replace

ON = ManagementSettings(reversal_signs=3)
DOWN = {"rsi": Turned(-1, 65.5, 0), "ema": Turned(-1, -0.001, 4), "sar": Turned(-1, 101.5, 2)}
UP = {name: Turned(1, one.figure, one.age) for name, one in DOWN.items()}


def test_signs_against_a_position_are_those_of_the_other_direction_within_the_window() -> None:
    turned = {"rsi": Turned(-1, 65.5, 0), "ema": Turned(1, 0.001, 2), "sar": Turned(-1, 101.5, 5)}
    assert against(Direction.LONG, turned, 5) == {"rsi": "65.5"}
    assert against(Direction.LONG, turned, 6) == {"rsi": "65.5", "sar": "101.5"}
    assert against(Direction.SHORT, turned, 5) == {"ema": "0.001"}


@pytest.mark.parametrize(
    ("signs", "seconds", "price", "detected"),
    [
        (3, 60.0, D("100.2"), True),
        (3, 60.0, D("99.8"), True),
        (4, 60.0, D("100.2"), False),
        (3, 59.9, D("100.2"), False),
        (3, 60.0, D("100.19"), False),
        (3, 60.0, D("99.81"), False),
        (0, 60.0, D("100.2"), False),
    ],
)
def test_enough_signs_after_the_cooldown_and_a_move_are_a_reversal(
    signs: int, seconds: float, price: Decimal, detected: bool
) -> None:
    settings = replace(ON, reversal_signs=signs)
    reading = read(a_long(), price, settings, signs=DOWN, opened_at=NOW - timedelta(seconds=seconds))
    assert (reversal(reading) is not None) is detected


def test_a_detection_begins_the_cooldown_and_the_move_anew() -> None:
    def after(seconds: int, price: Decimal) -> object:
        last = {Rule.REVERSAL: acted(ago=timedelta(seconds=seconds), price=D(101))}
        return reversal(read(a_long(), price, ON, signs=DOWN, last=last))

    assert after(60, D("101.3")) is not None
    assert after(59, D("101.3")) is None
    assert after(60, D("101.2")) is None


def test_without_a_candle_that_has_just_closed_nothing_is_detected() -> None:
    assert reversal(read(a_long(), D(101), ON)) is None


def test_a_window_that_the_signs_do_not_share_detects_nothing() -> None:
    assert reversal(read(a_long(), D(101), replace(ON, reversal_window=4), signs=DOWN)) is None


@pytest.mark.parametrize(
    ("state", "price", "stop"),
    [
        (a_long(), D("100.5"), D("99.9")),  # 100.5 - 0.5025 = 99.9975
        (a_long(stop=D("99.9")), D("100.5"), None),
        (a_short(), D("99.5"), D("100.0")),  # 99.5 + 0.4975 = 99.9975
        (a_short(stop=D("100.0")), D("99.5"), None),
        (a_short(stop=D("99.9")), D("99.5"), None),
    ],
)
def test_a_stop_is_tightened_behind_the_price_and_never_loosened(
    state: Open, price: Decimal, stop: Decimal | None
) -> None:
    signs = DOWN if state.direction is Direction.LONG else UP
    found = reversal(read(state, price, ON, signs=signs))
    assert (None if found is None else found.action) == (None if stop is None else MoveStop(stop))


def test_a_detected_reversal_closes_the_position_where_the_settings_state_so() -> None:
    found = reversal(read(a_long(), D(101), replace(ON, reversal_closes=True), signs=DOWN))
    assert found is not None
    assert found.action == Close(CloseReason.REVERSAL_SIGNS)
    assert found.figures == {
        "signs": "3",
        "changed": "0.01000000",
        "rsi": "65.5",
        "ema": "-0.001",
        "sar": "101.5",
    }
