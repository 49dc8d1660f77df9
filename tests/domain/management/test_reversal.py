"""The reversal detector: how many signs, how long after the last detection, and how far the stop is tightened."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.direction import Direction
from domain.management.reversal import ReversalDetector, Since, against, is_reversal, tightened
from domain.management.signs import Turned
from tests.domain.history import NOW
from tests.domain.management.positions import D
from tests.replacing import replace

ON = ReversalDetector(signs=3)
THREE = {"rsi": 65.0, "ema": -0.001, "sar": 101.5}
OPENED = Since(NOW, D(100))
LATER = NOW + timedelta(seconds=60)
TICK = D("0.1")


def test_signs_against_a_position_are_those_of_the_other_direction() -> None:
    turned = {"rsi": Turned(-1, 65.0, 0), "ema": Turned(1, 0.001, 2), "sar": Turned(-1, 101.5, 1)}
    assert against(Direction.LONG, turned) == {"rsi": 65.0, "sar": 101.5}
    assert against(Direction.SHORT, turned) == {"ema": 0.001}


@pytest.mark.parametrize(
    ("count", "seconds", "price", "detected"),
    [
        (3, 60, D("100.2"), True),
        (3, 60, D("99.8"), True),
        (2, 60, D("100.2"), False),
        (3, 59, D("100.2"), False),
        (3, 60, D("100.19"), False),
        (3, 60, D("99.81"), False),
    ],
)
def test_enough_signs_after_the_cooldown_and_a_move_are_a_reversal(
    count: int, seconds: int, price: Decimal, detected: bool
) -> None:
    evidence = dict(list(THREE.items())[:count])
    at = NOW + timedelta(seconds=seconds)
    assert is_reversal(evidence, at, price, OPENED, ON) is detected


def test_a_detection_begins_the_cooldown_anew() -> None:
    assert is_reversal(THREE, LATER, D(101), OPENED, ON)
    after = Since(LATER, D(101))
    assert not is_reversal(THREE, LATER + timedelta(seconds=30), D(102), after, ON)
    assert not is_reversal(THREE, LATER + timedelta(seconds=60), D(101), after, ON)
    assert is_reversal(THREE, LATER + timedelta(seconds=60), D(102), after, ON)


def test_a_detector_without_signs_detects_nothing() -> None:
    assert not is_reversal(THREE, LATER, D(110), OPENED, replace(ON, signs=0))


@pytest.mark.parametrize(
    ("direction", "stop", "price", "moved"),
    [
        (Direction.LONG, D(98), D("100.5"), D("99.9")),  # 100.5 - 0.5025 = 99.9975
        (Direction.LONG, D("99.9"), D("100.5"), None),
        (Direction.LONG, None, D("100.5"), D("99.9")),
        (Direction.SHORT, D(102), D("99.5"), D("100.0")),  # 99.5 + 0.4975 = 99.9975
        (Direction.SHORT, D("100.0"), D("99.5"), None),
        (Direction.SHORT, D("99.9"), D("99.5"), None),
    ],
)
def test_a_stop_is_tightened_behind_the_price_and_never_loosened(
    direction: Direction, stop: Decimal | None, price: Decimal, moved: Decimal | None
) -> None:
    assert tightened(direction, stop, price, TICK, ON) == moved
