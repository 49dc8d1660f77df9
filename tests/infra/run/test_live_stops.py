"""A live run and a demo whose stop ends at the exchange without its position; and a fill that no stream brings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.venue.order import Order
from commands.exchange import Filled
from domain.closing import CloseReason
from domain.direction import Side
from domain.market import BookUpdate, Level, Trade
from domain.position import PositionClosing
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.live_desk import BTC, PLAN, D, Desks, Dying, Killed, LiveDesk
from tests.infra.run.test_live_kill import holding, passes_until
from tests.infra.run.test_live_rest import is_covered, stops


def a_person_cancels(desk: LiveDesk, order: Order) -> None:
    def cancel(server: VenueServer) -> None:
        server.venue.end(order, "CancelByUser", server.clock.market())

    count = desk.names().count("OrderCancelled")
    desk.venue.do(cancel)
    desk.until(lambda: desk.names().count("OrderCancelled") > count)


def test_a_stop_that_a_person_cancels_at_the_exchange_is_there_again_within_two_seconds(desks: Desks) -> None:
    desk = holding(desks())
    (stop,) = stops(desk)
    a_person_cancels(desk, stop)
    assert not is_covered(desk)
    desk.passes(1)
    desk.passes(1)
    desk.until(lambda: is_covered(desk))
    assert [(one.trigger_price, one.link[-3:]) for one in stops(desk)] == [(D(99), "-s2")]
    assert len(desk.exchange.open_orders()) == 2, "the target stays, and is not doubled"
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionClosed"))
    passes_until(desk, lambda: desk.exchange.open_orders() == [] == desk.exchange.positions())


def closed_by_hand(desk: LiveDesk) -> None:
    """A person closes the position at the exchange, which ends its stop and target; the stop's end has arrived."""
    desk.stranger(
        side="Sell", orderType="Market", qty=str(desk.run.world.portfolio.positions[BTC].state.quantity)
    )
    desk.trades_at("100")
    desk.until(lambda: not stops(desk) and not is_covered(desk))
    assert desk.exchange.positions() == []


def test_no_stop_is_placed_for_a_position_that_a_person_has_closed_at_the_exchange(desks: Desks) -> None:
    desk = holding(desks())
    desk.passes(5)
    placed = desk.names().count("OrderPlaced")
    closed_by_hand(desk)
    for _second in range(5):
        desk.passes(1)
    gone = desk.run.world.portfolio.discrepancies.unresolved
    assert any("PositionUnknownToThem" in one for one in gone), "found before the next poll"
    assert desk.names().count("OrderPlaced") == placed
    assert desk.exchange.open_orders() == []


def test_a_stop_is_placed_again_where_the_exchange_states_no_positions(
    venue: RunningVenue, desks: Desks
) -> None:
    """A failed query is no reason to leave a position without its stop."""
    desk = holding(desks())
    desk.passes(5)
    venue.fails("/v5/position/list", "code", value=10016)
    a_person_cancels(desk, stops(desk)[0])
    desk.passes(1)
    desk.passes(1)
    desk.until(lambda: is_covered(desk))


class Deaf:
    """An exchange whose stream brings no fill, as one that is not subscribed yet."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def reports(self) -> Sequence[Any]:
        return [one for one in self._exchange.reports() if not isinstance(one, Filled)]


def test_a_fill_of_an_entry_that_was_sent_again_at_the_start_is_found_before_the_next_poll(
    desks: Desks,
) -> None:
    desk = desks(wrapped=partial(Dying, sends=False)).started()
    with pytest.raises(Killed):
        desk.closes_at("101")
    desk.run.close()
    again = desks(key=desk.key, log=desk.log, wrapped=Deaf).started()
    again.until(lambda: again.has("OrderAccepted"))
    assert not again.has("PositionOpened")
    again.passes(PLAN.rhythm.in_flight)
    assert again.has("PositionOpened")


def test_a_demos_stop_that_finds_an_empty_book_is_followed_by_closes_until_the_position_is_flat() -> None:
    desk = DemoDesk().started()
    desk.shows("100.9", "101.1")
    desk.closes_at("101")
    assert desk.run.world.portfolio.positions[BTC].state.stop == D(99)
    empties(desk)
    assert "OrderTriggered" in desk.names()
    assert desk.names().count("OrderFilled") == 1, "the stop has found nothing"
    for _second in range(20):
        desk.passes(1)
    closings = [one.event for one in desk.log.envelopes if isinstance(one.event, PositionClosing)]
    assert [one.reason for one in closings] == [CloseReason.UNPROTECTED]
    assert 2 <= desk.names().count("PositionCloseFailed") <= 6, "attempts have a back-off"
    desk.shows("97.9", "98.1")
    for _second in range(20):
        desk.passes(1)
    assert desk.run.world.portfolio.positions == {}
    assert desk.run.world.portfolio.exits == {}


def empties(desk: DemoDesk) -> None:
    """Nobody buys any more, and the last trade is below the stop."""
    book = BookUpdate(
        instrument=BTC, at=desk.now, update_id=99, snapshot=True, bids=(), asks=(Level(D("98.6"), D(1)),)
    )
    trade = Trade(instrument=BTC, at=desk.now, price=D(98), quantity=D("0.001"), side=Side.SELL, trade_id="1")
    desk.feed.waiting.extend((book, trade))
    desk.passes(1)
