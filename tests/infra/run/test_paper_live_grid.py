"""A grid of `whence paper --live`: fills against a book that a test shows, also after a restart."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from commands.covering import covered
from commands.door import Completed
from commands.request import ClosePosition, Request, TripKillSwitch
from domain.grid import GridEnd
from domain.order import OrderStatus
from domain.signal import GridEnded
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.grid_desk import BEFORE, GRID_PLAN, leg_of
from tests.infra.run.live_desk import BTC, FIVE, a_candle


def a_grid(desk: DemoDesk | None = None) -> DemoDesk:
    """A desk whose grid rests."""
    made = desk or DemoDesk(plan=GRID_PLAN)
    made.feed.past[:] = [a_candle(made.now - (4 - bar) * FIVE, close) for bar, close in enumerate(BEFORE)]
    made.started()
    made.shows("99.9", "100.1")
    made.closes_at("100")
    assert resting(made) == {"e1", "e2", "e3"}
    return made


def resting(desk: DemoDesk) -> set[str]:
    entries = desk.run.world.portfolio.entries
    return {leg_of(one) for one, entry in entries.items() if entry.order.status is OrderStatus.ACCEPTED}


def held(desk: DemoDesk) -> Decimal:
    """What is held, which the stops cover."""
    portfolio = desk.run.world.portfolio
    position = portfolio.positions.get(BTC)
    if position is None:
        return Decimal(0)
    assert covered(position, portfolio) >= position.state.quantity
    return position.state.quantity


def ends(desk: DemoDesk) -> list[GridEnd]:
    return [one.event.reason for one in desk.log.envelopes if isinstance(one.event, GridEnded)]


def is_over(desk: DemoDesk) -> bool:
    portfolio = desk.run.world.portfolio
    return not (portfolio.positions or portfolio.entries or portfolio.exits)


def moves_to(desk: DemoDesk, bid: str, ask: str) -> None:
    """The book shows these prices; two seconds pass."""
    desk.shows(bid, ask)
    desk.passes(1)


def test_levels_fill_are_sold_and_entered_again_and_are_stopped_after_a_restart() -> None:
    desk = a_grid()
    moves_to(desk, "97.8", "97.9")
    part = held(desk)
    moves_to(desk, "95.8", "95.9")
    assert (held(desk), resting(desk)) == (2 * part, {"e3"})
    moves_to(desk, "98.1", "98.2")
    assert (held(desk), resting(desk)) == (part, {"e3", "e5"})
    desk.run.close()
    again = DemoDesk(desk.log, desk.now, plan=GRID_PLAN).started()
    assert (held(again), resting(again)) == (part, {"e3", "e5"})
    moves_to(again, "95.8", "95.9")
    assert held(again) == 2 * part
    moves_to(again, "91.8", "91.9")
    assert is_over(again)
    assert ends(again) == [GridEnd.STOP]
    assert "DiscrepancyFound" not in again.names()


def a_close(position: str) -> Request:
    return ClosePosition(position, "enough")


def a_trip(_position: str) -> Request:
    return TripKillSwitch("the news")


@pytest.mark.parametrize(
    ("request_of", "reason"),
    [
        pytest.param(a_close, GridEnd.CLOSED, id="a close by a person"),
        pytest.param(a_trip, GridEnd.KILL_SWITCH, id="the kill switch"),
    ],
)
def test_the_end_of_a_grid_withdraws_the_levels_that_rest(
    request_of: Callable[[str], Request], reason: GridEnd
) -> None:
    desk = a_grid()
    moves_to(desk, "97.8", "97.9")
    request = request_of(desk.run.world.portfolio.positions[BTC].stream)
    assert isinstance(desk.asks(request), Completed), desk.reason
    desk.passes(2)
    assert resting(desk) == set()
    assert ends(desk) == [reason]
    assert held(desk) == 0 or reason is GridEnd.KILL_SWITCH
    assert "DiscrepancyFound" not in desk.names()


def test_the_end_of_its_lifetime_leaves_target_and_stop() -> None:
    desk = a_grid()
    moves_to(desk, "97.8", "97.9")
    desk.passes(3_600)
    desk.passes(1)
    assert (resting(desk), ends(desk)) == (set(), [GridEnd.LIFETIME])
    assert held(desk)
    moves_to(desk, "100.1", "100.2")
    assert is_over(desk)
