"""A live run whose entry fills in part, and whose rest fills after its position was closed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.venue.order import Order, StopKind
from commands.request import ClosePosition
from commands.watchdog import Watchdog
from tests.adapters.bybit.bench import bybit_venue
from tests.infra.run.live_desk import BTC, LIMIT, D, Desks, LiveDesk, Losing, desks_at


@pytest.fixture
def desks() -> Iterator[Desks]:
    with bybit_venue() as venue, desks_at(venue) as made:
        yield made


def resting(desk: LiveDesk) -> Order:
    entry: Order
    (entry,) = [one for one in desk.entries() if one.is_open and one.request.price == D(99)]
    return entry


def fills(desk: LiveDesk, quantity: str) -> None:
    """Somebody trades with this part of the resting entry."""

    def trade(server: VenueServer) -> None:
        server.venue.fill(resting(desk), D(quantity), server.clock.market())

    desk.venue.do(trade)


def stops(desk: LiveDesk) -> list[Order]:
    kinds = (StopKind.STOP, StopKind.PARTIAL_STOP_LOSS)
    return [one for one in desk.account.orders.values() if one.is_open and one.stop_kind in kinds]


def is_covered(desk: LiveDesk) -> bool:
    (watched,) = Watchdog(desk.run.world, desk.run.driver.engine.market, desk.log).positions()
    return watched.bare_since is None


def closed_in_part(desk: LiveDesk) -> None:
    """An entry of 0.1 fills 0.04, which a person closes."""
    desk.started()
    desk.asks(LIMIT)
    desk.until(lambda: bool(desk.entries()))
    fills(desk, "0.04")
    desk.until(lambda: desk.has("PositionOpened"))
    assert [one.qty for one in stops(desk)] == [D("0.04")]
    desk.asks(ClosePosition(desk.run.world.portfolio.positions[BTC].stream, "enough"))
    desk.trades_at("100")
    desk.until(lambda: desk.has("PositionClosed"))


def test_the_rest_of_an_entry_is_cancelled_at_the_exchange_with_its_position(desks: Desks) -> None:
    desk = desks()
    closed_in_part(desk)
    desk.until(lambda: not desk.run.world.portfolio.entries and not desk.run.world.portfolio.exits)
    assert desk.exchange.open_orders() == []
    assert desk.exchange.positions() == []


def test_what_fills_before_the_cancel_arrives_has_its_stop_at_the_exchange_again(desks: Desks) -> None:
    desk = desks(wrapped=partial(Losing, call="cancel"))
    closed_in_part(desk)
    fills(desk, "0.06")
    desk.until(lambda: desk.names().count("PositionOpened") == 2)
    desk.until(lambda: is_covered(desk))
    assert [(one.qty, one.trigger_price, one.link[-3:]) for one in stops(desk)] == [(D("0.06"), D(90), "-s2")]
    desk.trades_at("89")
    desk.until(lambda: desk.names().count("PositionClosed") == 2)
    desk.until(lambda: not desk.run.world.portfolio.exits)
    assert desk.exchange.open_orders() == []
