"""An exit that a thin candle fills in half is completed in the next candle."""

from __future__ import annotations

from decimal import Decimal

from domain.order import OrderCancelled, OrderFilled
from domain.position import PositionClosed, PositionCloseFailed, PositionClosing
from tests.cases.case import events_of_case, plan_of_case, resumed

CASE = "exit-in-a-thin-candle"


def test_the_rest_of_an_exit_follows_in_the_next_candle() -> None:
    log = events_of_case(CASE)
    (closed,) = (one for one in log if isinstance(one.event, PositionClosed))
    exits = [one for one in log if isinstance(one.event, OrderFilled) and "-x" in one.meta.stream]
    assert [(one.event.quantity, one.event.price) for one in exits if isinstance(one.event, OrderFilled)] == [
        (Decimal(5), Decimal(100)),
        (Decimal(5), Decimal(99)),
    ]
    assert [one.meta.stream[-3:] for one in exits] == ["-x1", "-x2"]
    assert (exits[1].meta.occurred_at - exits[0].meta.occurred_at).total_seconds() == 300
    assert isinstance(closed.event, PositionClosed)
    assert closed.event.net == Decimal("-6.09725")
    assert sum(isinstance(one.event, PositionClosing) for one in log) == 1
    assert sum(isinstance(one.event, PositionCloseFailed) for one in log) == 1


def test_the_protection_is_cancelled_only_after_the_position_is_flat() -> None:
    log = events_of_case(CASE)
    flat = next(at for at, one in enumerate(log) if isinstance(one.event, PositionClosed))
    gone = [at for at, one in enumerate(log) if isinstance(one.event, OrderCancelled)]
    cleared = [at for at in gone if "-x" not in log[at].meta.stream]
    assert len(cleared) == 2
    assert min(cleared) > flat


def test_a_run_stopped_after_any_event_of_the_close_ends_with_the_same_log() -> None:
    plan, whole = plan_of_case(CASE), events_of_case(CASE)
    ends = [at for at in range(1, len(whole)) if whole[at - 1].meta.recorded_at != whole[at].meta.recorded_at]
    assert len(ends) > 5
    for at in ends:
        assert resumed(plan, whole[:at]) == whole
