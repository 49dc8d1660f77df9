"""A grid of `whence live` on our venue, through the Bybit adapter and through ccxt: filled, entered again, ended;
restarts and races.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from commands.exchange import Ticket
from commands.request import CancelOrder, ClosePosition, TripKillSwitch
from domain.grid import GridEnd
from domain.settings import OnKill
from tests.adapters.bybit.bench import trade_at
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.grid_desk import (
    GRID_PLAN,
    completes,
    ends,
    fills,
    held,
    is_over,
    is_quiet,
    leg_of,
    legs,
    resting,
    with_grid,
)
from tests.infra.run.live_desk import BTC, D, Killed, LiveDesk
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.infra.run.test_live_kill import passes_until
from tests.replacing import replace

CLOSING = replace(
    GRID_PLAN,
    settings=replace(GRID_PLAN.settings, risk=replace(GRID_PLAN.settings.risk, on_kill=OnKill.CLOSE)),
)


Desks = Callable[..., LiveDesk]
"""Makes a desk, whose grid rests, of the options that it is given."""


@pytest.fixture(params=[LiveDesk, CcxtDesk], ids=["bybit", "ccxt"])
def desks(venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[Desks]:
    made: list[LiveDesk] = []

    def desk(**given: Any) -> LiveDesk:
        made.append(request.param(venue, plan=CLOSING, **given))
        return with_grid(made[-1])

    yield desk
    for one in made:
        one.close()


@pytest.fixture
def desk(desks: Desks) -> LiveDesk:
    return desks()


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


class DiesAtFifth:
    """An exchange whose process ends at the request that enters the second level again, before or after it was sent."""

    def __init__(self, exchange: Any, *, sends: bool) -> None:
        self._exchange, self._sends = exchange, sends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def submit(self, tickets: Sequence[Ticket]) -> None:
        is_fifth = "e5" in {leg_of(one.order_id) for one in tickets}
        if self._sends or not is_fifth:
            self._exchange.submit(tickets)
        if is_fifth:
            raise Killed


def restarted(desk: LiveDesk) -> LiveDesk:
    """Another run on the log, which begins at a price of 98 and has compared the log once more after its start."""
    desk.run.close()
    again = type(desk)(desk.venue, plan=CLOSING, log=desk.log, key=desk.key).started("98")
    again.passes(CLOSING.rhythm.poll)
    return again


@pytest.mark.parametrize("sends", [False, True], ids=["before it is sent", "after it was sent"])
def test_a_run_killed_at_the_order_that_enters_a_level_again_has_each_level_once_after_the_restart(
    desks: Desks, *, sends: bool
) -> None:
    desk = desks(wrapped=partial(DiesAtFifth, sends=sends))
    fills(desk, "96", "OrderFilled", 2)
    part = held(desk) / 2
    with pytest.raises(Killed):
        fills(desk, "98", "PositionReduced", 2)
    again = restarted(desk)
    again.until(lambda: resting(again) == {"e3", "e5"} and is_quiet(again))
    placed = [*again.account.orders.values(), *again.account.ended.values()]
    assert sorted(leg_of(one.link) for one in placed if leg_of(one.link).startswith("e")) == [
        "e1",
        "e2",
        "e3",
        "e5",
    ]
    assert held(again) == part
    fills(again, "96", "PositionIncreased")
    fills(again, "98", "PositionReduced")
    fills(again, "91.9", "OrderFilled", 3)
    passes_until(again, lambda: is_over(again))
    assert not again.has("DiscrepancyFound")
    again.close()


def test_a_level_that_fills_while_no_run_is_there_has_its_target_after_the_restart(desk: LiveDesk) -> None:
    desk.run.close()
    desk.trades_at("98")
    again = restarted(desk)
    again.until(lambda: again.has("PositionOpened") and is_quiet(again))
    assert held(again)
    fills(again, "100", "PositionClosed")
    again.until(lambda: resting(again) == {"e2", "e3", "e4"})
    assert not again.has("DiscrepancyFound")
    again.close()


class FillsFirst:
    """An exchange at which a level fills just before the first cancel arrives, and is reported after it."""

    def __init__(self, exchange: Any, fill: Callable[[], None]) -> None:
        self._exchange, self._fill, self._is_next = exchange, fill, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def cancel(self, order_id: str, at: datetime) -> None:
        if self._is_next:
            self._is_next = False
            self._fill()
        self._exchange.cancel(order_id, at)


def with_race(desks: Desks) -> LiveDesk:
    """A desk that holds the first level; the second fills while the first cancel is under way."""
    made: list[LiveDesk] = []
    made.append(desks(wrapped=partial(FillsFirst, fill=lambda: made[0].trades_at("96"))))
    fills(made[0], "98", "PositionOpened")
    return made[0]


def test_a_level_that_fills_while_the_grid_ends_is_held_with_its_target_and_stop(desks: Desks) -> None:
    desk = with_race(desks)
    part = held(desk)
    expire(desk)
    passes_until(desk, lambda: legs(desk) == {"s1", "t1", "s2", "t2"})
    assert held(desk) == 2 * part
    fills(desk, "98", "PositionReduced")
    assert not desk.run.world.portfolio.entries
    fills(desk, "91.9", "PositionClosed")
    passes_until(desk, lambda: is_over(desk))
    assert ends(desk) == [GridEnd.LIFETIME]
    assert not desk.has("DiscrepancyFound")


def test_a_level_that_fills_while_a_person_closes_the_position_is_closed_with_it_or_at_its_own_target(
    desks: Desks,
) -> None:
    """The close is a market order at 98, which is the level's target."""
    desk = with_race(desks)
    close(desk)
    desk.trades_at("98")
    passes_until(desk, lambda: is_over(desk))
    assert ends(desk) == [GridEnd.CLOSED]
    assert not desk.has("DiscrepancyFound")


def test_a_level_that_a_person_cancels_stays_empty_and_the_others_go_on(desk: LiveDesk) -> None:
    fills(desk, "98", "PositionOpened")
    part = held(desk)
    (second,) = (one for one in desk.run.world.portfolio.entries if leg_of(one) == "e2")
    completes(desk, CancelOrder(second, "not this one"))
    desk.until(lambda: resting(desk) == {"e3"} and is_quiet(desk))
    fills(desk, "94", "PositionIncreased")
    assert held(desk) == 2 * part
    fills(desk, "96", "PositionReduced")
    desk.until(lambda: resting(desk) == {"e6"})
    assert ends(desk) == []
    assert not desk.has("DiscrepancyFound")


def test_what_a_stop_leaves_that_fills_in_part_is_closed(desk: LiveDesk) -> None:
    fills(desk, "96", "OrderFilled", 2)
    desk.venue.do(lambda one: trade_at(one, D("91.9"), D(5)))
    passes_until(desk, lambda: GridEnd.STOP in ends(desk))
    desk.trades_at("91.9")
    passes_until(desk, lambda: is_over(desk), most=200)
    assert ends(desk) == [GridEnd.STOP]
    assert not desk.has("DiscrepancyFound")


def test_a_level_that_fills_in_parts_is_entered_again_after_its_target_filled_in_parts(
    desk: LiveDesk,
) -> None:
    desk.venue.do(lambda one: trade_at(one, D(98), D(3)))
    desk.until(lambda: desk.has("PositionOpened") and is_quiet(desk))
    assert held(desk) == 3
    fills(desk, "98", "PositionIncreased")
    fills(desk, "100", "PositionClosed")
    desk.until(lambda: resting(desk) == {"e2", "e3", "e4"})
    assert not desk.has("DiscrepancyFound")


def test_a_level_that_fills_in_part_and_reaches_its_target_leaves_the_rest_of_the_grid(
    desk: LiveDesk,
) -> None:
    desk.venue.do(lambda one: trade_at(one, D(98), D(3)))
    desk.until(lambda: desk.has("PositionOpened") and is_quiet(desk))
    fills(desk, "100", "PositionClosed")
    desk.until(lambda: resting(desk) == {"e2", "e3"} and is_quiet(desk))
    fills(desk, "96", "PositionOpened")
    assert held(desk)
    assert not desk.has("DiscrepancyFound")
