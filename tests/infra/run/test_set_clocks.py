"""Orders are carried out although the clock was set back or the log ends in the future; none waits in silence."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest

from commands.door import Completed, Declined
from commands.request import (
    AmendOrder,
    CancelOrder,
    ClosePosition,
    DraftOrder,
    MoveProtection,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    TripKillSwitch,
)
from infra.run.clock import SteadyClock, utc_now
from infra.run.paper import PaperRun
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import BTC, D, a_signal
from tests.infra.run.test_by_hand import PLAN
from tests.infra.run.test_manual import LIMIT, NOON, Hand

POSITION = f"{BTC}-LONG-1"
BACK = (timedelta(seconds=1), timedelta(hours=2), timedelta(days=400))


def in_a_position() -> Hand:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    assert hand.world.portfolio.positions
    return hand


@pytest.mark.parametrize("back", BACK, ids=str)
def test_a_close_is_carried_out_within_seconds_after_the_clock_was_set_back(back: timedelta) -> None:
    hand = in_a_position()
    hand.at -= back
    hand.accepted(ClosePosition(POSITION, "enough"))
    hand.pass_seconds(3)
    assert not hand.world.portfolio.positions
    times = [one.envelope.meta.recorded_at for one in hand.log.read()]
    assert times == sorted(times)


@pytest.mark.parametrize("back", BACK, ids=str)
def test_a_close_is_carried_out_within_seconds_on_a_log_that_ends_in_the_future(back: timedelta) -> None:
    before = in_a_position()
    before.run.close()
    hand = Hand(before.log, before.at - back)
    hand.accepted(ClosePosition(POSITION, "enough"))
    hand.pass_seconds(3)
    assert not hand.world.portfolio.positions


def test_new_exposure_is_refused_while_the_clock_is_behind_and_allowed_once_it_is_right() -> None:
    hand = Hand(ListLog())
    hand.pass_seconds(1)
    hand.at -= timedelta(hours=2)
    refused = hand.ask(PlaceOrder(LIMIT))
    assert isinstance(refused, Declined)
    assert "no new exposure until it is set right" in refused.reason
    hand.pass_seconds(5)
    hand.at += timedelta(hours=2)
    hand.accepted(PlaceOrder(LIMIT))


def test_a_steady_clock_follows_a_clock_that_was_set_back_and_is_overtaken_by_it() -> None:
    at = [NOON]
    steady = SteadyClock(lambda: at[0])

    def after(step: timedelta) -> timedelta:
        at[0] += step
        return steady.tick() - NOON

    second, hour = timedelta(seconds=1), timedelta(hours=1)
    assert after(second) == second
    assert after(-hour) == second, "it stands for one tick"
    assert after(second) == 2 * second, "then it goes on"
    assert after(hour) == 3 * second, "a clock that was set right is no hour that passed"
    assert after(second) == 4 * second
    assert after(hour) == hour + 3 * second, "the wall clock has overtaken it"


def test_a_steady_clock_never_shows_a_time_before_the_end_of_the_log() -> None:
    at = [NOON]
    steady = SteadyClock(lambda: at[0])
    steady.not_before(NOON + timedelta(days=1))
    assert steady.tick() == NOON + timedelta(days=1)
    at[0] += timedelta(seconds=1)
    assert steady.tick() == NOON + timedelta(days=1, seconds=1)


def test_a_clock_that_is_behind_the_log_is_stated_once_and_so_is_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = [NOON]
    steady = SteadyClock(lambda: at[0])
    with caplog.at_level(logging.INFO):
        for step in (1, -3600, 1, 1, 3600, 1):
            at[0] += timedelta(seconds=step)
            steady.tick()
    begun, over = [one.getMessage() for one in caplog.records]
    later = NOON + timedelta(seconds=1)
    assert begun.startswith(
        f"the clock shows {(later - timedelta(hours=1)).isoformat()}, and the log's time is {later.isoformat()} already"
    )
    assert "overtaken" in over


OF_THE_MARKET: list[Request] = [
    DraftOrder(LIMIT),
    PlaceOrder(LIMIT),
    AmendOrder(order_id="x", quantity=D(1)),
    CancelOrder("x", "why"),
    ClosePosition(POSITION, "why"),
    MoveProtection(POSITION, stop=D(1)),
    RaiseSignal(outside(a_signal(candle_closed_at=datetime(2025, 1, 2, tzinfo=NOON.tzinfo)))),
]


def test_after_the_last_candle_of_a_tape_requests_to_the_market_are_declined_and_the_kill_switch_works() -> (
    None
):
    run = PaperRun(PLAN, ListLog(), lambda _envelope: None)
    for _instant in run.instants():
        pass
    for number, request in enumerate(OF_THE_MARKET):
        answer = run.answer(_requested(request, f"k{number}"))
        assert isinstance(answer, Declined)
        assert answer.reason.startswith("the tape has ended: no candle follows"), request
    assert isinstance(run.answer(_requested(TripKillSwitch("done"), "trip")), Completed)


def _requested(request: Request, key: str) -> Requested:
    until = utc_now() + timedelta(minutes=1)
    return Requested(id=key, account="paper", actor="eve", valid_until=until, request=request)
