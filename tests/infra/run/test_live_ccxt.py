"""Live runs through ccxt on our venue as ccxt's `bybit`: a candle is traded, and a killed run doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.ccxt import CcxtAccount, CcxtExchange, Credentials, Site
from adapters.simulated.venue.order import Order, Status
from commands.world import World
from infra.run.live import placed_in
from infra.run.live_plan import LiveVenue, Wake
from tests.adapters.bybit.bench import bybit_venue
from tests.adapters.ccxt.bench import QUICK, RECENT
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.infra.run.live_desk import Dying, Killed, LiveDesk


class CcxtDesk(LiveDesk):
    """A run whose exchange is used through ccxt."""

    def started(self) -> CcxtDesk:
        """Returns when the log was compared after the streams are subscribed, which ccxt does not show."""
        super().started()
        self.venue.await_account(self.account, frozenset({"order", "execution"}))
        self.until(lambda: not self.run.world.portfolio.discrepancies.reconciling)
        return self

    def sent(self) -> list[Order]:
        """The orders that the exchange has or had, stops and targets left out."""
        orders = (*self.account.orders.values(), *self.account.ended.values())
        return [one for one in orders if not one.reduces]

    def _connect(self, world: World, wake: Wake) -> LiveVenue:
        def arrived() -> None:
            wake()
            self.arrived.set()

        self.exchange: Any = CcxtExchange(
            "bybit",
            Credentials(self.key, SECRET),
            Site(http=self.venue.url, socket=self.venue.socket_url, is_paced=False),
            placed_in(world),
            dialect=RECENT,
            timing=QUICK,
            on_arrival=arrived,
        )
        account = CcxtAccount(self.exchange)
        return LiveVenue(self._wrapped(self.exchange), account, self.exchange.start, self.exchange.close)


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


def test_a_candle_becomes_a_position_with_its_stop_and_target_at_the_exchange(venue: RunningVenue) -> None:
    desk = CcxtDesk(venue).started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    (held,) = desk.run.world.portfolio.positions.values()
    open_orders = [one for one in desk.account.orders.values() if one.is_open]
    assert sorted(str(one.trigger_price) for one in open_orders) == ["107", "99"]
    assert {one.link.rpartition("-")[2][0] for one in open_orders} == {"s", "t"}
    assert all(one.qty == held.state.quantity for one in open_orders)
    desk.close()


@pytest.mark.parametrize("sends", [False, True], ids=["before it is sent", "after it was sent"])
def test_a_run_killed_at_a_submit_has_one_entry_and_one_position_after_the_restart(
    venue: RunningVenue, *, sends: bool
) -> None:
    desk = CcxtDesk(venue, wrapped=lambda exchange: Dying(exchange, sends=sends)).started()
    with pytest.raises(Killed):
        desk.closes_at("101")
    desk.run.close()
    again = CcxtDesk(venue, log=desk.log, key=desk.key).started()
    again.until(lambda: again.has("PositionOpened"))
    assert again.names().count("PositionOpened") == 1
    assert [one.status for one in again.sent()] == [Status.FILLED]
    again.close()


def test_a_run_whose_exchange_lost_nothing_has_no_difference_with_it(venue: RunningVenue) -> None:
    desk = CcxtDesk(venue).started()
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.passes(31)
    desk.until(lambda: not desk.run.world.portfolio.discrepancies.reconciling)
    assert not desk.has("DiscrepancyFound")
    desk.close()
