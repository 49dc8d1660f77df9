"""A circuit breaker is folded from its events: which failures count, and when its pause is over."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest

from domain.breaker import (
    PAUSE,
    UNBROKEN,
    WINDOW,
    Breaker,
    BreakerClosed,
    BreakerEvent,
    BreakerHalfOpened,
    BreakerOpened,
    CallFailed,
    Mode,
    Service,
    evolve,
    failures_at,
)
from tests.domain.history import NOW

MICRO = timedelta(microseconds=1)
FAILED = CallFailed(Service.ORDERS, NOW, "no response")
OPENED = BreakerOpened(Service.ORDERS, NOW, 5, "no response")
HALF = BreakerHalfOpened(Service.ORDERS, NOW + PAUSE)
CLOSED = BreakerClosed(Service.ORDERS, NOW + PAUSE)


@pytest.mark.parametrize(
    ("events", "after"),
    [
        ((), UNBROKEN),
        ((FAILED,), Breaker(Mode.CLOSED, None, (NOW,))),
        ((FAILED, OPENED), Breaker(Mode.OPEN, NOW)),
        ((OPENED, HALF), Breaker(Mode.HALF_OPEN, NOW + PAUSE)),
        ((OPENED, HALF, FAILED, OPENED), Breaker(Mode.OPEN, NOW)),
        ((OPENED, HALF, CLOSED), Breaker(Mode.CLOSED, NOW + PAUSE)),
    ],
    ids=["none", "a failure", "opened", "half open", "opened again", "closed"],
)
def test_the_state_is_folded_from_the_events(events: tuple[BreakerEvent, ...], after: Breaker) -> None:
    assert reduce(evolve, events, UNBROKEN) == after


@pytest.mark.parametrize(("later", "counted"), [(WINDOW - MICRO, 2), (WINDOW, 1)])
def test_a_failure_counts_for_less_than_the_window(later: timedelta, counted: int) -> None:
    assert len(failures_at(evolve(UNBROKEN, FAILED), NOW + later)) == counted


@pytest.mark.parametrize(
    ("mode", "later", "due"),
    [
        (Mode.OPEN, PAUSE - MICRO, False),
        (Mode.OPEN, PAUSE, True),
        (Mode.HALF_OPEN, PAUSE, False),
        (Mode.CLOSED, PAUSE, False),
    ],
)
def test_only_an_open_breaker_is_due_when_its_pause_is_over(mode: Mode, later: timedelta, due: bool) -> None:
    assert Breaker(mode, NOW).is_due(NOW + later) is due
