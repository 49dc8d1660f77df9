"""Live runs with the grid of the strategy `grid`; the desk's class decides by which adapter the venue is used.

The grid of a close at 100 has its levels at 98, 96 and 94 with their targets at 100, 98 and 96. Its stop is at 92, its
bound at 104.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from commands.covering import covered
from commands.door import Completed
from commands.in_flight import orders_in_flight
from commands.request import Request
from commands.watching import Instance
from domain.grid import GridEnd
from domain.settings import AlphaSettings, RiskSettings, Settings, StrategySettings
from domain.signal import GridEnded
from domain.strategies.grid import GridTrading
from infra.run.live_plan import LivePlan
from tests.infra.run.live_desk import BTC, FIVE, PLAN, D, LiveDesk, a_candle
from tests.replacing import replace

STRATEGY = GridTrading.from_parameters(
    {
        "levels": "3",
        "spacing": "0.02",
        "efficiency": "2",
        "efficiency_maximum": "1",
        "rounds": "2",
        "lifetime_hours": "1",
    }
)
GRID_PLAN: LivePlan = replace(
    PLAN,
    settings=Settings(
        risk=RiskSettings(freshness_seconds=7200),
        alpha=AlphaSettings(minimum_trend=-1.0, minimum_reward_to_risk=D("0.2")),
        strategies=(StrategySettings("grid"),),
    ),
    instances=(Instance(id="grid", strategy=STRATEGY),),
)
BEFORE = ("100.1", "100", "100.1")
"""Closes without progress, so that the close at 100 that follows is worth a grid."""
ALL = {"e1", "e2", "e3"}


def with_grid(desk: LiveDesk) -> LiveDesk:
    """The desk after its grid was decided at 100; all levels rest at the venue."""
    begun = desk.now()
    desk.feed.past[:] = [a_candle(begun - (4 - bar) * FIVE, close) for bar, close in enumerate(BEFORE)]
    desk.started()
    desk.closes_at("100")
    desk.until(lambda: resting(desk) == ALL and is_quiet(desk))
    return desk


def leg_of(order_id: str) -> str:
    """`e1` of `nsvwda8dgah11-e1`."""
    return order_id.rpartition("-")[2]


def resting(desk: LiveDesk) -> set[str]:
    """The legs of the entries that rest, where log and venue agree on them; empty where they differ."""
    ours = {leg_of(one) for one in desk.run.world.portfolio.entries}
    theirs = {leg_of(one.link) for one in desk.entries() if leg_of(one.link).startswith("e")}
    return ours if ours == theirs else set()


def legs(desk: LiveDesk) -> set[str]:
    """The legs of all orders that the venue works."""
    return {leg_of(one.order_id) for one in desk.exchange.open_orders()}


def held(desk: LiveDesk) -> Decimal:
    """What the log and the venue hold, which the resting stops cover. Fails where they differ."""
    portfolio = desk.run.world.portfolio
    theirs = sum((one.quantity for one in desk.exchange.positions()), D(0))
    position = portfolio.positions.get(BTC)
    if position is None:
        assert theirs == 0
        return D(0)
    assert position.state.quantity == theirs
    assert covered(position, portfolio) >= theirs
    return theirs


def is_quiet(desk: LiveDesk) -> bool:
    """Whether no order is in flight."""
    return not any(orders_in_flight(desk.run.world.portfolio))


def moves_to(desk: LiveDesk, price: str, reached: Callable[[], bool]) -> None:
    """The market trades at the price; returns when the log has reached the state."""
    desk.trades_at(price)
    desk.until(lambda: reached() and is_quiet(desk))


def fills(desk: LiveDesk, price: str, events: str, times: int = 1) -> None:
    """The market trades at the price; returns when the log has so many more events of this name."""
    before = desk.names().count(events)
    moves_to(desk, price, lambda: desk.names().count(events) == before + times)


def ends(desk: LiveDesk) -> list[GridEnd]:
    return [event.reason for one in desk.log.read() if isinstance(event := one.envelope.event, GridEnded)]


def completes(desk: LiveDesk, request: Request) -> None:
    assert isinstance(desk.asks(request), Completed), desk.reason


def is_over(desk: LiveDesk) -> bool:
    """Whether neither log nor venue has an order or a position."""
    portfolio = desk.run.world.portfolio
    ours = portfolio.positions or portfolio.entries or portfolio.exits
    return not ours and not desk.exchange.open_orders() and not desk.exchange.positions()
