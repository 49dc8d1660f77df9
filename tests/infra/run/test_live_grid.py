"""A grid of `whence live` on our venue, through the Bybit adapter and through ccxt: voted, filled, entered again, ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from adapters.simulated.server import VenueServer, VirtualClock
from commands.request import ClosePosition, TripKillSwitch
from domain.grid import GridEnd
from domain.settings import OnKill
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.grid_desk import (
    GRID_PLAN,
    completes,
    ends,
    fills,
    held,
    is_over,
    legs,
    resting,
    with_grid,
)
from tests.infra.run.live_desk import BTC, LiveDesk
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.infra.run.test_live_kill import passes_until
from tests.replacing import replace

CLOSING = replace(
    GRID_PLAN,
    settings=replace(GRID_PLAN.settings, risk=replace(GRID_PLAN.settings.risk, on_kill=OnKill.CLOSE)),
)


@pytest.fixture(params=[LiveDesk, CcxtDesk], ids=["bybit", "ccxt"])
def desk(venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[LiveDesk]:
    """A desk whose grid rests."""
    made: LiveDesk = request.param(venue, plan=CLOSING)
    yield with_grid(made)
    made.close()


def test_levels_fill_are_sold_and_entered_again_and_are_stopped(desk: LiveDesk) -> None:
    fills(desk, "98", "PositionOpened")
    fills(desk, "96", "PositionIncreased")
    part = held(desk) / 2
    fills(desk, "98", "PositionReduced")
    desk.until(lambda: resting(desk) == {"e3", "e5"})
    assert held(desk) == part
    fills(desk, "100", "PositionClosed")
    desk.until(lambda: resting(desk) == {"e3", "e4", "e5"})
    fills(desk, "94", "OrderFilled", 3)
    assert held(desk) == 3 * part
    fills(desk, "91.9", "PositionClosed")
    passes_until(desk, lambda: is_over(desk))
    assert ends(desk) == [GridEnd.STOP]
    assert not desk.has("DiscrepancyFound")


def close(desk: LiveDesk) -> None:
    completes(desk, ClosePosition(desk.run.world.portfolio.positions[BTC].stream, "enough"))
    desk.trades_at("98")


def trip(desk: LiveDesk) -> None:
    completes(desk, TripKillSwitch("the news"))
    desk.trades_at("98")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        pytest.param(close, GridEnd.CLOSED, id="a person closes the position"),
        pytest.param(trip, GridEnd.CLOSED, id="the kill switch closes the position"),
    ],
)
def test_a_grid_whose_position_is_closed_leaves_nothing_at_the_exchange(
    desk: LiveDesk, end: Callable[[LiveDesk], None], reason: GridEnd
) -> None:
    fills(desk, "98", "PositionOpened")
    end(desk)
    passes_until(desk, lambda: is_over(desk))
    assert ends(desk) == [reason]
    assert not desk.has("DiscrepancyFound")


def expire(desk: LiveDesk) -> None:
    desk.passes(3_600)


def leave(desk: LiveDesk) -> None:
    desk.later(300)
    desk.closes_at("104")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        pytest.param(expire, GridEnd.LIFETIME, id="lifetime"),
        pytest.param(leave, GridEnd.BOUND, id="bound"),
    ],
)
def test_a_grid_that_ends_while_it_holds_leaves_its_target_and_stop_which_close_it(
    desk: LiveDesk, end: Callable[[LiveDesk], None], reason: GridEnd
) -> None:
    fills(desk, "98", "PositionOpened")
    end(desk)
    passes_until(desk, lambda: legs(desk) == {"s1", "t1"})
    assert held(desk)
    assert ends(desk) == [reason]
    fills(desk, "100", "PositionClosed")
    passes_until(desk, lambda: is_over(desk))
    assert not desk.has("DiscrepancyFound")
